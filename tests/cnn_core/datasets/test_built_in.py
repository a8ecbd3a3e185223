"""The built-in data sets: offline, the same every time, split without leaks."""

import hashlib
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.datasets import (
    BUILT_IN,
    TEXTURE_SIZE,
    cut_patches,
    load,
)
from tests.cnn_core.datasets.made import ROOT, built_in, splits

SIZES = {
    "digits": ((1, 8, 8), 10, (1077, 360, 360)),
    "textures": ((1, 32, 32), 6, (6 * 240, 6 * 80, 6 * 80)),
    "shapes": ((3, 32, 32), 5, (2000, 500, 500)),
}


ALONE = """
import hashlib, socket, sys
def refuse(*_): raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = refuse
from cnn_core.datasets import BUILT_IN, load
for name in BUILT_IN:
    data = load(name)
    parts = [array.tobytes() for s in (data.train, data.val, data.test) for array in (s.images, s.labels)]
    print(name, hashlib.sha256(b"".join(parts)).hexdigest())
print("torch" in sys.modules)
"""


@pytest.mark.parametrize("name", BUILT_IN)
def test_images_labels_and_classes(name: str) -> None:
    data, (shape, classes, sizes) = built_in(name), SIZES[name]
    assert (data.name, data.input_shape, len(set(data.class_names))) == (name, shape, classes)
    assert tuple(map(len, splits(data))) == sizes
    for split in splits(data):
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
        assert split.images.shape == (len(split.labels), *shape)
        assert set(split.labels.tolist()) == set(range(classes))
        assert split.images.min() < 64 < 192 < split.images.max(), "the whole range of brightness is used"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_class_has_its_share_of_every_split(name: str) -> None:
    data = built_in(name)
    shares = np.array([np.bincount(split.labels) / len(split) for split in splits(data)])
    np.testing.assert_allclose(shares, shares[[0, 0, 0]], atol=0.006)


@pytest.mark.parametrize("name", BUILT_IN)
def test_no_image_is_in_two_splits(name: str) -> None:
    parts = [{image.tobytes() for image in split.images} for split in splits(built_in(name))]
    for one, other in combinations(parts, 2):
        assert not one & other


def test_offline_and_the_same_in_another_process(tmp_path: Path) -> None:
    environment = os.environ | {"SKIMAGE_DATADIR": str(tmp_path), "PYTHONHASHSEED": "123"}
    done = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    expected = []
    for name in BUILT_IN:
        parts = [array.tobytes() for s in splits(built_in(name)) for array in (s.images, s.labels)]
        expected += [name, hashlib.sha256(b"".join(parts)).hexdigest()]
    assert done.stdout.split() == [*expected, "False"]


def test_digits_are_all_of_scikit_learns_once() -> None:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    theirs = np.column_stack([np.rint(pixels * 255 / 16), labels]).tolist()
    ours = [np.column_stack([s.images.reshape(len(s), -1), s.labels]) for s in splits(built_in("digits"))]
    assert sorted(np.concatenate(ours).tolist()) == sorted(theirs)


@given(width=st.integers(32, 200), start=st.integers(0, 168), extra=st.integers(0, 60), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_patches_stay_within_their_columns(width: int, start: int, extra: int, seed: int) -> None:
    start = min(start, width - TEXTURE_SIZE)
    stop = min(start + TEXTURE_SIZE + extra, width)
    picture = np.tile(np.arange(width, dtype=np.uint8), (40, 1))  # a pixel's value is its column
    patches = cut_patches(picture, (start, stop), 30, np.random.default_rng(seed))
    assert (patches.shape, patches.dtype) == ((30, 1, TEXTURE_SIZE, TEXTURE_SIZE), np.uint8)
    assert patches.min() >= start
    assert patches.max() < stop


def test_splits_of_the_textures_share_no_column(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = np.tile(np.arange(250, dtype=np.uint8), (300, 1))
    monkeypatch.setattr("cnn_core.datasets.built_in._grey_photograph", lambda name: columns)
    train, val, test = (set(np.unique(split.images).tolist()) for split in splits(load("textures")))
    assert (train, val, test) == (set(range(150)), set(range(150, 200)), set(range(200, 250)))


def test_the_first_and_the_last_patch_of_a_strip_can_come_up() -> None:
    picture = np.tile(np.arange(36, dtype=np.uint8), (32, 1))
    lefts = cut_patches(picture, (1, 35), 200, np.random.default_rng(0))[:, 0, 0, 0]
    assert set(lefts.tolist()) == {1, 2, 3}


@pytest.mark.parametrize("columns", [(0, 31), (40, 10), (-40, 10), (60, 200), (90, 130)])
def test_impossible_strips_get_a_sentence(columns: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"The columns are .*: a strip must"):
        cut_patches(np.zeros((50, 100), dtype=np.uint8), columns, 1, np.random.default_rng(0))

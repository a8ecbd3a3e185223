"""Data sets: offline, the same every time, split without leaks, and normalised by what may be known while training."""

import gzip
import hashlib
import os
import pickle
import shutil
import struct
import subprocess
import sys
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.datasets import (
    BUILT_IN,
    DESCRIPTIONS,
    DOWNLOADABLE,
    TEXTURE_SIZE,
    Dataset,
    Split,
    available_names,
    channel_statistics,
    cut_patches,
    load,
    stratified_split,
)
from cnn_core.datasets.downloadable import CIFAR10_FILES
from cnn_core.datasets.drawn_shapes import SHAPE_NAMES, draw_shapes, shape_outline
from cnn_core.datasets.unpickling import read_pickle

ROOT = Path(__file__).resolve().parents[3]
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


@cache
def built_in(name: str) -> Dataset:
    return load(name)


def splits(data: Dataset) -> tuple[Split, Split, Split]:
    return data.train, data.val, data.test


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


@pytest.mark.parametrize("name", [*BUILT_IN, *DOWNLOADABLE])
def test_every_name_is_described(name: str) -> None:
    assert DESCRIPTIONS[name]


@pytest.mark.parametrize("name", ["", "Digits", "imagenet", "../digits"])
def test_unknown_names_get_a_sentence(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"name is .*: there is no such data set; choose one of digits, .*cifar100-20\."
    ):
        load(name)


@pytest.mark.parametrize("name", BUILT_IN)
def test_normalisation_is_numpys_over_the_train_split(name: str) -> None:
    data = built_in(name)
    pixels = data.train.images.astype(np.float64)
    mean, deviation = channel_statistics(data)
    assert mean.dtype == deviation.dtype == np.float32
    np.testing.assert_allclose(mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(deviation, pixels.std(axis=(0, 2, 3)), rtol=1e-6)


def test_normalisation_knows_nothing_of_the_other_splits_and_bears_a_flat_channel() -> None:
    images = np.zeros((2, 2, 1, 1), dtype=np.uint8)
    images[:, 0, 0, 0] = 10, 30
    images[:, 1] = 200
    bright = Split(np.full((4, 2, 1, 1), 255, dtype=np.uint8), np.zeros(4, dtype=np.int64))
    mean, deviation = channel_statistics(
        Dataset("", ("a",), Split(images, np.zeros(2, dtype=np.int64)), bright, bright)
    )
    assert mean.tolist() == [(10 + 30) / 2, 200]
    assert deviation.tolist() == [(30 - 10) / 2, 1]


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
    with pytest.raises(ValueError, match=r"columns is .*: a strip must"):
        cut_patches(np.zeros((50, 100), dtype=np.uint8), columns, 1, np.random.default_rng(0))


@given(counts=st.lists(st.integers(8, 40), min_size=2, max_size=5), held_out=st.sampled_from([0.1, 0.25, 0.5]))
@settings(max_examples=30)
def test_a_stratified_split_keeps_every_image_once_with_its_label(counts: list[int], held_out: float) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    rest, held = stratified_split(images, labels, held_out)
    both = np.concatenate([rest.images, held.images]).ravel()
    assert sorted(both.tolist()) == list(range(len(labels)))
    np.testing.assert_array_equal(labels[both], np.concatenate([rest.labels, held.labels]))
    share = np.bincount(held.labels, minlength=len(counts)) - held_out * np.array(counts)
    assert np.abs(share).max() <= 1


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_outlines_fit_their_circle_and_have_their_symmetry(name: str) -> None:
    turns = {"circle": 40, "square": 4, "triangle": 3, "star": 5, "cross": 4}[name]
    corners = shape_outline(name)
    assert np.hypot(*corners.T).max() <= 1 + 1e-12
    angle = 2 * np.pi / turns
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    nearest = np.abs(turned[:, np.newaxis] - corners).max(axis=2).min(axis=1)
    assert nearest.max() < 1e-9


def test_shapes_stand_out_from_their_background() -> None:
    images, labels = draw_shapes(50, seed=3)
    assert np.bincount(labels).tolist() == [10] * 5
    grey = np.tensordot(images.astype(float), [0.299, 0.587, 0.114], axes=(1, 0))
    spread = np.percentile(grey, 97, axis=(1, 2)) - np.percentile(grey, 3, axis=(1, 2))
    assert spread.min() > 60 - 2 * 12


@pytest.mark.parametrize("size", [8, 16, 64])
def test_shapes_are_drawn_in_any_size(size: int) -> None:
    images, labels = draw_shapes(10, seed=3, size=size)
    assert images.shape == (10, 3, size, size)
    assert np.bincount(labels).tolist() == [2, 2, 2, 2, 2]


def test_impossible_drawings_get_a_sentence() -> None:
    with pytest.raises(ValueError, match="count is 0"):
        draw_shapes(0, seed=0)
    with pytest.raises(ValueError, match="size is 7"):
        draw_shapes(1, seed=0, size=7)
    with pytest.raises(ValueError, match="there is no such shape"):
        shape_outline("heart")


def write_mnist(folder: Path, counts: tuple[int, int] = (100, 20)) -> list[np.ndarray]:
    """Four valid idx files of random images whose first pixel is the label; returns the images."""
    raw, rng = folder / "MNIST" / "raw", np.random.default_rng(5)
    raw.mkdir(parents=True)
    pictures = []
    for part, count in zip(("train", "t10k"), counts, strict=True):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        images[:, 0, 0] = np.arange(count) % 10
        header = struct.pack(">4i", 0x0803, count, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x0801, count) + images[:, 0, 0].tobytes())
        pictures.append(images)
    return pictures


def test_mnist_from_files(tmp_path: Path) -> None:
    train, test = write_mnist(tmp_path)
    data = load("mnist", root=tmp_path)
    assert (data.input_shape, data.class_names) == ((1, 28, 28), tuple("0123456789"))
    assert tuple(map(len, splits(data))) == (100 - 100 // 10, 100 // 10, 20)
    for split in splits(data):
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
        np.testing.assert_array_equal(split.images[:, 0, 0, 0], split.labels)
    np.testing.assert_array_equal(data.test.images[:, 0], test)
    learned = np.concatenate([data.train.images, data.val.images])[:, 0]
    assert sorted(image.tobytes() for image in learned) == sorted(image.tobytes() for image in train)


def cifar_pixels(count: int) -> np.ndarray:
    """Images whose red is the number modulo 10, green 100, and one pixel of blue 200."""
    pixels = np.zeros((count, 3, 32, 32), dtype=np.uint8)
    pixels[:, 0], pixels[:, 1], pixels[:, 2, 3, 5] = np.arange(count)[:, None, None] % 10, 100, 200
    return pixels


def write_cifar10(folder: Path, protocol: int = 2) -> np.ndarray:
    """The seven files of CIFAR-10 with 20 images each; returns the test images."""
    (folder / "cifar-10-batches-py").mkdir(parents=True)
    pixels = cifar_pixels(20)
    batch = {"data": pixels.reshape(20, -1), "labels": list(range(10)) * 2}
    names = {"label_names": [f"thing {number}" for number in range(10)]}
    for file in CIFAR10_FILES:
        content = names if file == "batches.meta" else batch
        (folder / "cifar-10-batches-py" / file).write_bytes(pickle.dumps(content, protocol=protocol))
    return pixels


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar10_from_files(tmp_path: Path, protocol: int) -> None:
    pixels = write_cifar10(tmp_path, protocol)
    data = load("cifar10", root=str(tmp_path))
    assert (data.input_shape, data.class_names) == ((3, 32, 32), tuple(f"thing {number}" for number in range(10)))
    np.testing.assert_array_equal(data.test.images, pixels)
    np.testing.assert_array_equal(data.train.images[:, 0, 7, 9], data.train.labels)
    assert (len(data.train), len(data.val)) == (90, 10)


def write_cifar100(folder: Path) -> None:
    """CIFAR-100 with 400 training images; fine label f belongs to the superclass f // 5."""
    (folder / "cifar-100-python").mkdir(parents=True)
    for file, count in (("train", 1000), ("test", 200)):
        fine = [number % 100 for number in range(count)]
        batch = {"data": cifar_pixels(count).reshape(count, -1), "fine_labels": fine}
        batch["coarse_labels"] = [label // 5 for label in fine]
        (folder / "cifar-100-python" / file).write_bytes(pickle.dumps(batch, protocol=2))
    names = {"fine_label_names": [f"f{n}" for n in range(100)], "coarse_label_names": [f"c{n}" for n in range(20)]}
    (folder / "cifar-100-python" / "meta").write_bytes(pickle.dumps(names, protocol=2))


@pytest.mark.parametrize("prepared", [False, True])
def test_cifar100_has_the_same_images_and_splits_in_100_and_in_20_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepared: bool
) -> None:
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    write_cifar100(tmp_path / "datasets")
    root = None if prepared else tmp_path / "datasets"
    fine, coarse = load("cifar100", root=root), load("cifar100-20", root=root)
    assert (len(fine.class_names), len(coarse.class_names)) == (100, 20)
    assert (fine.class_names[7], coarse.class_names[7]) == ("f7", "c7")
    assert (fine.name, coarse.name) == ("cifar100", "cifar100-20")
    for one, other in zip(splits(fine), splits(coarse), strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.labels // 5, other.labels)
    assert (len(fine.train), len(fine.val), len(fine.test)) == (900, 100, 200)


def test_the_second_time_the_prepared_files_do_and_nobody_can_change_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    write_mnist(tmp_path / "datasets")
    assert "mnist" in available_names()
    first = load("mnist")
    shutil.rmtree(tmp_path / "datasets" / "MNIST")
    assert "mnist" in available_names()
    assert "cifar10" not in available_names()
    second = load("mnist")
    for one, other in zip(splits(first), splits(second), strict=True):
        np.testing.assert_array_equal(one.images, other.images)
        np.testing.assert_array_equal(one.labels, other.labels)
        assert other.images.dtype == np.uint8
    second.train.images[:] = 7  # torch wants arrays that may be written to; the files stay as they are
    np.testing.assert_array_equal(load("mnist").train.images, first.train.images)
    (tmp_path / "datasets" / "prepared" / "mnist" / "val_labels.npy").write_bytes(b"rubbish")
    with pytest.raises(ValueError, match="The stored files of 'mnist' are damaged"):
        load("mnist")


def test_a_disk_that_takes_nothing_does_not_keep_images_from_being_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    write_mnist(tmp_path / "datasets")
    (tmp_path / "datasets" / "prepared").write_text("a file where a folder should be")
    assert len(load("mnist").train) == 90


@pytest.mark.parametrize("name", DOWNLOADABLE)
def test_missing_files_get_a_sentence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=rf"'{name}' is not on this computer: .* fetch {name}” \(\d+ MB\)"):
        load(name)
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"root is .*: no complete copy of .* is in this folder; expected"):
            load(name, root=folder)
    assert list(tmp_path.iterdir()) == [], "looking leaves nothing behind"


class Harm:
    """What a hostile pickle asks for."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call  # type: ignore[return-value]


@pytest.mark.parametrize(
    "call", [(os.system, "true"), (eval, "1"), (np.load, "x"), (np.zeros, 10**6), (getattr, 1, "x")]
)
def test_a_pickle_that_asks_for_code_is_refused(call: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"it asks for .*, which may do anything"):
        read_pickle(pickle.dumps({"data": Harm(*call)}, protocol=2))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"rubbish",
        pickle.dumps([1, 2]),
        pickle.dumps({"data": np.zeros(3, dtype=object)}),
        pickle.dumps({"data": np.zeros(3, dtype=np.float64)}),
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R(K\x01NNNNtb.",
        b"\x80\x02cnumpy\ndtype\n(U\x02O8K\x00K\x01tR.",
        pickle.dumps({"a": 1})[:-3],
    ],
)
def test_other_pickles_get_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match="The pickle"):
        read_pickle(content)


def test_pickles_of_arrays_are_read_as_numpy_wrote_them() -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for values in (array, np.asfortranarray(array)):
        for protocol in (2, 3, 4):
            read = read_pickle(pickle.dumps({"data": values, "n": [1, "é"]}, protocol=protocol))
            np.testing.assert_array_equal(read["data"], array)
            assert read["n"] == [1, "é"]


@pytest.mark.parametrize(
    "change", [{"labels": [0] * 19}, {"labels": [10] * 20}, {"data": cifar_pixels(19)}, {"data": 3}]
)
def test_cifar_files_that_do_not_belong_together_get_a_sentence(tmp_path: Path, change: dict[str, object]) -> None:
    write_cifar10(tmp_path)
    file = tmp_path / "cifar-10-batches-py" / "test_batch"
    file.write_bytes(pickle.dumps(pickle.loads(file.read_bytes()) | change))
    with pytest.raises(ValueError, match="no complete copy of 'cifar10'"):
        load("cifar10", root=tmp_path)


REAL = os.environ.get("CNN_LAB_REAL_DATA", "")
"""A folder with real data sets in torchvision's layout, where there is one."""


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST/raw"), ("cifar10", "cifar-10-batches-py")])
def test_real_files_are_read_as_torchvision_reads_them(name: str, folder: str) -> None:
    if not REAL or not (Path(REAL) / folder).is_dir():
        pytest.skip("CNN_LAB_REAL_DATA names no folder with the real files")
    from torchvision import datasets

    theirs = {"mnist": datasets.MNIST, "cifar10": datasets.CIFAR10}[name]
    ours = load(name, root=REAL)
    test = theirs(REAL, train=False)
    images = np.asarray(test.data)
    np.testing.assert_array_equal(
        ours.test.images, images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    )
    np.testing.assert_array_equal(ours.test.labels, np.asarray(test.targets))
    assert (len(ours.train), len(ours.val)) == {"mnist": (54000, 6000), "cifar10": (45000, 5000)}[name]
    learned = np.concatenate([ours.train.images, ours.val.images]).astype(np.uint64).sum()
    assert learned == np.asarray(theirs(REAL, train=True).data).astype(np.uint64).sum()


@pytest.mark.parametrize("damage", ["cut short", "empty", "packed", "not idx"])
def test_damaged_files_get_a_sentence(damage: str, tmp_path: Path) -> None:
    write_mnist(tmp_path)
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    content = file.read_bytes()
    file.write_bytes(
        {"cut short": content[:-7], "empty": b"", "packed": gzip.compress(content), "not idx": b"hello" * 99}[damage]
    )
    with pytest.raises(ValueError, match=r"root is .*: no complete copy of 'mnist' is in this folder"):
        load("mnist", root=tmp_path)

"""The built-in data sets: real, offline, the same every time, and honestly split."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import datasets
from cnn_core.datasets import BUILT_IN, Dataset, Split, cut_patches, load, normalisation
from cnn_core.shapes_drawing import SHAPE_NAMES, draw_shapes, outline

SHAPES = {"digits": (1, 8, 8), "textures": (1, 32, 32), "shapes": (3, 32, 32)}
CLASSES = {"digits": 10, "textures": 6, "shapes": 5}


@pytest.fixture(scope="module")
def loaded() -> dict[str, Dataset]:
    return {name: load(name) for name in BUILT_IN}


@pytest.mark.parametrize("name", BUILT_IN)
def test_images_and_labels_are_what_they_say(loaded, name):
    data = loaded[name]
    assert data.input_shape == SHAPES[name]
    assert len(data.class_names) == CLASSES[name]
    for split in (data.train, data.val, data.test):
        assert split.images.dtype == np.uint8
        assert split.images.shape == (len(split), *SHAPES[name])
        assert split.labels.dtype == np.int64
        assert set(split.labels) == set(range(CLASSES[name]))
        counts = np.bincount(split.labels)
        assert counts.max() <= 1.2 * counts.min()


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_same_images_every_time(loaded, name):
    again = load(name)
    for part in ("train", "val", "test"):
        np.testing.assert_array_equal(getattr(again, part).images, getattr(loaded[name], part).images)
        np.testing.assert_array_equal(getattr(again, part).labels, getattr(loaded[name], part).labels)


def test_digits_are_all_there_once(loaded):
    data = loaded["digits"]
    assert len(data.train) + len(data.val) + len(data.test) == 1797
    from sklearn.datasets import load_digits

    pixels = np.round(load_digits().data * 255 / 16).astype(np.uint8)
    ours = np.concatenate([s.images.reshape(len(s), -1) for s in (data.train, data.val, data.test)])
    np.testing.assert_array_equal(np.sort(ours.view("V64").ravel()), np.sort(pixels.view("V64").ravel()))


@pytest.mark.parametrize("name", ["textures", "shapes"])
def test_no_image_is_in_two_splits(loaded, name):
    parts = [
        {image.tobytes() for image in split.images}
        for split in (loaded[name].train, loaded[name].val, loaded[name].test)
    ]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]


@given(st.integers(0, 30), st.integers(32, 60), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_patches_stay_within_their_strip(start, width, seed):
    picture = np.tile(np.arange(100, dtype=np.uint8), (40, 1))  # every pixel holds its column
    patches = cut_patches(picture, (start, start + width), 20, np.random.default_rng(seed))
    assert patches.shape == (20, 1, 32, 32)
    assert patches.min() >= start
    assert patches.max() < start + width


def test_a_strip_narrower_than_a_patch_is_refused():
    with pytest.raises(ValueError, match="at least 32 pixels"):
        cut_patches(np.zeros((40, 100), np.uint8), (0, 31), 1, np.random.default_rng(0))


def test_normalisation_is_measured_on_train_alone(loaded):
    data = loaded["shapes"]
    mean, deviation = normalisation(data)
    pixels = data.train.images.astype(np.float64)
    np.testing.assert_allclose(mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(deviation, pixels.std(axis=(0, 2, 3)), rtol=1e-6)
    blank = Split(np.zeros_like(data.test.images), data.test.labels)
    other = Dataset("x", data.class_names, data.train, blank, blank)
    np.testing.assert_array_equal(normalisation(other)[0], mean)


def test_a_channel_that_never_changes_is_not_divided_by_zero():
    flat = Split(np.full((4, 2, 3, 3), 7, np.uint8), np.zeros(4, np.int64))
    mean, deviation = normalisation(Dataset("flat", ("a",), flat, flat, flat))
    assert mean.tolist() == [7, 7]
    assert deviation.tolist() == [1, 1]


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_outlines_fill_the_unit_circle(name):
    radii = np.linalg.norm(outline(name), axis=1)
    assert 0.9 < radii.max() <= 1 + 1e-9


@pytest.mark.parametrize("size", [8, 16, 64])
def test_shapes_can_be_drawn_at_any_size(size):
    images, labels = draw_shapes(10, seed=3, size=size)
    assert images.shape == (10, 3, size, size)
    assert np.bincount(labels).tolist() == [2, 2, 2, 2, 2]


def test_unknown_names_and_missing_files_get_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="choose one of digits, textures, shapes, mnist, cifar10"):
        load("imagenet")
    with pytest.raises(ValueError, match="root is missing"):
        load("mnist")
    with pytest.raises(ValueError, match="no complete copy of 'cifar10'"):
        load("cifar10", root=tmp_path)


def test_mnist_is_read_from_files_of_its_own_format(tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part, count in (("train", 100), ("t10k", 20)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        files = {
            f"{part}-images-idx3-ubyte": struct.pack(">IIII", 2051, count, 28, 28) + images.tobytes(),
            f"{part}-labels-idx1-ubyte": struct.pack(">II", 2049, count) + labels.tobytes(),
        }
        for name, content in files.items():
            (folder / name).write_bytes(content)
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    data = datasets.load("mnist", root=tmp_path)
    assert (len(data.train), len(data.val), len(data.test)) == (90, 10, 20)
    assert data.input_shape == (1, 28, 28)
    assert set(data.val.labels) == set(range(10))

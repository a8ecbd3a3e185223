"""Downloaded data sets, read from files that the tests write, and from real ones where there are any."""

import gzip
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from cnn_core.datasets import (
    DOWNLOADABLE,
    available_names,
    load,
)
from tests.cnn_core.datasets.made import cifar_pixels, splits, write_cifar10, write_cifar100, write_mnist


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


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar10_from_files(tmp_path: Path, protocol: int) -> None:
    pixels = write_cifar10(tmp_path, protocol)
    data = load("cifar10", root=str(tmp_path))
    assert (data.input_shape, data.class_names) == ((3, 32, 32), tuple(f"thing {number}" for number in range(10)))
    np.testing.assert_array_equal(data.test.images, pixels)
    np.testing.assert_array_equal(data.train.images[:, 0, 7, 9], data.train.labels)
    assert (len(data.train), len(data.val)) == (90, 10)


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
        with pytest.raises(
            ValueError, match=r"The folder \(root\) is .*: no complete copy of .* is in this folder; expected"
        ):
            load(name, root=folder)
    assert list(tmp_path.iterdir()) == [], "looking leaves nothing behind"


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
    with pytest.raises(ValueError, match=r"The folder \(root\) is .*: no complete copy of 'mnist' is in this folder"):
        load("mnist", root=tmp_path)

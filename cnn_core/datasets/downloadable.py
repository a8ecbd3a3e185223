"""The data sets that are downloaded: their files, and how these are read.

Names, addresses, checksums and the layout of a folder with the unpacked files are torchvision's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.datasets import prepared
from cnn_core.datasets.dataset import Dataset, Split, stratified_indices
from cnn_core.datasets.unpickling import read_pickle
from cnn_core.folders import dataset_folder

VALIDATION_SHARE = 0.1
"""Share of the training images that becomes the validation split."""
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
CIFAR10_FILES = (
    "data_batch_1",
    "data_batch_2",
    "data_batch_3",
    "data_batch_4",
    "data_batch_5",
    "test_batch",
    "batches.meta",
)
CIFAR100_FILES = ("train", "test", "meta")


@dataclass(frozen=True)
class Source:
    """The origin of images: torchvision's class, the `folder` and `files` of its layout, the sizes of the downloads."""

    class_name: str
    folder: str
    files: tuple[str, ...]
    download_bytes: tuple[int, ...]


SOURCES = {
    "mnist": Source("MNIST", "MNIST/raw", IDX_FILES, (9_912_422, 28_881, 1_648_877, 4_542)),
    "fashion-mnist": Source("FashionMNIST", "FashionMNIST/raw", IDX_FILES, (26_421_880, 29_515, 4_422_102, 5_148)),
    "cifar10": Source("CIFAR10", "cifar-10-batches-py", CIFAR10_FILES, (170_498_071,)),
    "cifar100": Source("CIFAR100", "cifar-100-python", CIFAR100_FILES, (169_001_437,)),
}
"""Name of a source → where its images come from."""
DATASET_SOURCES = {
    "mnist": ("mnist", ""),
    "fashion-mnist": ("fashion-mnist", ""),
    "cifar10": ("cifar10", ""),
    "cifar100": ("cifar100", ""),
    "cifar100-20": ("cifar100", "coarse"),
}
"""Name of a data set → its source, and which of the source's labels it uses."""
Opener = Callable[[str], bytes]
"""Function from a file name to the content of this file of a source."""


def download_megabytes(name: str) -> float:
    """Return the size of the download in MB (10⁶ bytes).

    >>> download_megabytes("cifar10")
    170.498071
    """
    return sum(SOURCES[DATASET_SOURCES[name][0]].download_bytes) / 1e6


def is_downloaded(name: str) -> bool:
    """Return whether the data set is on this computer."""
    source = DATASET_SOURCES[name][0]
    return prepared.is_prepared(prepared_folder(source)) or _has_all_files(source, dataset_folder())


def load_downloaded(name: str, root: Path | None) -> Dataset:
    """Load a data set from `root`, which has torchvision's layout, or from the data folder, which keeps it prepared.

    Raises ValueError when files are missing or damaged.
    """
    source, labelling = DATASET_SOURCES[name]
    if root is not None:
        return _make_dataset(name, labelling, *_read_folder(source, root))
    folder = prepared_folder(source)
    if not prepared.is_prepared(folder):
        if not _has_all_files(source, dataset_folder()):
            raise ValueError(
                f"{name!r} is not on this computer: download it with "
                f"“python -m cnn_core.datasets fetch {name}” ({download_megabytes(name):.0f} MB)."
            )
        arrays, about = _read_folder(source, dataset_folder())
        try:
            prepared.write_prepared(folder, arrays, about)
        except OSError:  # a full or read-only disk: the images are used from memory
            return _make_dataset(name, labelling, arrays, about)
    return prepared.read_prepared(folder, name, labelling)


def prepared_folder(source: str) -> Path:
    """Return the folder that keeps the images of a source."""
    return dataset_folder() / "prepared" / source


def prepare_source(source: str, opener: Opener) -> None:
    """Read a source's files and store them in the data folder.

    Raises ValueError for damaged files, and OSError when the disk is full or read-only.
    """
    prepared.write_prepared(prepared_folder(source), *read_source(source, opener))


def read_source(source: str, opener: Opener) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a source as arrays and metadata for `prepared.write_prepared`. Raises ValueError for damaged files."""
    read = _read_cifar if source.startswith("cifar") else _read_idx
    images, labels, test_images, test_labels, about = read(source, opener)
    # Split by the finest labels, so that every labelling has the same splits.
    train, val = stratified_indices(labels[""], VALIDATION_SHARE)
    arrays: dict[str, NDArray[Any]] = {
        "train_images": images[train],
        "val_images": images[val],
        "test_images": test_images,
    }
    for way in labels:
        suffix = f"_{way}" if way else ""
        arrays[f"train_labels{suffix}"] = labels[way][train]
        arrays[f"val_labels{suffix}"] = labels[way][val]
        arrays[f"test_labels{suffix}"] = test_labels[way]
    return arrays, about


Labels = dict[str, NDArray[np.int64]]
RawData = tuple[NDArray[np.uint8], Labels, NDArray[np.uint8], Labels, dict[str, Any]]


def _read_idx(source: str, opener: Opener) -> RawData:
    images, labels, test_images, test_labels = (_parse_idx(opener(name), name) for name in IDX_FILES)
    names = list("0123456789") if source == "mnist" else torchvision_class(source).classes
    for part, numbers in ((images, labels), (test_images, test_labels)):
        if part.ndim != 3 or numbers.ndim != 1 or len(part) != len(numbers) or numbers.max(initial=0) >= len(names):
            raise ValueError("The images and labels do not belong together.")
    ways = [{"": numbers.astype(np.int64)} for numbers in (labels, test_labels)]
    return images[:, np.newaxis], ways[0], test_images[:, np.newaxis], ways[1], {"class_names": names}


def _parse_idx(data: bytes, name: str) -> NDArray[np.uint8]:
    """Read the array of bytes in an idx file: two zeros, type 8, number of axes, their lengths, the values."""
    axes = data[3] if data[:3] == b"\0\0\x08" and len(data) >= 4 else 0
    shape = np.frombuffer(data[4 : 4 + 4 * axes], ">u4").astype(int)
    if not axes or len(shape) != axes or len(data) != 4 + 4 * axes + shape.prod():
        raise ValueError(f"{name} is no complete idx file of bytes.")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _read_cifar(source: str, opener: Opener) -> RawData:
    ways = {"": ""} if source == "cifar10" else {"": "fine_", "coarse": "coarse_"}
    *train_files, test_file, meta_file = SOURCES[source].files
    meta = read_pickle(opener(meta_file))
    names = {way: [str(name) for name in meta.get(f"{prefix}label_names", ())] for way, prefix in ways.items()}
    images, labels = _cifar_batches((opener(name) for name in train_files), ways, names)
    test_images, test_labels = _cifar_batches((opener(name) for name in [test_file]), ways, names)
    about = {f"class_names{'_' if way else ''}{way}": names[way] for way in ways}
    return images, labels, test_images, test_labels, about


def _cifar_batches(
    files: Iterable[bytes], prefixes: dict[str, str], names: dict[str, list[str]]
) -> tuple[NDArray[np.uint8], Labels]:
    batches = [read_pickle(data) for data in files]  # one file at a time in memory
    try:
        images = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
        labels = {
            way: np.concatenate([np.asarray(batch[f"{prefix}labels"], dtype=np.int64) for batch in batches])
            for way, prefix in prefixes.items()
        }
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise ValueError("The batches do not hold images of 32 × 32 pixels in colour and their labels.") from error
    for way, numbers in labels.items():
        if len(numbers) != len(images) or numbers.min(initial=0) < 0 or numbers.max(initial=0) >= len(names[way]):
            raise ValueError("The images and labels do not belong together.")
    return images, labels


def torchvision_class(source: str) -> Any:
    """Return torchvision's class of a source, which has addresses, checksums and class names. Imports PyTorch."""
    from torchvision import datasets

    return getattr(datasets, SOURCES[source].class_name)


def _has_all_files(source: str, root: Path) -> bool:
    folder = root / SOURCES[source].folder
    return all((folder / name).is_file() for name in SOURCES[source].files)


def _read_folder(source: str, root: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    folder = root / SOURCES[source].folder
    try:
        return read_source(source, lambda name: (folder / name).read_bytes())
    except (ValueError, OSError) as error:
        files = ", ".join(SOURCES[source].files)
        raise ValueError(
            f"The folder (root) is {str(root)!r}: no complete copy of {source!r} is in this folder; expected the "
            f"unpacked files {files} in {SOURCES[source].folder}."
        ) from error


def _make_dataset(name: str, labelling: str, arrays: dict[str, NDArray[Any]], metadata: dict[str, Any]) -> Dataset:
    suffix = f"_{labelling}" if labelling else ""
    splits = [Split(arrays[f"{part}_images"], arrays[f"{part}_labels{suffix}"]) for part in prepared.PARTS]
    return Dataset(name, tuple(metadata[f"class_names{suffix}"]), *splits)

"""Data sets to train on: three built in, five to download once, and ZIP files of one's own."""

from pathlib import Path

from cnn_core.datasets import built_in, downloadable, own_zip
from cnn_core.datasets.built_in import TEXTURE_SIZE, TEXTURES, cut_patches
from cnn_core.datasets.dataset import Dataset, Split, channel_statistics, stratified_split
from cnn_core.datasets.downloadable import download_megabytes
from cnn_core.datasets.own_zip import OwnData, read_archive, store_own

BUILT_IN = tuple(built_in.LOADERS)
DOWNLOADABLE = tuple(downloadable.DATASET_SOURCES)
DESCRIPTIONS = {
    "digits": "1,797 real handwritten digits, 8×8 pixels, grey, 10 classes",
    "textures": "2,400 patches of six photographs (brick, grass, gravel …), 32×32 pixels, grey; "
    "train, validation and test come from different parts of each photograph",
    "shapes": "3,000 drawn circles, squares, triangles, stars and crosses, 32×32 pixels, colour, with noise",
    "mnist": "70,000 handwritten digits, 28×28 pixels, grey, 10 classes",
    "fashion-mnist": "70,000 pictures of clothes, 28×28 pixels, grey, 10 classes; harder than MNIST",
    "cifar10": "60,000 small photographs, 32×32 pixels, colour, 10 classes",
    "cifar100": "60,000 small photographs, 32×32 pixels, colour, 100 classes of 600 each",
    "cifar100-20": "the photographs of CIFAR-100 in 20 superclasses, such as flowers or large carnivores",
}
TITLES = {
    "digits": "Digits",
    "textures": "Textures",
    "shapes": "Shapes",
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "cifar100-20": "CIFAR-100 in 20 classes",
}
SPLITTING = {
    "digits": "Cut at random, class by class: 60 % train, 20 % validation, 20 % test (seed 0).",
    "textures": "The left 60 % of each photograph are for training, the next 20 % for validation, the rest for "
    "testing: no two splits share a pixel (patches drawn with seed 0).",
    "shapes": "Drawn apart, with the seeds 0 (train), 1 (validation) and 2 (test).",
}
"""How each built-in data set was cut; `describe_splitting` knows all."""

__all__ = [
    "BUILT_IN",
    "DESCRIPTIONS",
    "DOWNLOADABLE",
    "SPLITTING",
    "TEXTURES",
    "TEXTURE_SIZE",
    "TITLES",
    "Dataset",
    "OwnData",
    "Split",
    "available_names",
    "channel_statistics",
    "cut_patches",
    "dataset_title",
    "describe_dataset",
    "describe_splitting",
    "download_megabytes",
    "load",
    "read_archive",
    "store_own",
    "stratified_split",
]


def load(name: str, *, root: str | Path | None = None) -> Dataset:
    """The data set called `name`, the same images in the same splits every time.

    The names in BUILT_IN need nothing. Those in FROM_FILES are read from the data folder, where `fetch_dataset` puts
    them, or from `root`, a folder laid out as torchvision lays it out. A name that `store_own` gave is one's own data
    set.
    Raises ValueError when the name is unknown, or when files are missing or damaged.
    """
    if name in built_in.LOADERS:
        return built_in.LOADERS[name]()
    if name in downloadable.DATASET_SOURCES:
        return downloadable.load_downloaded(name, None if root is None else Path(root))
    if own_zip.is_own(name):
        return own_zip.load_own(name)
    names = ", ".join((*BUILT_IN, *DOWNLOADABLE))
    raise ValueError(f"name is {name!r:.60}: there is no such data set; choose one of {names}.")


def available_names() -> tuple[str, ...]:
    """The names that can be loaded now: those built in, and those on this computer."""
    return (*BUILT_IN, *(name for name in DOWNLOADABLE if downloadable.is_downloaded(name)))


def dataset_title(name: str) -> str:
    """What a data set is called on screen. Raises ValueError for one's own that is not there."""
    return TITLES[name] if name in TITLES else str(own_zip.own_metadata(name)["title"])


def describe_dataset(name: str) -> str:
    """What a data set holds, in a line. Raises ValueError for one's own that is not there."""
    return DESCRIPTIONS[name] if name in DESCRIPTIONS else str(own_zip.own_metadata(name)["description"])


def describe_splitting(name: str) -> str:
    """How a data set was cut into its splits. Raises ValueError for one's own that is not there."""
    if name in SPLITTING:
        return SPLITTING[name]
    if name in downloadable.DATASET_SOURCES:
        return (
            "The test split is the one everybody uses; a tenth of the training images, drawn class by class (seed 0), "
            "is for validation."
        )
    return str(own_zip.own_metadata(name)["splitting"])

"""Data sets to train on: three built in, five to download once, and pictures from a visitor's ZIP file."""

from pathlib import Path

from cnn_core.datasets import built_in, downloadable, own_zip
from cnn_core.datasets.built_in import TEXTURE_SIZE, TEXTURES, cut_patches
from cnn_core.datasets.dataset import Dataset, Split, channel_statistics, stratified_split
from cnn_core.datasets.downloadable import download_megabytes
from cnn_core.datasets.own_zip import OwnData, read_archive, store_own

BUILT_IN = tuple(built_in.LOADERS)
"""Names of the data sets that need no download."""
DOWNLOADABLE = tuple(downloadable.DATASET_SOURCES)
"""Names of the data sets that `cnn_core.datasets.fetch` downloads."""
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
"""Name → what the data set holds."""
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
"""Name → title on the screen."""
SPLITTING = {
    "digits": "Cut at random, class by class: 60 % train, 20 % validation, 20 % test (seed 0).",
    "textures": "The left 60 % of each photograph are for training, the next 20 % for validation, the rest for "
    "testing: no two splits share a pixel (patches drawn with seed 0).",
    "shapes": "Drawn apart, with the seeds 0 (train), 1 (validation) and 2 (test).",
}
"""Name of a built-in data set → how it was split; `describe_splitting` covers the others."""

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
    """Load the data set called `name`, with the same images in the same splits every time.

    Those of BUILT_IN need no files. Those of DOWNLOADABLE are read from the data folder, where `fetch_dataset` puts
    them, or from `root`, a folder with torchvision's layout. A name returned by `store_own` loads these pictures.
    Raises ValueError when the name is unknown, or when files are missing or damaged.

    >>> digits = load("digits")
    >>> digits.input_shape, len(digits.train), len(digits.val), len(digits.test)
    ((1, 8, 8), 1077, 360, 360)
    """
    if name in built_in.LOADERS:
        return built_in.LOADERS[name]()
    if name in downloadable.DATASET_SOURCES:
        return downloadable.load_downloaded(name, None if root is None else Path(root))
    if own_zip.is_own(name):
        return own_zip.load_own(name)
    names = ", ".join((*BUILT_IN, *DOWNLOADABLE))
    raise ValueError(f"Name is {name!r:.60}: there is no such data set; choose one of {names}.")


def available_names() -> tuple[str, ...]:
    """Return the names that can be loaded now: the built-in ones, and the downloaded ones on this computer.

    >>> available_names()[:3]
    ('digits', 'textures', 'shapes')
    """
    return (*BUILT_IN, *(name for name in DOWNLOADABLE if downloadable.is_downloaded(name)))


def dataset_title(name: str) -> str:
    """Return the title of a data set. Raises ValueError for a visitor's data set that is not on this computer.

    >>> dataset_title("cifar10")
    'CIFAR-10'
    """
    return TITLES[name] if name in TITLES else str(own_zip.own_metadata(name)["title"])


def describe_dataset(name: str) -> str:
    """Say in a line what a data set holds. Raises ValueError for a visitor's data set that is not on this computer.

    >>> describe_dataset("mnist")
    '70,000 handwritten digits, 28×28 pixels, grey, 10 classes'
    """
    return DESCRIPTIONS[name] if name in DESCRIPTIONS else str(own_zip.own_metadata(name)["description"])


def describe_splitting(name: str) -> str:
    """Say how a data set was split. Raises ValueError for a visitor's data set that is not on this computer.

    >>> describe_splitting("digits")
    'Cut at random, class by class: 60 % train, 20 % validation, 20 % test (seed 0).'
    """
    if name in SPLITTING:
        return SPLITTING[name]
    if name in downloadable.DATASET_SOURCES:
        return (
            "The test split is the standard one; a tenth of the training images, drawn class by class (seed 0), "
            "is for validation."
        )
    return str(own_zip.own_metadata(name)["splitting"])

"""Data sets to train on: three built in and offline from the first minute, two more from files of your own."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.shapes_drawing import SHAPE_NAMES, draw_shapes

BUILT_IN = ("digits", "textures", "shapes")
FROM_FILES = ("mnist", "cifar10")
DESCRIPTIONS = {
    "digits": "1,797 real handwritten digits, 8×8 pixels, grey, 10 classes",
    "textures": "2,400 patches of six photographs (brick, grass, gravel …), 32×32 pixels, grey; "
    "train, validation and test come from different parts of each photograph",
    "shapes": "3,000 drawn circles, squares, triangles, stars and crosses, 32×32 pixels, colour, with noise",
    "mnist": "70,000 handwritten digits, 28×28 pixels, grey, 10 classes",
    "cifar10": "60,000 small photographs, 32×32 pixels, colour, 10 classes",
}

# Class name → the photograph in skimage.data (all six are inside the wheel, so no download).
TEXTURES = {
    "brick": "brick",
    "grass": "grass",
    "gravel": "gravel",
    "moon": "moon",
    "stars": "hubble_deep_field",
    "tissue": "immunohistochemistry",
}
TEXTURE_SIZE = 32
_SEED = 0
_EXPECTED = {
    "mnist": "the four unpacked files MNIST/raw/train-images-idx3-ubyte and so on",
    "cifar10": "the six files cifar-10-batches-py/data_batch_1 and so on",
}


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set: `images` uint8 (N, C, H, W), 0 … 255, and `labels` int64 (N,), class numbers from 0."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images cut once into train (to learn from), val (to choose by) and test (to report, once)."""

    name: str
    class_names: tuple[str, ...]
    train: Split
    val: Split
    test: Split

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width


def load(name: str, *, root: str | Path | None = None) -> Dataset:
    """The data set called `name`, the same images in the same splits every time.

    The names in BUILT_IN need nothing; those in FROM_FILES need `root`, a folder laid out as torchvision expects it.
    Raises ValueError when the name is unknown, or when the files are missing from `root`.
    """
    loaders: dict[str, Callable[[], Dataset]] = {
        "digits": _digits,
        "textures": _textures,
        "shapes": _shapes,
        "mnist": partial(_from_files, "mnist", root),
        "cifar10": partial(_from_files, "cifar10", root),
    }
    if name not in loaders:
        raise ValueError(f"name is {name!r}: there is no such data set; choose one of {', '.join(loaders)}.")
    return loaders[name]()


def normalisation(dataset: Dataset) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each channel, on the scale 0 … 255, measured on the train split alone.

    Both are float32 of shape (C,). A channel that never changes gets the deviation 1, so that dividing by it is safe.
    The sums are exact integers taken from a histogram, so the result does not depend on the order of the images.
    """
    values = np.arange(256, dtype=np.float64)
    channels = dataset.train.images.shape[1]
    counts = [np.bincount(dataset.train.images[:, channel].ravel(), minlength=256) for channel in range(channels)]
    mean = np.array([np.average(values, weights=count) for count in counts])
    variance = np.array([np.average((values - m) ** 2, weights=count) for m, count in zip(mean, counts, strict=True)])
    deviation = np.where(variance > 0, np.sqrt(variance), 1.0)
    return mean.astype(np.float32), deviation.astype(np.float32)


def cut_patches(
    picture: NDArray[np.uint8], columns: tuple[int, int], count: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """`count` square patches (count, 1, 32, 32) of a grey (H, W) picture, wholly within columns start … stop−1.

    Patches of one call may overlap each other.
    Raises ValueError when the strip is narrower than a patch or reaches beyond the picture.
    """
    start, stop = columns
    height, width = picture.shape
    if not 0 <= start <= stop - TEXTURE_SIZE <= width - TEXTURE_SIZE or height < TEXTURE_SIZE:
        raise ValueError(
            f"columns is {columns}: a strip must lie within a picture of {width}×{height} pixels "
            f"and be at least {TEXTURE_SIZE} pixels wide and high."
        )
    windows = np.lib.stride_tricks.sliding_window_view(picture[:, start:stop], (TEXTURE_SIZE, TEXTURE_SIZE))
    tops = rng.integers(windows.shape[0], size=count)
    lefts = rng.integers(windows.shape[1], size=count)
    return windows[tops, lefts][:, np.newaxis]


def stratified_split(images: NDArray[np.uint8], labels: NDArray[np.int64], held_out: float) -> tuple[Split, Split]:
    """(rest, held-out part): a fixed random cut with the same share of every class on both sides."""
    from sklearn.model_selection import train_test_split

    rest, held = train_test_split(np.arange(len(labels)), test_size=held_out, stratify=labels, random_state=_SEED)
    return Split(images[rest], labels[rest]), Split(images[held], labels[held])


def _digits() -> Dataset:
    """scikit-learn's digits: 60 % train, 20 % validation, 20 % test."""
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(return_X_y=True)
    images = np.round(pixels.reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)  # stored as 0 … 16
    rest, test = stratified_split(images, digits.astype(np.int64), 0.2)
    train, val = stratified_split(rest.images, rest.labels, 0.25)
    return Dataset("digits", tuple("0123456789"), train, val, test)


def _textures() -> Dataset:
    """Patches from three vertical strips of each photograph: the left 60 % train, then 20 % validation, 20 % test."""
    pictures = [_grey_photograph(photograph) for photograph in TEXTURES.values()]
    rng = np.random.default_rng(_SEED)
    splits = [
        _texture_split(pictures, start, stop, count, rng)
        for start, stop, count in ((0.0, 0.6, 240), (0.6, 0.8, 80), (0.8, 1.0, 80))
    ]
    return Dataset("textures", tuple(TEXTURES), *splits)


def _texture_split(
    pictures: list[NDArray[np.uint8]], start: float, stop: float, per_class: int, rng: np.random.Generator
) -> Split:
    """Equally many patches of every picture, from the strip between two fractions of its width."""
    patches = [
        cut_patches(picture, (round(start * picture.shape[1]), round(stop * picture.shape[1])), per_class, rng)
        for picture in pictures
    ]
    return Split(np.concatenate(patches), np.repeat(np.arange(len(pictures), dtype=np.int64), per_class))


def _grey_photograph(name: str) -> NDArray[np.uint8]:
    """One of scikit-image's photographs as (H, W) grey values."""
    import skimage.data
    from PIL import Image

    return np.asarray(Image.fromarray(getattr(skimage.data, name)()).convert("L"))


def _shapes() -> Dataset:
    """Drawn shapes in random colours, so that only the outline tells the classes apart."""
    splits = [Split(*draw_shapes(count, seed=seed)) for seed, count in enumerate((2000, 500, 500))]
    return Dataset("shapes", SHAPE_NAMES, *splits)


def _from_files(name: str, root: str | Path | None) -> Dataset:
    """MNIST or CIFAR-10 from files on this computer; a stratified tenth of the training images is for validation."""
    from torchvision import datasets

    if root is None:
        raise ValueError(f"root is missing: {name!r} is not built in; give the folder that holds its files.")
    source = datasets.MNIST if name == "mnist" else datasets.CIFAR10
    try:
        parts = [source(str(root), train=train, download=False) for train in (True, False)]
    except (RuntimeError, ValueError, TypeError, AssertionError, OSError) as error:  # torchvision's for bad files
        raise ValueError(
            f"root is {str(root)!r}: no complete copy of {name!r} is in this folder; expected {_EXPECTED[name]}."
        ) from error
    (images, labels), (test_images, test_labels) = [
        (_channels_first(np.asarray(part.data)), np.asarray(part.targets, dtype=np.int64)) for part in parts
    ]
    train, val = stratified_split(images, labels, 0.1)
    class_names = tuple("0123456789") if name == "mnist" else tuple(parts[0].classes)
    return Dataset(name, class_names, train, val, Split(test_images, test_labels))


def _channels_first(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, H, W) or (N, H, W, C) → (N, C, H, W)."""
    if images.ndim == 3:
        return images[:, np.newaxis]
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))

"""The built-in data sets, which need no network."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.datasets.dataset import SEED, Dataset, Split, stratified_split
from cnn_core.datasets.drawn_shapes import SHAPE_NAMES, draw_shapes

TEXTURES = {
    "brick": "brick",
    "grass": "grass",
    "gravel": "gravel",
    "moon": "moon",
    "stars": "hubble_deep_field",
    "tissue": "immunohistochemistry",
}
"""Class name → photograph in skimage.data; all six are inside the wheel, so nothing is downloaded."""
TEXTURE_SIZE = 32
"""Side of the patches in pixels."""
TEXTURE_STRIPS = ((0.0, 0.6, 240), (0.6, 0.8, 80), (0.8, 1.0, 80))
"""Of train, validation and test: first and last share of a photograph's width, and patches of each photograph."""
SHAPE_COUNTS = (2000, 500, 500)
"""Drawn shapes of train, validation and test."""


def cut_patches(
    picture: NDArray[np.uint8], columns: tuple[int, int], count: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Cut `count` random patches (count, 1, 32, 32) out of a grey picture (H, W), within columns start … stop−1.

    Patches may overlap. Raises ValueError when the strip is narrower than a patch or reaches beyond the picture.

    >>> picture = np.zeros((40, 100), dtype=np.uint8)
    >>> cut_patches(picture, (0, 60), 5, np.random.default_rng(0)).shape
    (5, 1, 32, 32)
    """
    start, stop = columns
    height, width = picture.shape
    if not 0 <= start <= stop - TEXTURE_SIZE <= width - TEXTURE_SIZE or height < TEXTURE_SIZE:
        raise ValueError(
            f"The columns are {columns}: a strip must lie within a picture of {width}×{height} pixels "
            f"and be at least {TEXTURE_SIZE} pixels wide and high."
        )
    windows = np.lib.stride_tricks.sliding_window_view(picture[:, start:stop], (TEXTURE_SIZE, TEXTURE_SIZE))
    tops = rng.integers(windows.shape[0], size=count)
    lefts = rng.integers(windows.shape[1], size=count)
    return windows[tops, lefts][:, np.newaxis]


def _digits_dataset() -> Dataset:
    """Load scikit-learn's digits: 60 % train, 20 % validation, 20 % test."""
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(return_X_y=True)
    images = np.round(pixels.reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)  # stored as 0 … 16
    rest, test = stratified_split(images, digits.astype(np.int64), 0.2)
    train, val = stratified_split(rest.images, rest.labels, 0.25)
    return Dataset("digits", tuple("0123456789"), train, val, test)


def _textures_dataset() -> Dataset:
    """Cut patches from vertical strips of each photograph, one strip for each split, so that no two share a pixel."""
    pictures = [_grey_photograph(photograph) for photograph in TEXTURES.values()]
    rng = np.random.default_rng(SEED)
    splits = [_texture_split(pictures, start, stop, count, rng) for start, stop, count in TEXTURE_STRIPS]
    return Dataset("textures", tuple(TEXTURES), *splits)


def _texture_split(
    pictures: list[NDArray[np.uint8]], start: float, stop: float, per_class: int, rng: np.random.Generator
) -> Split:
    """Cut the same number of patches from every picture, between two fractions of its width."""
    patches = [
        cut_patches(picture, (round(start * picture.shape[1]), round(stop * picture.shape[1])), per_class, rng)
        for picture in pictures
    ]
    return Split(np.concatenate(patches), np.repeat(np.arange(len(pictures), dtype=np.int64), per_class))


def _grey_photograph(name: str) -> NDArray[np.uint8]:
    """Load one of scikit-image's photographs as grey values (H, W)."""
    import skimage.data
    from PIL import Image

    return np.asarray(Image.fromarray(getattr(skimage.data, name)()).convert("L"))


def _shapes_dataset() -> Dataset:
    """Draw shapes in random colours, so that classes differ only in their outline."""
    splits = [Split(*draw_shapes(count, seed=seed)) for seed, count in enumerate(SHAPE_COUNTS)]
    return Dataset("shapes", SHAPE_NAMES, *splits)


LOADERS = {"digits": _digits_dataset, "textures": _textures_dataset, "shapes": _shapes_dataset}
"""Name → function that makes the data set."""

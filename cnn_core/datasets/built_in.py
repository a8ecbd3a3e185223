"""The built-in data sets: there from the first minute, without a network."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.datasets.dataset import SEED, Dataset, Split, stratified_split
from cnn_core.datasets.drawn_shapes import SHAPE_NAMES, draw_shapes

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


def _digits_dataset() -> Dataset:
    """scikit-learn's digits: 60 % train, 20 % validation, 20 % test."""
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(return_X_y=True)
    images = np.round(pixels.reshape(-1, 1, 8, 8) * (255 / 16)).astype(np.uint8)  # stored as 0 … 16
    rest, test = stratified_split(images, digits.astype(np.int64), 0.2)
    train, val = stratified_split(rest.images, rest.labels, 0.25)
    return Dataset("digits", tuple("0123456789"), train, val, test)


def _textures_dataset() -> Dataset:
    """Patches from three vertical strips of each photograph: the left 60 % train, then 20 % validation, 20 % test."""
    pictures = [_grey_photograph(photograph) for photograph in TEXTURES.values()]
    rng = np.random.default_rng(SEED)
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


def _shapes_dataset() -> Dataset:
    """Drawn shapes in random colours, so that only the outline tells the classes apart."""
    splits = [Split(*draw_shapes(count, seed=seed)) for seed, count in enumerate((2000, 500, 500))]
    return Dataset("shapes", SHAPE_NAMES, *splits)


LOADERS = {"digits": _digits_dataset, "textures": _textures_dataset, "shapes": _shapes_dataset}
"""Name → what makes the data set."""

"""Turn pictures to grey, crop them and shrink them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""A picture (height, width, 3) or a grey one (height, width)."""

LONG_SIDE = 512
"""Longest side of a picture in pixels: filters stay fast while a slider moves."""
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""


def to_grey(image: Pixels) -> Pixels:
    """Compute the brightness (height, width) of an RGB picture: 0.299 R + 0.587 G + 0.114 B (BT.601), rounded.

    A picture of two dimensions is returned unchanged. Raises ValueError for any other shape.

    >>> to_grey(np.array([[[255, 0, 0], [255, 255, 255]]], dtype=np.uint8)).tolist()
    [[76, 255]]
    """
    if image.ndim == 2:
        return image
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"The image has shape {image.shape}: give (height, width) or (height, width, 3).")
    grey: Pixels = np.rint(image.astype(np.float32) @ LUMA).astype(np.uint8)
    return grey


def crop_image(image: Pixels, top: float, bottom: float, left: float, right: float) -> Pixels:
    """Crop a picture to the part between shares 0 … 1 of its height and of its width, at least one pixel.

    Raises ValueError unless 0 ≤ top < bottom ≤ 1 and 0 ≤ left < right ≤ 1.

    >>> crop_image(np.zeros((100, 200, 3), dtype=np.uint8), 0, 0.5, 0.25, 1).shape
    (50, 150, 3)
    """
    for name, low, high in (("rows", top, bottom), ("columns", left, right)):
        if not 0 <= low < high <= 1:
            raise ValueError(f"The {name} go from {low} to {high}: give two shares of the picture, such as 0 and 1.")
    rows, columns = (_pixel_span(*ends) for ends in ((image.shape[0], top, bottom), (image.shape[1], left, right)))
    return image[rows, columns]


def _pixel_span(size: int, low: float, high: float) -> slice:
    start = min(round(low * size), size - 1)
    return slice(start, max(round(high * size), start + 1))


def shrink_pixels(image: Pixels, long_side: int) -> Pixels:
    """Shrink a picture (height, width, 3) so that neither side is longer than `long_side` pixels; never enlarge it.

    >>> shrink_pixels(np.zeros((100, 200, 3), dtype=np.uint8), 50).shape
    (25, 50, 3)
    """
    return np.array(shrink_image(Image.fromarray(image), long_side))


def shrink_image(image: Image.Image, size: int) -> Image.Image:
    """Shrink `image` so that neither side is longer than `size` pixels; never enlarge it."""
    scale = size / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)

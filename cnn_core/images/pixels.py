"""Pictures as arrays: brightness, single channels, a part of them, a smaller size."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

LONG_SIDE = 512
"""Pictures are shrunk so that neither side is longer."""
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""ITU-R BT.601: how bright red, green and blue look."""


def to_grey(image: Pixels) -> Pixels:
    """Brightness (height, width) of an RGB picture (height, width, 3), 0.299 R + 0.587 G + 0.114 B (BT.601), rounded.

    A picture of two dimensions is returned as it is. Raises ValueError for any other shape.
    """
    if image.ndim == 2:
        return image
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"image has shape {image.shape}: give (height, width) or (height, width, 3).")
    grey: Pixels = np.rint(image.astype(np.float32) @ LUMA).astype(np.uint8)
    return grey


def crop_image(image: Pixels, top: float, bottom: float, left: float, right: float) -> Pixels:
    """The part of a picture between shares 0 … 1 of its height and of its width; at least one pixel.

    Raises ValueError unless 0 ≤ top < bottom ≤ 1 and 0 ≤ left < right ≤ 1.
    """
    for name, low, high in (("rows", top, bottom), ("columns", left, right)):
        if not 0 <= low < high <= 1:
            raise ValueError(f"The {name} go from {low} to {high}: right are two shares of the picture, as 0 and 1.")
    rows, columns = (_pixel_span(*ends) for ends in ((image.shape[0], top, bottom), (image.shape[1], left, right)))
    return image[rows, columns]


def _pixel_span(size: int, low: float, high: float) -> slice:
    start = min(round(low * size), size - 1)
    return slice(start, max(round(high * size), start + 1))


def shrink_pixels(image: Pixels, long_side: int) -> Pixels:
    """A picture (height, width, 3) shrunk so that neither side is longer than `long_side` pixels; never enlarged."""
    return np.array(shrink_image(Image.fromarray(image), long_side))


def shrink_image(image: Image.Image, size: int) -> Image.Image:
    """`image` with neither side longer than `size` pixels; as it is when none is."""
    scale = size / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)

"""Draw heat maps and signed maps over the image that they explain."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.render.colour import diverging_rgb
from cnn_core.render.tiles import image_rgb

HEAT_COLOUR = np.array([232, 119, 46], dtype=np.float64)
"""The orange of full heat."""
MAX_OPACITY = 0.85
"""Opacity of the colour where the heat is largest, so that the image stays visible."""


def overlay_heat(image: NDArray[np.uint8], heat: NDArray[np.floating], side: int = 96) -> NDArray[np.uint8]:
    """Draw heat (h, w) in orange over a stored image (C, H, W) in grey: uint8 (h', w', 3), about `side` pixels large.

    The heat is resized to the image (bilinear) and scaled to its largest value; zeros leave the grey image as it is.

    >>> overlay_heat(np.zeros((1, 8, 8), dtype=np.uint8), np.eye(2)).shape
    (96, 96, 3)
    """
    grey, size = _grey_background(image, side)
    values = np.asarray(Image.fromarray(heat.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
    largest = float(heat.max())
    strength = MAX_OPACITY * (values / largest if largest > 0 else np.zeros_like(values)).clip(0, 1)[..., None]
    blended: NDArray[np.uint8] = np.rint(grey * (1 - strength) + HEAT_COLOUR * strength).astype(np.uint8)
    return blended


def overlay_signed_values(
    image: NDArray[np.uint8], values: NDArray[np.floating], limit: float, opacity: float, side: int = 96
) -> NDArray[np.uint8]:
    """Draw signed `values` (h, w) over a stored image (C, H, W) in grey: uint8 (h', w', 3), about `side` pixels large.

    Blue is positive and red negative; the opacity grows with the magnitude, up to `opacity` (0 … 1) at ±`limit`.
    Raises ValueError when `limit` is not positive.
    """
    grey, size = _grey_background(image, side)
    smooth = np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
    strength = opacity * np.sqrt(np.abs(smooth / limit).clip(0, 1))[..., None]
    colours = diverging_rgb(smooth * 2, limit)  # full colour at half the limit, as the opacity shows the rest
    blended: NDArray[np.uint8] = np.rint(grey * (1 - strength) + colours * strength).astype(np.uint8)
    return blended


def _grey_background(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Return the image in grey, enlarged to about `side`, as float (h', w', 1), and its size (width, height)."""
    height, width = image.shape[1:]
    scale = max(1.0, side / max(height, width))
    size = (round(width * scale), round(height * scale))
    grey = Image.fromarray(image_rgb(image)).convert("L").resize(size, Image.Resampling.NEAREST)
    # Between 48 and 232, so that colours are visible on black and on white.
    return (48 + np.asarray(grey, dtype=np.float64) * 0.72)[..., None], size

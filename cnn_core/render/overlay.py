"""Heat maps and signed maps laid over the image they explain."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.render.colour import diverging_rgb
from cnn_core.render.tiles import image_rgb

HEAT_COLOUR = np.array([232, 119, 46], dtype=np.float64)
"""The orange of full heat."""
MAX_OPACITY = 0.85
"""How much of it covers the image where the heat is largest: the image is seen through."""


def overlay_heat(image: NDArray[np.uint8], heat: NDArray[np.floating], side: int = 96) -> NDArray[np.uint8]:
    """A stored image (C, H, W) in grey with the heat (h, w) over it in orange: uint8 (h', w', 3), about `side` large.

    The heat is stretched to the image (bilinear) and to its own largest value; all zeros leave the grey image alone.
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
    """A stored image (C, H, W) in grey with signed `values` (h, w) over it: uint8 (h', w', 3), about `side` large.

    Blue is positive, red negative; a value covers the image the more, up to `opacity` (0 … 1), the nearer it is to
    ±`limit`. Raises ValueError when `limit` is not positive.
    """
    grey, size = _grey_background(image, side)
    smooth = np.asarray(Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
    strength = opacity * np.sqrt(np.abs(smooth / limit).clip(0, 1))[..., None]
    colours = diverging_rgb(smooth * 2, limit)  # the full colour at half the limit: the cover tells the rest
    blended: NDArray[np.uint8] = np.rint(grey * (1 - strength) + colours * strength).astype(np.uint8)
    return blended


def _grey_background(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The image in grey, enlarged to about `side`, as float (h', w', 1), and its size (width, height)."""
    height, width = image.shape[1:]
    scale = max(1.0, side / max(height, width))
    size = (round(width * scale), round(height * scale))
    grey = Image.fromarray(image_rgb(image)).convert("L").resize(size, Image.Resampling.NEAREST)
    # Brought towards the middle, so that colours show on black and on white alike.
    return (48 + np.asarray(grey, dtype=np.float64) * 0.72)[..., None], size

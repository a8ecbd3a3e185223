"""Test patterns, drawn from numbers: what a kernel does shows most clearly on something simple."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnn_core.images.pixels import Pixels

SIDE = 256
DARK, BRIGHT = 40.0, 215.0
"""Not black and white: so a result can go beyond both ends."""
NOISE_DEVIATION = 40.0
"""Standard deviation of the noise."""
MAX_LETTERS = 24


@dataclass(frozen=True)
class Pattern:
    """A drawn picture: its title, what it shows, and which of angle, period, seed and text it follows."""

    title: str
    alt: str
    parameters: tuple[str, ...] = ()


PATTERNS = (
    Pattern("Edge", "A dark half beside a bright half", ("angle",)),
    Pattern("Stripes", "Soft stripes, a sine wave from dark to bright", ("angle", "period")),
    Pattern("Checkerboard", "A board of dark and bright squares", ("period",)),
    Pattern("Gradient", "An even slope from dark to bright", ("angle",)),
    Pattern("Impulse", "One white pixel in the middle of black"),
    Pattern("Rings", "Rings that get ever finer outwards: every frequency in every direction"),
    Pattern("Text", "Dark letters on a bright ground", ("text",)),
    Pattern("Noise", "Grey noise: every pixel drawn by itself", ("seed",)),
)


def draw_pattern(
    title: str, *, angle: float = 0.0, period: float = 16.0, seed: int = 0, text: str = "CNN Lab"
) -> Pixels:
    """The pattern called `title`, uint8 RGB (256, 256, 3), every channel alike.

    `angle` (degrees) is the direction in which it gets brighter, 0 to the right and 90 downwards; `period` (pixels)
    is the length of a stripe pair or of two squares. Raises ValueError for a title that is not in PATTERNS, and for a
    period below 2, which pixels cannot show.
    """
    if not period >= 2:
        raise ValueError(f"period is {period}: pixels show 2 or more.")
    rows, columns = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    along = columns * np.cos(np.deg2rad(angle)) + rows * np.sin(np.deg2rad(angle))
    match title:
        case "Edge":
            grey = np.where(along > 0, BRIGHT, DARK)
        case "Stripes":
            grey = _wave_to_grey(np.sin(2 * np.pi * along / period))
        case "Checkerboard":
            grey = np.where((np.indices((SIDE, SIDE)) // (period / 2)).sum(axis=0) % 2 == 0, BRIGHT, DARK)
        case "Gradient":
            grey = _wave_to_grey(along / np.abs(along).max())
        case "Impulse":
            grey = np.zeros((SIDE, SIDE))
            grey[SIDE // 2, SIDE // 2] = 255
        case "Rings":
            # the phase grows with the square of the radius, and its slope reaches half a cycle a pixel at the side
            grey = _wave_to_grey(np.cos(np.pi * (rows**2 + columns**2) / SIDE))
        case "Text":
            grey = _draw_letters(text)
        case "Noise":
            grey = np.random.default_rng(seed).normal((DARK + BRIGHT) / 2, NOISE_DEVIATION, (SIDE, SIDE))
        case _:
            raise ValueError(
                f"There is no pattern “{title}”: choose {', '.join(pattern.title for pattern in PATTERNS)}."
            )
    pixels = np.rint(np.clip(grey, 0, 255)).astype(np.uint8)
    return np.repeat(pixels[..., None], 3, axis=2)


def _wave_to_grey(wave: NDArray[np.float64]) -> NDArray[np.float64]:
    """−1 … 1 as dark … bright."""
    return (DARK + BRIGHT) / 2 + wave * (BRIGHT - DARK) / 2


def _draw_letters(text: str) -> NDArray[np.float64]:
    """`text` in the middle, as large as fits."""
    image = Image.new("L", (SIDE, SIDE), round(BRIGHT))
    draw = ImageDraw.Draw(image)
    words = text[:MAX_LETTERS] or " "
    wanted = ImageFont.load_default(100)
    width = max(draw.textlength(words, wanted), 1)
    font = ImageFont.load_default(int(min(100 * 0.9 * SIDE / width, 0.6 * SIDE)))
    draw.text((SIDE / 2, SIDE / 2), words, round(DARK), font, anchor="mm")
    return np.asarray(image, dtype=np.float64)

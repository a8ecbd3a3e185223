"""Draw test patterns: the effect of a kernel is clearest on a simple picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnn_core.checks import real
from cnn_core.images.pixels import Pixels

SIDE = 256
"""Height and width of every pattern in pixels."""
DARK = 40.0
"""Dark grey rather than black, so that results can be darker."""
BRIGHT = 215.0
"""Light grey rather than white, so that results can be brighter."""
NOISE_DEVIATION = 40.0
"""Standard deviation of the noise."""
MAX_LETTERS = 24
"""Letters that are still legible in one line of SIDE pixels."""


@dataclass(frozen=True)
class Pattern:
    """A drawn picture: its title, a description, and which of angle, period, seed and text it takes.

    >>> PATTERNS[0].title, PATTERNS[0].parameters
    ('Edge', ('angle',))
    """

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
    Pattern("Noise", "Grey noise: every pixel is drawn independently", ("seed",)),
)


def draw_pattern(
    title: str, *, angle: float = 0.0, period: float = 16.0, seed: int = 0, text: str = "CNN Lab"
) -> Pixels:
    """Draw the pattern called `title` as uint8 RGB (256, 256, 3) with equal channels.

    `angle` (degrees) is the direction in which it gets brighter, 0 to the right and 90 downwards; `period` (pixels) is
    the length of one wave or of two squares. Raises ValueError for a title that is not in PATTERNS, and for a period
    below 2, which pixels cannot show.

    >>> draw_pattern("Checkerboard", period=2)[0, :4, 0].tolist()
    [215, 40, 215, 40]
    """
    real("period", period, 2)  # pixels show no shorter one
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
            # The phase grows with the square of the radius: the frequency reaches half a cycle a pixel at the border.
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
    """Map −1 … 1 to dark … bright."""
    return (DARK + BRIGHT) / 2 + wave * (BRIGHT - DARK) / 2


def _draw_letters(text: str) -> NDArray[np.float64]:
    """Draw `text` in the middle, as large as fits."""
    image = Image.new("L", (SIDE, SIDE), round(BRIGHT))
    draw = ImageDraw.Draw(image)
    words = text[:MAX_LETTERS] or " "
    wanted = ImageFont.load_default(100)
    width = max(draw.textlength(words, wanted), 1)
    font = ImageFont.load_default(int(min(100 * 0.9 * SIDE / width, 0.6 * SIDE)))
    draw.text((SIDE / 2, SIDE / 2), words, round(DARK), font, anchor="mm")
    return np.asarray(image, dtype=np.float64)

"""Results of filtering as pictures, each with the one scale that says which number a colour stands for."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cnn_core.colour import diverging_rgb, symmetric_limit

View = Literal["Signed colours", "Absolute value", "Clamp 0 … 255"]
VIEWS: tuple[View, ...] = get_args(View)
HIDES = {
    "Signed colours": "Nothing is hidden: sign and size both show, on a scale centred at 0.",
    "Absolute value": "Hides the sign: a step up and a step down look the same.",
    "Clamp 0 … 255": "Hides everything below 0 and above 255: half of an edge filter's answer is lost.",
}


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture uint8 (H, W, 3), its colour bar uint8 (1, 256, 3), and the numbers at the bar's left and right end."""

    rgb: NDArray[np.uint8]
    bar: NDArray[np.uint8]
    low: float
    high: float


def show_result(result: NDArray[np.float32], view: View) -> Shown:
    """A filtered picture, grey (H, W) or colour (H, W, 3), as it is to be seen.

    A result within 0 … 255 is a picture already and is shown as it is. Otherwise `view` decides: signed values on
    −limit … +limit (red to blue for grey; for colour, mid-grey is 0), their absolute value on 0 … limit, or cut off.
    """
    if result.min() >= 0 and result.max() <= 255:
        return _plain(result, 0.0, 255.0)
    if view == "Clamp 0 … 255":
        return _plain(np.clip(result, 0, 255), 0.0, 255.0)
    limit = symmetric_limit(result)
    if view == "Absolute value":
        return _plain(np.abs(result), 0.0, limit)
    if result.ndim == 3:
        return _plain(result, -limit, limit)
    bar = np.linspace(-limit, limit, 256)[np.newaxis]
    return Shown(diverging_rgb(result, limit), diverging_rgb(bar, limit), -limit, limit)


def _plain(values: NDArray[np.float32], low: float, high: float) -> Shown:
    """From black at `low` to white at `high`."""
    levels = np.round((values - low) / (high - low) * 255).astype(np.uint8)
    bar = np.arange(256, dtype=np.uint8)[np.newaxis, :, np.newaxis]
    return Shown(
        levels if levels.ndim == 3 else np.repeat(levels[..., np.newaxis], 3, axis=2), bar.repeat(3, axis=2), low, high
    )

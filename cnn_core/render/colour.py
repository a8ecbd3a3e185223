"""Signed numbers → colours, on one scale that is stated beside the picture."""

import numpy as np
from numpy.typing import NDArray

# ColorBrewer RdBu (colour-blind safe), red for negative, white for zero, blue for positive.
DIVERGING_COLOURS = np.array(
    [
        *([103, 0, 31], [178, 24, 43], [214, 96, 77], [244, 165, 130], [253, 219, 199], [247, 247, 247]),
        *([209, 229, 240], [146, 197, 222], [67, 147, 195], [33, 102, 172], [5, 48, 97]),
    ],
    dtype=np.float64,
)


def symmetric_limit(values: NDArray[np.floating]) -> float:
    """The largest magnitude in `values` (1 when all are zero), so that a scale −limit … +limit centres zero."""
    limit = float(np.max(np.abs(values), initial=0.0))
    return limit if limit > 0 else 1.0


def diverging_rgb(values: NDArray[np.floating], limit: float) -> NDArray[np.uint8]:
    """Colour signed `values` of any shape; zero is white, ±`limit` and beyond the ends of the scale.

    Returns uint8 of shape `values.shape + (3,)`. Raises ValueError when `limit` is not positive.
    """
    if not limit > 0:
        raise ValueError(f"limit is {limit}: a colour scale needs a limit above 0.")
    position = (np.clip(values, -limit, limit) / limit + 1) / 2 * (len(DIVERGING_COLOURS) - 1)
    stops = np.arange(len(DIVERGING_COLOURS))
    channels = [np.interp(position, stops, DIVERGING_COLOURS[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)

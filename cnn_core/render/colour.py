"""Colour signed numbers on one scale, which is stated beside the picture."""

import numpy as np
from numpy.typing import NDArray

DIVERGING_COLOURS = np.array(
    [
        [103, 0, 31],
        [178, 24, 43],
        [214, 96, 77],
        [244, 165, 130],
        [253, 219, 199],
        [247, 247, 247],
        [209, 229, 240],
        [146, 197, 222],
        [67, 147, 195],
        [33, 102, 172],
        [5, 48, 97],
    ],
    dtype=np.float64,
)
"""ColorBrewer's RdBu, which is safe for the colour-blind: red is negative, white zero, blue positive."""


def symmetric_limit(values: NDArray[np.floating]) -> float:
    """Return the largest magnitude in `values`, or 1 when all are zero, so that zero is the middle of −limit … +limit.

    >>> symmetric_limit(np.array([-3.0, 2.0]))
    3.0
    """
    limit = float(np.max(np.abs(values), initial=0.0))
    return limit if limit > 0 else 1.0


def diverging_rgb(values: NDArray[np.floating], limit: float) -> NDArray[np.uint8]:
    """Colour signed `values` of any shape: zero is white, values from ±`limit` on have the colours at the ends.

    Returns uint8 of shape `values.shape + (3,)`. Raises ValueError when `limit` is not positive.

    >>> diverging_rgb(np.array([-2.0, 0.0, 2.0]), 2.0).tolist()
    [[103, 0, 31], [247, 247, 247], [5, 48, 97]]
    """
    if not limit > 0:
        raise ValueError(f"Limit is {limit}: a colour scale needs a limit above 0.")
    position = (np.clip(values, -limit, limit) / limit + 1) / 2 * (len(DIVERGING_COLOURS) - 1)
    stops = np.arange(len(DIVERGING_COLOURS))
    channels = [np.interp(position, stops, DIVERGING_COLOURS[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)

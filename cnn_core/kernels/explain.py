"""Say in words what a kernel does."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.kernels.families import Weights
from cnn_core.kernels.frequency import COARSE_BAND, FINE_BAND, MAP_SIZE, gain_map, wave_frequencies
from cnn_core.words import format_number

FULL_GAIN = 0.9
"""Share of the largest gain from which waves count as let through in full."""
NO_GAIN = 0.05
"""Share of the largest gain up to which waves count as blocked."""
MIN_DIRECTEDNESS = 0.25
"""Length of the mean direction, 0 … 1, from which the waves that come through have a direction worth naming."""


def describe_sum(weights: Weights) -> str:
    """Say in a sentence what the kernel does to flat areas of a picture, which depends on the sum of its weights.

    >>> describe_sum(np.array([[-1.0, 1.0]]))
    'The weights add up to 0: flat areas become 0, only changes are seen.'
    """
    total = float(np.sum(weights))
    if abs(total) < 1e-9 * max(1.0, float(np.abs(weights).sum())):
        return "The weights add up to 0: flat areas become 0, only changes are seen."
    if abs(total - 1) < 1e-9:
        return "The weights add up to 1: flat areas keep their brightness."
    number = format_number(total, ".4g")
    return f"The weights add up to {number}: flat areas come out {number} times as bright."


def describe_gain(weights: Weights) -> str:
    """Say in a sentence which waves a kernel lets through, judged by its gain for flat areas, coarse and fine waves.

    >>> describe_gain(np.full((5, 5), 1 / 25))
    'Low-pass: flat areas come through in full, fine waves are held back.'
    """
    gains = gain_map(weights)
    peak = float(gains.max())
    if peak == 0:
        return "Nothing comes through: every weight is 0."
    radius = np.hypot(*wave_frequencies())
    flat = float(gains[MAP_SIZE // 2, MAP_SIZE // 2]) / peak
    coarse, fine = (
        float(gains[(low <= radius) & (radius <= high)].mean()) / peak for low, high in (COARSE_BAND, FINE_BAND)
    )
    if float(gains.min()) > FULL_GAIN * peak:
        return "All-pass: every wave keeps its height."
    if flat > FULL_GAIN:
        kind = "Low-pass: flat areas come through in full, fine waves are held back"
    elif flat > NO_GAIN:
        kind = "High-boost: flat areas come through, finer waves more so"
    elif fine > coarse:
        kind = "High-pass: flat areas are blocked, and the finer a wave, the more of it comes through"
    else:
        kind = "Band-pass: flat areas are blocked, and the finest waves are held back"
    return f"{kind}{_describe_direction(gains)}."


def _describe_direction(gains: NDArray[np.float64]) -> str:
    """Say in which direction the waves that come through most run; nothing when there is no clear direction."""
    down, right = wave_frequencies()
    radius = np.hypot(down, right)
    power = gains**2 * ((radius > 0) & (radius <= 0.5))
    # Angles are doubled because a wave that runs to the left is the same as one that runs to the right.
    mean = (power * np.exp(2j * np.arctan2(down, right))).sum() / max(float(power.sum()), 1e-300)
    if abs(mean) < MIN_DIRECTEDNESS:
        return ""
    angle = round(float(np.rad2deg(np.angle(mean)) / 2) / 5) * 5 % 180
    return f"; most of all those that run at {angle}°"

"""What a kernel does to waves: how much of each frequency it lets through."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.kernels.families import Weights

MAP_SIZE = 65
"""Frequencies a side, −½ … ½ cycles a pixel."""
COARSE_BAND, FINE_BAND = (0.1, 0.25), (0.4, 0.5)
"""Cycles a pixel that count as coarse and as fine."""
DIRECTIONS = {"to the right": (0.0, 1.0), "downwards": (1.0, 0.0), "diagonally": (1.0, 1.0)}
"""Name → the step (rows, columns) in which a wave's frequency grows."""


def wave_gain(weights: Weights, down: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much a wave is multiplied: |Σ w[u, v]·exp(2πi(f_y·u + f_x·v))|, frequencies in cycles a pixel.

    `down` and `right` are f_y and f_x, of one shape, which the result has too. Where the kernel's middle lies changes
    the phase alone.
    """
    rows, columns = (np.arange(side) for side in weights.shape)
    waves_down = np.exp(2j * np.pi * down[..., None] * rows)
    waves_right = np.exp(2j * np.pi * right[..., None] * columns)
    response: NDArray[np.float64] = np.abs(np.einsum("...u,uv,...v->...", waves_down, weights, waves_right))
    return response


def gain_map(weights: Weights) -> NDArray[np.float64]:
    """`wave_gain` over all waves a picture can hold (SIZE, SIZE): flat in the middle, the finest at the sides."""
    return wave_gain(weights, *_wave_frequencies())


def gain_profiles(weights: Weights, size: int = 33) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Frequencies 0 … ½ (size,), and for each of DIRECTIONS the `wave_gain` of waves that run this way."""
    frequencies = np.linspace(0, 0.5, size)
    return frequencies, {
        name: wave_gain(weights, frequencies * down, frequencies * right) for name, (down, right) in DIRECTIONS.items()
    }


def describe_gain(weights: Weights) -> str:
    """Which waves come through, in a sentence: from the gain of flat areas, of coarse and of fine ones."""
    gains = gain_map(weights)
    peak = float(gains.max())
    if peak == 0:
        return "Nothing comes through: every weight is 0."
    radius = np.hypot(*_wave_frequencies())
    flat = float(gains[MAP_SIZE // 2, MAP_SIZE // 2]) / peak
    coarse, fine = (
        float(gains[(low <= radius) & (radius <= high)].mean()) / peak for low, high in (COARSE_BAND, FINE_BAND)
    )
    if float(gains.min()) > 0.9 * peak:
        return "All-pass: every wave keeps its height."
    if flat > 0.9:
        kind = "Low-pass: flat areas come through in full, fine waves are held back"
    elif flat > 0.05:
        kind = "High-boost: flat areas come through, finer waves more so"
    elif fine > coarse:
        kind = "High-pass: flat areas are blocked, and the finer a wave, the more of it comes through"
    else:
        kind = "Band-pass: flat areas are blocked, and the finest waves are held back"
    return f"{kind}{_describe_direction(gains)}."


def _wave_frequencies() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies down and to the right of every cell of `gain_map`."""
    down, right = np.meshgrid(*[np.linspace(-0.5, 0.5, MAP_SIZE)] * 2, indexing="ij")
    return down, right


def _describe_direction(gains: NDArray[np.float64]) -> str:
    """Which way the waves run that come through most, when they clearly run one way."""
    down, right = _wave_frequencies()
    radius = np.hypot(down, right)
    power = gains**2 * ((radius > 0) & (radius <= 0.5))
    # twice the angle: a wave that runs to the left is the same as one that runs to the right
    mean = (power * np.exp(2j * np.arctan2(down, right))).sum() / max(float(power.sum()), 1e-300)
    if abs(mean) < 0.25:
        return ""
    angle = round(float(np.rad2deg(np.angle(mean)) / 2) / 5) * 5 % 180
    return f"; most of all those that run at {angle}°"

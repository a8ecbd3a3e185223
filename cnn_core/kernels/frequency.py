"""Compute how much of each frequency a kernel lets through."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.kernels.families import Weights

MAP_SIZE = 65
"""Frequencies along each axis of `gain_map`, −½ … ½ cycles a pixel; odd, so that 0 is among them."""
COARSE_BAND = (0.1, 0.25)
"""Cycles a pixel of coarse waves, 4 to 10 pixels long."""
FINE_BAND = (0.4, 0.5)
"""Cycles a pixel of fine waves, 2 to 2.5 pixels long."""
DIRECTIONS = {"to the right": (0.0, 1.0), "downwards": (1.0, 0.0), "diagonally": (1.0, 1.0)}
"""Name → the step (rows, columns) in which a wave's frequency grows."""


def wave_gain(weights: Weights, down: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the factor by which waves are multiplied: |Σ w[u, v]·exp(2πi(f_y·u + f_x·v))|.

    `down` and `right` are the frequencies f_y and f_x in cycles a pixel, of one shape, which the result has too. The
    position of the kernel's middle changes only the phase.

    >>> wave_gain(np.array([[0.5, 0.5]]), np.zeros(2), np.array([0.0, 0.5])).round(6).tolist()
    [1.0, 0.0]
    """
    rows, columns = (np.arange(side) for side in weights.shape)
    waves_down = np.exp(2j * np.pi * down[..., None] * rows)
    waves_right = np.exp(2j * np.pi * right[..., None] * columns)
    response: NDArray[np.float64] = np.abs(np.einsum("...u,uv,...v->...", waves_down, weights, waves_right))
    return response


def gain_map(weights: Weights) -> NDArray[np.float64]:
    """Compute `wave_gain` of all waves a picture can hold, (MAP_SIZE, MAP_SIZE): frequency 0 is in the middle."""
    return wave_gain(weights, *wave_frequencies())


def gain_profiles(weights: Weights, size: int = 33) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Return frequencies 0 … ½ (size,), and for each of DIRECTIONS the `wave_gain` of waves in this direction."""
    frequencies = np.linspace(0, 0.5, size)
    return frequencies, {
        name: wave_gain(weights, frequencies * down, frequencies * right) for name, (down, right) in DIRECTIONS.items()
    }


def wave_frequencies() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the frequencies down and to the right of every cell of `gain_map`, in cycles a pixel."""
    down, right = np.meshgrid(*[np.linspace(-0.5, 0.5, MAP_SIZE)] * 2, indexing="ij")
    return down, right

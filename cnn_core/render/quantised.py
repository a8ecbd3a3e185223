"""Maps in one byte a value, for a browser: each on a stated symmetric scale of its own. NumPy only."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCALE_STEPS = 127
"""Bytes 1 … 255 stand for −127 … 127 steps of the scale; 0 for what is no finite number."""


@dataclass(frozen=True, eq=False)
class QuantisedMaps:
    """Maps (N, h, w) in bytes: value = (byte − 128) / 127 · limit of its map, right to half a step.

    `every` tells which rows and columns are kept, every first, second …: a kept value is the map's own, no mean.
    """

    codes: NDArray[np.uint8]
    limits: NDArray[np.float64]
    sampling_step: int

    @property
    def base64_text(self) -> str:
        """The bytes in row-major order as base64."""
        return base64.b64encode(self.codes.tobytes()).decode()


def quantise_maps(maps: NDArray[np.floating], max_side: int) -> QuantisedMaps:
    """`maps` (N, H, W), each with the largest finite magnitude as its scale (1 when all is zero).

    Sides longer than `max_side` keep only every k-th row and column, the smallest k that makes them fit.
    """
    every = max(1, -(-max(maps.shape[1:]) // max_side))
    values = np.asarray(maps[:, ::every, ::every], np.float64)
    finite = np.isfinite(values)
    known = np.where(finite, values, 0.0)
    limits = np.abs(known).max(axis=(1, 2), initial=0.0)
    limits[limits == 0] = 1.0
    steps = np.rint(known / limits[:, None, None] * SCALE_STEPS) + SCALE_STEPS + 1
    return QuantisedMaps(np.where(finite, steps, 0).astype(np.uint8), limits, every)

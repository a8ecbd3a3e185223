"""Quantise maps to one byte a value for the browser, each on its own symmetric scale."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCALE_STEPS = 127
"""Bytes 1 … 255 stand for −127 … 127 steps of the scale, and 0 for values that are not finite."""


@dataclass(frozen=True, eq=False)
class QuantisedMaps:
    """Maps (N, h, w) in bytes: value = (byte − 128) / 127 · limit of its map, exact to half a step.

    `sampling_step` k means that every k-th row and column was kept, without averaging.
    """

    codes: NDArray[np.uint8]
    limits: NDArray[np.float64]
    sampling_step: int

    @property
    def base64_text(self) -> str:
        """The bytes in row-major order as base64."""
        return base64.b64encode(self.codes.tobytes()).decode()


def quantise_maps(maps: NDArray[np.floating], max_side: int) -> QuantisedMaps:
    """Quantise `maps` (N, H, W), each on a scale up to its largest finite magnitude (1 when all values are zero).

    Of sides longer than `max_side` only every k-th row and column is kept, with the smallest k that makes them fit.

    >>> quantised = quantise_maps(np.array([[[-2.0, 0.0, 2.0]]]), 8)
    >>> quantised.codes.tolist(), quantised.limits.tolist(), quantised.sampling_step
    ([[[1, 128, 255]]], [2.0], 1)
    """
    step = max(1, -(-max(maps.shape[1:]) // max_side))
    values = np.asarray(maps[:, ::step, ::step], np.float64)
    finite = np.isfinite(values)
    known = np.where(finite, values, 0.0)
    limits = np.abs(known).max(axis=(1, 2), initial=0.0)
    limits[limits == 0] = 1.0
    steps = np.rint(known / limits[:, None, None] * SCALE_STEPS) + SCALE_STEPS + 1
    return QuantisedMaps(np.where(finite, steps, 0).astype(np.uint8), limits, step)

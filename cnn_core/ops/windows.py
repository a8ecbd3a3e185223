"""The padded picture and the cells of it that a window meets."""

from typing import Any

import numpy as np

from cnn_core.ops.arguments import FloatArray, Pair, Sweep


def wide(x: FloatArray) -> np.dtype[np.floating[Any]]:
    """The dtype to sum in: x's own, but at least float32, since sums in float16 lose digits (PyTorch does the same)."""
    return np.result_type(x.dtype, np.float32)


def pad(x: FloatArray, sweep: Sweep, value: float = 0.0) -> FloatArray:
    """x (N, C, H, W) framed with `value`, in the `wide` dtype."""
    padded = np.full(x.shape[:2] + sweep.padded_size, value, wide(x))
    padded[:, :, *sweep.inside] = x
    return padded


def crop(padded: FloatArray, sweep: Sweep) -> FloatArray:
    """The picture inside its frame: the inverse of `pad`, and so its backward pass."""
    return padded[:, :, *sweep.inside]


def met_by(padded: FloatArray, sweep: Sweep, u: int, v: int, output: Pair) -> FloatArray:
    """The cells that kernel cell (u, v) meets at each of the `output` positions: a view of shape (N, C, *output)."""
    (sh, sw), (dh, dw), (rows, columns) = sweep.stride, sweep.dilation, output
    top, left = u * dh, v * dw
    return padded[:, :, top : top + (rows - 1) * sh + 1 : sh, left : left + (columns - 1) * sw + 1 : sw]

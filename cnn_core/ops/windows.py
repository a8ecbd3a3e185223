"""The padded picture, and the cells of it that a window meets."""

from typing import Any, Literal

import numpy as np

from cnn_core.checks import one_of
from cnn_core.ops.arguments import FloatArray, Sides, Sweep

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
NUMPY_MODES: dict[str, Any] = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""PyTorch's name of a padding mode → NumPy's."""


def summing_dtype(x: FloatArray) -> np.dtype[np.floating[Any]]:
    """Return the dtype to sum in: that of x, but at least float32, since sums in float16 lose digits (like PyTorch)."""
    return np.result_type(x.dtype, np.float32)


def pad_picture(x: FloatArray, sweep: Sweep, value: float = 0.0) -> FloatArray:
    """Return x (N, C, H, W) framed with `value`, in its `summing_dtype`."""
    padded = np.full(x.shape[:2] + sweep.padded_size, value, summing_dtype(x))
    padded[:, :, *sweep.picture_slices] = x
    return padded


def fill_padding(x: FloatArray, padding: Sides, mode: PaddingMode) -> FloatArray:
    """Return x (…, H, W) framed with zeros or with its own values, like `padding_mode` of torch.nn.Conv2d.

    Raises ValueError for an unknown mode, and where the picture is too small for a mode: "reflect" needs a side longer
    than its padding, "circular" one at least as long.
    """
    one_of("padding_mode", mode, NUMPY_MODES)
    least = {"reflect": 1, "circular": 0}.get(mode)
    for size, edges, axis in zip(x.shape[-2:], padding, ("rows", "columns"), strict=True):
        if least is not None and max(edges) + least > size:
            raise ValueError(
                f"Padding is {max(edges)} and the input has {size} {axis}: “{mode}” takes its values from the input, "
                f"so at most {size - least} would be right."
            )
    filled: FloatArray = np.pad(x, [(0, 0)] * (x.ndim - 2) + list(padding), mode=NUMPY_MODES[mode])
    return filled


def crop_padding(padded: FloatArray, sweep: Sweep) -> FloatArray:
    """Return the picture without its frame: the inverse of `pad_picture`, and so its backward pass."""
    return padded[:, :, *sweep.picture_slices]


def cells_under(padded: FloatArray, sweep: Sweep, u: int, v: int, output_rows: int | None = None) -> FloatArray:
    """Return the cells that kernel cell (u, v) meets in each window, as a view of shape (N, C, H', W').

    With `output_rows` only that many rows of windows are read, for a `padded` that is a strip of the picture.
    """
    return padded[:, :, sweep.rows.tap_slice(u, output_rows), sweep.columns.tap_slice(v)]

"""Convolution as one matrix product (im2col), forward and backward.

Every window of the picture becomes a column and every filter a row, so the whole layer is `filters @ columns`
(Chellapilla, Puri and Simard, 2006). Same results as `naive`, hundreds of times faster.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from cnn_core.ops.arguments import (
    FloatArray,
    IntOrPair,
    Padding,
    Sweep,
    check_bias,
    check_output_gradient,
    convolution_arguments,
)
from cnn_core.ops.windows import cells_under, crop_padding, pad_picture

# Columns are made a few output rows at a time: with a 15×15 kernel all columns of a photograph would take gigabytes,
# and what fits the processor's cache is processed twice as fast.
COLUMN_BYTES = 2 * 2**20


def flip_kernel(w: ArrayLike) -> FloatArray:
    """Rotate the last two axes of w by 180°, for w of shape (…, h, w).

    Convolution as mathematics and signal processing define it is cross-correlation with the rotated kernel:
    `conv2d(x, flip_kernel(w))` convolves, `conv2d(x, w)` cross-correlates. Raises ValueError for fewer than two axes.

    >>> flip_kernel([[1.0, 2.0], [3.0, 4.0]]).tolist()
    [[4.0, 3.0], [2.0, 1.0]]
    """
    kernel: FloatArray = np.asarray(w)
    if kernel.ndim < 2:
        raise ValueError(f"The array w has shape {kernel.shape}: give at least the two axes height and width.")
    return kernel[..., ::-1, ::-1]


def conv2d(
    x: ArrayLike,
    w: ArrayLike,
    b: ArrayLike | None = None,
    *,
    stride: IntOrPair = 1,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> FloatArray:
    """Slide the filters w over x: deep learning's "convolution", which is cross-correlation (see `flip_kernel`).

    x is (N, C, H, W), w is (O, C/groups, h, w), b is (O,); the result is (N, O, H', W') in x's dtype, with H' and W'
    as in `geometry.conv_output_size`. `padding` is zeros around x: a number, (vertical, horizontal),
    ((top, bottom), (left, right)), "valid" (none) or "same" (output as large as x; stride 1 only, as in PyTorch; an
    even effective kernel gets its odd padding cell right and bottom). Formula and arguments: torch.nn.Conv2d.
    Raises ValueError with a sentence when an argument is wrong or the kernel does not fit.

    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, np.ones((1, 1, 2, 2))).tolist()
    [[[[8.0, 12.0], [20.0, 24.0]]]]
    """
    x, w, sweep = convolution_arguments(x, w, stride, padding, dilation, groups)
    b = check_bias(b, w)
    padded = pad_picture(x, sweep)
    filters = _filter_matrix(w, padded, groups)
    y = np.empty((x.shape[0], w.shape[0], *sweep.output), padded.dtype)
    for rows, strip in _row_strips(padded, sweep):
        y[:, :, rows] = (filters @ _window_columns(strip, sweep, groups)).reshape(y[:, :, rows].shape)
    y += b[:, None, None]
    return y.astype(x.dtype, copy=False)


def conv2d_backward(
    dy: ArrayLike,
    x: ArrayLike,
    w: ArrayLike,
    *,
    stride: IntOrPair = 1,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the gradients (dx, dw, db) of a loss, given dy = ∂loss/∂y of `y = conv2d(x, w, b, …)`.

    The other arguments are those of the forward pass. dy is (N, O, H', W'); dx, dw and db have the shapes of x, w and b
    and x's dtype. dw correlates x with dy, unflipped; dx returns every dy to the cells it came from, weighted by w (the
    full convolution of dy, spread out by the stride, with w). Source: Dumoulin and Visin, A guide to convolution
    arithmetic, 2016. Raises ValueError with a sentence as `conv2d` does, and when dy does not have the output's shape.

    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> dx, dw, db = conv2d_backward(np.ones((1, 1, 2, 2)), x, w)
    >>> dx.tolist(), db.tolist()
    ([[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]], [4.0])
    """
    x, w, sweep = convolution_arguments(x, w, stride, padding, dilation, groups)
    dy = check_output_gradient(dy, x, w.shape[0], sweep)
    padded = pad_picture(x, sweep)
    filters = _filter_matrix(w, padded, groups)
    dpadded, dfilters = np.zeros_like(padded), np.zeros_like(filters)
    gradients_in_strips = zip(_row_strips(padded, sweep), _row_strips(dpadded, sweep), strict=True)
    for (rows, strip), (_, dstrip) in gradients_in_strips:
        gradient = dy[:, :, rows].astype(padded.dtype, copy=False)
        gradient = gradient.reshape(x.shape[0], groups, filters.shape[1], gradient.shape[2] * gradient.shape[3])
        columns = _window_columns(strip, sweep, groups)
        dfilters += (gradient @ columns.transpose(0, 1, 3, 2)).sum(axis=0)
        _add_window_columns(dstrip, filters.transpose(0, 2, 1) @ gradient, sweep)
    db = dy.sum(axis=(0, 2, 3), dtype=padded.dtype)
    dx, dw = crop_padding(dpadded, sweep), dfilters.reshape(w.shape)
    return dx.astype(x.dtype, copy=False), dw.astype(x.dtype, copy=False), db.astype(x.dtype, copy=False)


def _filter_matrix(w: FloatArray, padded: FloatArray, groups: int) -> FloatArray:
    """Return w (O, C/groups, h, w) as one matrix per group, (groups, O/groups, C/groups·h·w), in `padded`'s dtype."""
    return w.reshape(groups, w.shape[0] // groups, -1).astype(padded.dtype, copy=False)


def _row_strips(padded: FloatArray, sweep: Sweep) -> Iterator[tuple[slice, FloatArray]]:
    """Yield output rows, as many as fit COLUMN_BYTES, and the view of the padded rows beneath them."""
    (kh, kw), (height, width) = sweep.kernel, sweep.output
    bytes_per_row = padded.shape[0] * padded.shape[1] * kh * kw * width * padded.itemsize
    step = max(1, COLUMN_BYTES // max(1, bytes_per_row))
    for first in range(0, height, step):
        last = min(first + step, height) - 1
        top, bottom = first * sweep.rows.stride, last * sweep.rows.stride + sweep.rows.span
        yield slice(first, last + 1), padded[:, :, top:bottom]


def _window_columns(strip: FloatArray, sweep: Sweep, groups: int) -> FloatArray:
    """Return the windows of a strip as columns (im2col), (N, groups, C/groups·h·w, windows)."""
    (sh, sw), (dh, dw) = sweep.stride, sweep.dilation
    spans = (sweep.rows.span, sweep.columns.span)
    windows = sliding_window_view(strip, spans, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]
    n, channels, height, width, kh, kw = windows.shape
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, groups, channels // groups * kh * kw, height * width)


def _add_window_columns(dstrip: FloatArray, columns: FloatArray, sweep: Sweep) -> None:
    """Add every column back to the cells of the strip that it was read from (col2im, im2col's backward pass)."""
    n, channels, height, _ = dstrip.shape
    output_rows = (height - sweep.rows.span) // sweep.rows.stride + 1
    stacked = columns.reshape(n, channels, *sweep.kernel, output_rows, sweep.columns.out)
    for u, v in np.ndindex(sweep.kernel):
        cells = cells_under(dstrip, sweep, u, v, output_rows)
        cells += stacked[:, :, u, v]

"""The same operations in plain loops: one line of arithmetic for each number, slow and easy to follow.

The loops run over output cells (n, o, i, j): picture, channel, row, column; and inside them over window cells
(c, u, v): channel, row, column. Arguments, results and errors are those of the fast twins of the same name.
"""

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.geometry import Bins
from cnn_core.ops.arguments import (
    FloatArray,
    IntOrPair,
    Padding,
    Sweep,
    check_bias,
    check_output_gradient,
    check_picture,
    convolution_arguments,
    pooling_arguments,
    to_pair,
)
from cnn_core.ops.windows import crop_padding, pad_picture, summing_dtype


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
    """Compute each output cell as the bias plus the sum over its window of picture · weight. See `ops.conv2d`."""
    x, w, sweep = convolution_arguments(x, w, stride, padding, dilation, groups)
    b = check_bias(b, w)
    (sh, sw), (dh, dw) = sweep.stride, sweep.dilation
    padded = pad_picture(x, sweep)
    y = np.zeros((x.shape[0], w.shape[0], *sweep.output), padded.dtype)

    for n, o, i, j in np.ndindex(y.shape):
        first = _first_channel(o, w.shape, groups)
        for c, u, v in np.ndindex(w.shape[1:]):
            y[n, o, i, j] += padded[n, first + c, i * sh + u * dh, j * sw + v * dw] * w[o, c, u, v]
        y[n, o, i, j] += b[o]

    return y.astype(x.dtype)


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
    """Apply the chain rule product by product and return (dx, dw, db).

    y += picture · weight gives dweight += dy · picture and dpicture += dy · weight. See `ops.conv2d_backward`.
    """
    x, w, sweep = convolution_arguments(x, w, stride, padding, dilation, groups)
    dy = check_output_gradient(dy, x, w.shape[0], sweep)
    (sh, sw), (dh, dw) = sweep.stride, sweep.dilation
    padded = pad_picture(x, sweep)
    dpicture = np.zeros(padded.shape, padded.dtype)
    dweight = np.zeros(w.shape, padded.dtype)
    dbias = np.zeros(w.shape[0], padded.dtype)

    for n, o, i, j in np.ndindex(dy.shape):
        first = _first_channel(o, w.shape, groups)
        for c, u, v in np.ndindex(w.shape[1:]):
            cell = n, first + c, i * sh + u * dh, j * sw + v * dw
            dweight[o, c, u, v] += dy[n, o, i, j] * padded[cell]
            dpicture[cell] += dy[n, o, i, j] * w[o, c, u, v]
        dbias[o] += dy[n, o, i, j]

    return crop_padding(dpicture, sweep).astype(x.dtype), dweight.astype(x.dtype), dbias.astype(x.dtype)


def max_pool2d(
    x: ArrayLike,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
) -> FloatArray:
    """Compute each output cell as the largest value under its window. See `ops.max_pool2d`."""
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, dilation, ceil_mode)
    y = np.full(x.shape[:2] + sweep.output, -np.inf, x.dtype)

    for n, c, i, j in np.ndindex(y.shape):
        winner = _find_winner(x[n, c], _window_cells(sweep, i, j))
        if winner is not None:
            y[n, c, i, j] = x[n, c][winner]

    return y


def max_pool2d_backward(
    dy: ArrayLike,
    x: ArrayLike,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
) -> FloatArray:
    """Pass each gradient to the cell that won its window; the others had no effect. See `ops.max_pool2d_backward`."""
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, dilation, ceil_mode)
    dy = check_output_gradient(dy, x, x.shape[1], sweep)
    dx = np.zeros(x.shape, summing_dtype(x))

    for n, c, i, j in np.ndindex(dy.shape):
        winner = _find_winner(x[n, c], _window_cells(sweep, i, j))
        if winner is not None:
            dx[n, c][winner] += dy[n, c, i, j]

    return dx.astype(x.dtype)


def avg_pool2d(
    x: ArrayLike,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> FloatArray:
    """Compute each output cell as the sum under its window over the number of cells. See `ops.avg_pool2d`."""
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, 1, ceil_mode)
    y = np.zeros(x.shape[:2] + sweep.output, summing_dtype(x))

    for n, c, i, j in np.ndindex(y.shape):
        for cell in _window_cells(sweep, i, j):
            y[n, c, i, j] += x[n, c][cell]
        y[n, c, i, j] /= _mean_divisor(sweep, i, j, count_include_pad)

    return y.astype(x.dtype)


def avg_pool2d_backward(
    dy: ArrayLike,
    x: ArrayLike,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> FloatArray:
    """Divide each gradient evenly among the cells of its window. See `ops.avg_pool2d_backward`."""
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, 1, ceil_mode)
    dy = check_output_gradient(dy, x, x.shape[1], sweep)
    dx = np.zeros(x.shape, summing_dtype(x))

    for n, c, i, j in np.ndindex(dy.shape):
        for cell in _window_cells(sweep, i, j):
            dx[n, c][cell] += dy[n, c, i, j] / _mean_divisor(sweep, i, j, count_include_pad)

    return dx.astype(x.dtype)


def lp_pool2d(x: ArrayLike, kernel_size: IntOrPair, *, stride: IntOrPair | None = None) -> FloatArray:
    """Compute each output cell as the root of the sum of squares under its window. See `ops.lp_pool2d`."""
    x, sweep = pooling_arguments(x, kernel_size, stride, 0, 1, ceil_mode=False)
    y = np.zeros(x.shape[:2] + sweep.output, summing_dtype(x))

    for n, c, i, j in np.ndindex(y.shape):
        for cell in _window_cells(sweep, i, j):
            y[n, c, i, j] += x[n, c].astype(y.dtype)[cell] ** 2
        y[n, c, i, j] = np.sqrt(y[n, c, i, j])

    return y.astype(x.dtype)


def adaptive_max_pool2d(x: ArrayLike, output_size: IntOrPair) -> FloatArray:
    """Compute each output cell as the largest value of its bins of rows and columns. See `ops.adaptive_max_pool2d`."""
    x, (height, width) = check_picture("x", x), to_pair("output_size", output_size)
    rows, columns = Bins(x.shape[2], height).all_cells, Bins(x.shape[3], width).all_cells
    y = np.full((*x.shape[:2], height, width), -np.inf, x.dtype)

    for n, c, i, j in np.ndindex(y.shape):
        for row in rows[i]:
            for column in columns[j]:
                y[n, c, i, j] = np.maximum(y[n, c, i, j], x[n, c, row, column])

    return y


def adaptive_avg_pool2d(x: ArrayLike, output_size: IntOrPair) -> FloatArray:
    """Compute each output cell as the mean of its bins of rows and columns. See `ops.adaptive_avg_pool2d`."""
    x, (height, width) = check_picture("x", x), to_pair("output_size", output_size)
    rows, columns = Bins(x.shape[2], height).all_cells, Bins(x.shape[3], width).all_cells
    y = np.zeros((*x.shape[:2], height, width), summing_dtype(x))

    for n, c, i, j in np.ndindex(y.shape):
        for row in rows[i]:
            for column in columns[j]:
                y[n, c, i, j] += x[n, c, row, column]
        y[n, c, i, j] /= len(rows[i]) * len(columns[j])

    return y.astype(x.dtype)


def _first_channel(o: int, w_shape: tuple[int, ...], groups: int) -> int:
    """Return the first input channel that filter o reads: each group of filters has its own C/groups channels."""
    filters, depth = w_shape[:2]
    group = o // (filters // groups)
    return group * depth


def _window_cells(sweep: Sweep, i: int, j: int) -> list[tuple[int, int]]:
    """List the (row, column) cells of the picture under window (i, j), in row-major order, padding left out."""
    return [(row, column) for row in sweep.rows.cells(i) for column in sweep.columns.cells(j)]


def _find_winner(channel: FloatArray, cells: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the first cell with the largest value, or the last NaN; None when the window meets padding alone."""
    winner = None
    for cell in cells:
        if winner is None or channel[cell] > channel[winner] or np.isnan(channel[cell]):
            winner = cell
    return winner


def _mean_divisor(sweep: Sweep, i: int, j: int, count_include_pad: bool) -> int:
    """Count the cells that the mean of window (i, j) is taken over; what hangs over the padding never counts."""
    if not count_include_pad:
        return max(1, len(_window_cells(sweep, i, j)))
    return max(1, len(sweep.rows.padded_cells(i)) * len(sweep.columns.padded_cells(j)))

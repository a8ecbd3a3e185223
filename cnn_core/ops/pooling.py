"""Max, average and L2 pooling: one whole-picture step for each cell of the window."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.geometry import Window
from cnn_core.ops.arguments import FloatArray, IntOrPair, Padding, Sweep, check_output_gradient, pooling_arguments
from cnn_core.ops.windows import cells_under, crop_padding, pad_picture, summing_dtype


def max_pool2d(
    x: ArrayLike,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
) -> FloatArray:
    """Return the largest value under each window. x is (N, C, H, W), the result (N, C, H', W') in x's dtype.

    Padding is −∞, so it never wins, and is at most half of the window; NaN always wins. `stride=None` means
    `kernel_size`. H' and W' as in `geometry.pool_output_size`: ceil_mode keeps a last window that hangs over the edge,
    unless it would start beyond input + left padding. Arguments and formula: torch.nn.MaxPool2d.
    Raises ValueError with a sentence when an argument is wrong or the window does not fit.

    >>> x = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> max_pool2d(x, 2).tolist()
    [[[[5.0, 7.0], [13.0, 15.0]]]]
    """
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, dilation, ceil_mode)
    padded = pad_picture(x, sweep, -np.inf)
    y = np.full(x.shape[:2] + sweep.output, -np.inf, padded.dtype)
    for u, v in np.ndindex(sweep.kernel):
        np.maximum(y, cells_under(padded, sweep, u, v), out=y)
    return y.astype(x.dtype, copy=False)


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
    """Return the gradient dx (shape and dtype of x), given dy = ∂loss/∂y of `y = max_pool2d(x, …)`.

    The other arguments are those of the forward pass. Each dy goes to the cell that won its window: the first maximum
    in row-major order, and with NaN the last NaN, as in PyTorch. Raises ValueError with a sentence as `max_pool2d`
    does, and when dy does not have the output's shape.

    >>> x = np.array([[[[1.0, 4.0], [4.0, 2.0]]]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2).tolist()
    [[[[0.0, 5.0], [0.0, 0.0]]]]
    """
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, dilation, ceil_mode)
    dy = check_output_gradient(dy, x, x.shape[1], sweep)
    dpadded = np.zeros(x.shape[:2] + sweep.padded_size, summing_dtype(x))
    np.add.at(dpadded.reshape(-1), window_winners(pad_picture(x, sweep, -np.inf), sweep).reshape(-1), dy.reshape(-1))
    return crop_padding(dpadded, sweep).astype(x.dtype, copy=False)


def avg_pool2d(
    x: ArrayLike,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> FloatArray:
    """Return the mean under each window. x is (N, C, H, W), the result (N, C, H', W') in x's dtype.

    Padding is 0 and at most half of the window. It counts as cells of the mean unless `count_include_pad` is False;
    what hangs over the padding (ceil_mode) never counts. Sizes as in `max_pool2d`. Formula: torch.nn.AvgPool2d.
    Raises ValueError with a sentence when an argument is wrong or the window does not fit.

    >>> x = np.array([[[[1.0, 3.0], [5.0, 7.0]]]])
    >>> avg_pool2d(x, 2).tolist()
    [[[[4.0]]]]
    >>> avg_pool2d(x, 2, padding=1, count_include_pad=False).tolist()
    [[[[1.0, 3.0], [5.0, 7.0]]]]
    """
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, 1, ceil_mode)
    padded = pad_picture(x, sweep)
    total = np.zeros(x.shape[:2] + sweep.output, padded.dtype)
    for u, v in np.ndindex(sweep.kernel):
        total += cells_under(padded, sweep, u, v)
    total /= _mean_divisors(sweep, count_include_pad)
    return total.astype(x.dtype, copy=False)


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
    """Return the gradient dx (shape and dtype of x), given dy = ∂loss/∂y of `y = avg_pool2d(x, …)`.

    The other arguments are those of the forward pass. Each dy is divided evenly: dy / divisor goes to every cell of its
    window. Only the shape and dtype of x are read. Raises ValueError with a sentence as `avg_pool2d` does, and when dy
    does not have the output's shape.

    >>> avg_pool2d_backward(np.array([[[[8.0]]]]), np.zeros((1, 1, 2, 2)), 2).tolist()
    [[[[2.0, 2.0], [2.0, 2.0]]]]
    """
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, 1, ceil_mode)
    dy = check_output_gradient(dy, x, x.shape[1], sweep)
    dpadded = np.zeros(x.shape[:2] + sweep.padded_size, summing_dtype(x))
    shares = dy / _mean_divisors(sweep, count_include_pad).astype(dpadded.dtype)
    for u, v in np.ndindex(sweep.kernel):
        cells = cells_under(dpadded, sweep, u, v)
        cells += shares
    return crop_padding(dpadded, sweep).astype(x.dtype, copy=False)


def lp_pool2d(x: ArrayLike, kernel_size: IntOrPair, *, stride: IntOrPair | None = None) -> FloatArray:
    """Return the root of the sum of squares of each window. x is (N, C, H, W), the result (N, C, H', W').

    Formula: torch.nn.LPPool2d with norm_type 2, which pads nothing. Its ceil_mode, which scales up the sums of windows
    that hang over the edge, is left out. Raises ValueError with a sentence as `max_pool2d` does.

    >>> lp_pool2d(np.array([[[[3.0, 4.0]]]]), (1, 2)).tolist()
    [[[[5.0]]]]
    """
    x, sweep = pooling_arguments(x, kernel_size, stride, 0, 1, ceil_mode=False)
    total = np.zeros(x.shape[:2] + sweep.output, summing_dtype(x))
    for u, v in np.ndindex(sweep.kernel):
        total += np.square(cells_under(x, sweep, u, v).astype(total.dtype, copy=False))
    return np.sqrt(total).astype(x.dtype, copy=False)


def window_winners(padded: FloatArray, sweep: Sweep) -> NDArray[np.intp]:
    """Return the position in the flattened `padded` of the cell that wins each window, (N, C, H', W').

    Among equal maxima the first in row-major order wins, among NaNs the last. `padded` is framed with −∞.
    """
    (n, channels, height, width), (sh, sw), (dh, dw) = padded.shape, sweep.stride, sweep.dilation
    planes = np.arange(n * channels).reshape(n, channels, 1, 1) * height * width
    corners = np.add.outer(np.arange(sweep.output[0]) * sh * width, np.arange(sweep.output[1]) * sw)
    # Counted from the window's corner at first; until a cell beats −∞, the first that is not padding.
    first = np.add.outer(_first_inside(sweep.rows) * dh * width, _first_inside(sweep.columns) * dw)
    winners: NDArray[np.intp] = np.broadcast_to(first, (n, channels, *sweep.output)).copy()
    best = np.full(winners.shape, -np.inf, padded.dtype)
    for u, v in np.ndindex(sweep.kernel):
        cells = cells_under(padded, sweep, u, v).copy()  # read three times: faster in one piece
        leads = (cells > best) | np.isnan(cells)
        # In row-major order the offset grows with every cell, so the last one to lead has the largest.
        np.maximum(winners, leads * (u * dh * width + v * dw), out=winners)
        np.maximum(best, cells, out=best)
    winners += corners
    winners += planes
    return winners


def _first_inside(window: Window) -> NDArray[np.intp]:
    """Return for each window of an axis the first kernel cell that lies past the leading padding."""
    starts = np.arange(window.out) * window.stride
    first: NDArray[np.intp] = np.maximum(0, -((starts - window.before) // window.dilation))
    return first


def _mean_divisors(sweep: Sweep, count_include_pad: bool) -> NDArray[np.intp]:
    """Count the cells that the mean of each window is taken over, (H', W')."""
    rows, columns = (
        # With ceil_mode a last window may lie wholly beyond the counted cells: it sums zeros, and 0 / 1 is 0.
        [max(1, len(window.padded_cells(i) if count_include_pad else window.cells(i))) for i in range(window.out)]
        for window in sweep
    )
    return np.outer(rows, columns)

"""Unpooling: a pooled picture brought back to its old size, with the places of the maxima and without them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.ops.arguments import FloatArray, IntOrPair, Padding, Pair, check_picture, pooling_arguments
from cnn_core.ops.pooling import window_winners
from cnn_core.ops.windows import cells_under, crop_padding, pad_picture, summing_dtype


def max_pool2d_switches(
    x: ArrayLike,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
) -> NDArray[np.intp]:
    """Return where the maximum of each window came from: row · W + column in its channel, of shape (N, C, H', W').

    This is what torch's `max_pool2d` returns with return_indices, but −1 where a window meets padding alone. The name
    is that of Zeiler & Fergus, "Visualizing and understanding convolutional networks" (2014). Arguments and errors as
    in `max_pool2d`.

    >>> max_pool2d_switches(np.array([[[[1.0, 4.0], [3.0, 2.0]]]]), 2).tolist()
    [[[[1]]]]
    """
    x, sweep = pooling_arguments(x, kernel_size, stride, padding, dilation, ceil_mode)
    height, width = sweep.padded_size
    (top, _), (left, _) = sweep.padding
    row, column = np.divmod(window_winners(pad_picture(x, sweep, -np.inf), sweep) % (height * width), width)
    row, column = row - top, column - left
    inside = (row >= 0) & (row < sweep.size[0]) & (column >= 0) & (column < sweep.size[1])
    return np.where(inside, row * sweep.size[1] + column, -1)


def max_unpool2d(y: ArrayLike, switches: ArrayLike, size: Pair) -> FloatArray:
    """Put pooled values (N, C, H', W') back at their `switches` in pictures of `size` (H, W); zeros elsewhere.

    Formula: torch.nn.MaxUnpool2d, with `size` as its output_size. Raises ValueError when shapes or places disagree.

    >>> max_unpool2d(np.array([[[[4.0]]]]), np.array([[[[1]]]]), (2, 2)).tolist()
    [[[[0.0, 4.0], [0.0, 0.0]]]]
    """
    y, places = check_picture("y", y), np.asarray(switches)
    if places.shape != y.shape:
        raise ValueError(f"The array switches has shape {places.shape}: give that of y, {y.shape}.")
    if places.size and places.max() >= size[0] * size[1]:
        raise ValueError(
            f"The array switches holds place {places.max()}: size {size} has places up to {size[0] * size[1] - 1}."
        )
    n, channels = y.shape[:2]
    # one extra place at the end takes the values of windows that met padding alone
    flat = np.zeros((n * channels, size[0] * size[1] + 1), y.dtype)
    np.put_along_axis(flat, places.reshape(n * channels, -1), y.reshape(n * channels, -1), axis=1)
    return flat[:, :-1].reshape(n, channels, *size)


def spread_unpool2d(
    y: ArrayLike,
    kernel_size: IntOrPair,
    size: Pair,
    *,
    stride: IntOrPair | None = None,
    padding: Padding = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
) -> FloatArray:
    """Spread pooled values (N, C, H', W') over the windows they came from, in pictures of `size` (H, W).

    A cell gets the mean of the values whose windows read it, and 0 where none does: with stride = kernel this is
    nearest-neighbour upsampling, in general torch's fold(y) / fold(1). The arguments are those of the pooling.
    Raises ValueError when y does not have the shape that pooling gives.

    >>> spread_unpool2d(np.array([[[[4.0]]]]), 2, (2, 2)).tolist()
    [[[[4.0, 4.0], [4.0, 4.0]]]]
    """
    y = check_picture("y", y)
    blank = np.zeros((*y.shape[:2], *size), y.dtype)
    _, sweep = pooling_arguments(blank, kernel_size, stride, padding, dilation, ceil_mode)
    if y.shape[2:] != sweep.output:
        raise ValueError(
            f"The array y has shape {y.shape}: pooling a picture of {size} gives {sweep.output} rows and columns."
        )
    total = np.zeros((*y.shape[:2], *sweep.padded_size), summing_dtype(y))
    count = np.zeros((1, 1, *sweep.padded_size))
    for u, v in np.ndindex(sweep.kernel):
        for sums, values in ((total, y), (count, 1)):
            cells = cells_under(sums, sweep, u, v)
            cells += values
    return (crop_padding(total, sweep) / np.maximum(crop_padding(count, sweep), 1)).astype(y.dtype, copy=False)

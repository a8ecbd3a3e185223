"""Adaptive pooling: the output size is given, and the windows follow from it and from the size of the picture."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cnn_core.geometry import Bins
from cnn_core.ops.arguments import FloatArray, IntOrPair, check_picture, to_pair
from cnn_core.ops.windows import summing_dtype


def adaptive_max_pool2d(x: ArrayLike, output_size: IntOrPair) -> FloatArray:
    """Return the largest value of each window. x is (N, C, H, W), the result (N, C, *output_size) in x's dtype.

    The windows are the `geometry.Bins` of rows and columns; output_size 1 is global pooling, one window over the whole
    picture. Formula: torch.nn.AdaptiveMaxPool2d. Raises ValueError with a sentence when an argument is wrong.

    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> adaptive_max_pool2d(x, (1, 2)).tolist()
    [[[[9.0, 11.0]]]]
    """
    return _pool_bins(check_picture("x", x), output_size, np.max)


def adaptive_avg_pool2d(x: ArrayLike, output_size: IntOrPair) -> FloatArray:
    """Return the mean of each window; otherwise as `adaptive_max_pool2d`. Formula: torch.nn.AdaptiveAvgPool2d.

    >>> x = np.arange(12.0).reshape(1, 1, 3, 4)
    >>> adaptive_avg_pool2d(x, 1).tolist()
    [[[[5.5]]]]
    """
    return _pool_bins(check_picture("x", x), output_size, np.mean)


def _pool_bins(x: FloatArray, output_size: IntOrPair, reduce: Callable[..., Any]) -> FloatArray:
    rows, columns = (
        Bins(size, out).all_cells for size, out in zip(x.shape[2:], to_pair("output_size", output_size), strict=True)
    )
    y = np.empty((*x.shape[:2], len(rows), len(columns)), summing_dtype(x))
    for (i, high), (j, across) in product(enumerate(rows), enumerate(columns)):
        y[:, :, i, j] = reduce(x[:, :, high.start : high.stop, across.start : across.stop], axis=(2, 3))
    return y.astype(x.dtype, copy=False)

"""Gradients measured by moving each number a little, to check a backward pass against."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray


def numerical_gradient(
    f: Callable[[NDArray[np.float64]], float], x: ArrayLike, *, eps: float = 1e-6
) -> NDArray[np.float64]:
    """Estimate ∂f/∂x at every number of x by central differences, (f(x + eps) − f(x − eps)) / 2·eps, in float64.

    `f` takes an array of x's shape and returns one number; for an array-valued layer and a given dy that is
    `lambda x: np.sum(dy * layer(x))`. The error is about eps² plus rounding/eps, so x is converted to float64: in
    float32 the rounding alone would swamp the result. x itself is left unchanged.
    Raises ValueError when eps is not positive or f returns more than one number.

    >>> numerical_gradient(lambda x: np.sum(x**2), [1.0, -3.0]).round(3).tolist()
    [2.0, -6.0]
    """
    if not eps > 0:
        raise ValueError(f"The step eps is {eps}: give a small step above 0, such as 1e-6.")
    point = np.array(x, dtype=np.float64)
    gradient = np.zeros_like(point)
    for cell in np.ndindex(point.shape):
        centre = point[cell]
        point[cell] = centre + eps
        above = _one_number(f(point))
        point[cell] = centre - eps
        below = _one_number(f(point))
        point[cell] = centre
        gradient[cell] = (above - below) / (2 * eps)
    return gradient


def relative_error(a: ArrayLike, b: ArrayLike) -> float:
    """Return max |a − b| / max (|a| + |b|): 0 for equal arrays, 1 when one is all zeros; NaN when either holds NaN.

    For a correct backward pass in float64 it is about 1e-7 or less, for a wrong one about 0.1 or more. Dividing by the
    largest magnitude, not cell by cell, keeps the rounding of near-zero cells from looking like an error.
    Raises ValueError when the shapes differ.

    >>> relative_error([1.0, 2.0], [1.0, 2.0]), relative_error([1.0, 2.0], [1.0, 6.0])
    (0.0, 0.5)
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"The array a has shape {a.shape} and b {b.shape}: give two arrays of one shape.")
    difference = float(np.max(np.abs(a - b), initial=0.0))
    scale = float(np.max(np.abs(a) + np.abs(b), initial=0.0))
    return difference if difference == 0 or scale == 0 else difference / scale


def _one_number(value: ArrayLike) -> float:
    """Return what f returned as a float. Raises ValueError for several numbers: a gradient is defined for one only."""
    if np.size(value) != 1:
        raise ValueError(
            f"The function f returned shape {np.shape(value)}: give a function that returns one number, such as a sum."
        )
    return float(np.asarray(value).item())

"""Edit kernels: rotate, scale, add and resize them, and separate them into a column and a row."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_core.kernels.families import Weights, middle_cell, round_weights

RANK_TOLERANCE = 2e-3
"""Singular values below this share of the largest count as rounding: named kernels are rounded to four digits."""


def normalise_kernel(weights: Weights) -> Weights:
    """Scale the weights so that they add up to 1, or their magnitudes when the weights themselves add up to 0.

    Raises ValueError when every weight is 0.

    >>> normalise_kernel(np.array([[1.0, 2.0, 1.0]])).tolist(), normalise_kernel(np.array([[-1.0, 1.0]])).tolist()
    ([[0.25, 0.5, 0.25]], [[-0.5, 0.5]])
    """
    total = float(weights.sum())
    magnitude = float(np.abs(weights).sum())
    if magnitude == 0:
        raise ValueError("Every weight is 0: give the kernel one that is not, then it can be normalised.")
    scale = total if abs(total) > 1e-9 * magnitude else magnitude
    scaled = weights / scale
    return scaled if np.abs(scaled).max() >= 1e-3 else round_weights(scaled)


KERNEL_EDITS: dict[str, Callable[[Weights], Weights]] = {
    "Normalise": normalise_kernel,
    "Flip left to right": lambda weights: weights[:, ::-1],
    "Flip upside down": lambda weights: weights[::-1],
    "Rotate by 90°": lambda weights: np.rot90(weights, -1),
    "Rotate by 180°": lambda weights: weights[::-1, ::-1],
    "Transpose": lambda weights: weights.T,
    "Turn signs": lambda weights: 0.0 - weights,
}
"""Name on the screen → the function from the weights (rows, columns) to the edited ones."""


def resize_kernel(weights: Weights, rows: int, columns: int) -> Weights:
    """Resize a kernel to `rows` × `columns` around its middle: zeros are added, or cells are cut off."""
    result = np.zeros((rows, columns))
    spans = []
    for old, new in zip(weights.shape, (rows, columns), strict=True):
        before = middle_cell(new) - middle_cell(old)
        start, stop = max(0, before), min(new, before + old)
        spans.append((slice(start, stop), slice(start - before, stop - before)))
    (to_rows, from_rows), (to_columns, from_columns) = spans
    result[to_rows, to_columns] = weights[from_rows, from_columns]
    return result


def add_kernels(weights: Weights, other: Weights, factor: float = 1.0) -> Weights:
    """Return weights + factor · other, aligned at their middles, on as many cells as both need."""
    rows, columns = (max(sides) for sides in zip(weights.shape, other.shape, strict=True))
    total = resize_kernel(weights, rows, columns) + factor * resize_kernel(other, rows, columns)
    return np.round(total, 6) + 0.0


@dataclass(frozen=True, eq=False)
class KernelSeparation:
    """A kernel as a sum of products of a column and a row, by its singular value decomposition.

    `singular_values` are in descending order. `column` (rows,) and `row` (columns,) are the first pair, scaled to whole
    numbers where possible; `share` is its part of Σw²; `largest_error` is the largest error of its product; `rank` is
    the number of pairs needed.
    """

    singular_values: tuple[float, ...]
    rank: int
    share: float
    column: Weights
    row: Weights
    largest_error: float

    @property
    def is_separable(self) -> bool:
        """Whether one column and one row give the kernel."""
        return self.rank == 1


def separate_kernel(weights: Weights) -> KernelSeparation:
    """Separate a kernel (rows, columns) into a column and a row by its singular value decomposition.

    The rank counts singular values above RANK_TOLERANCE of the largest. Raises ValueError for a kernel of zeros.

    >>> sobel = separate_kernel(np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    >>> sobel.column.tolist(), sobel.row.tolist(), sobel.rank
    ([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0], 1)
    """
    if not np.any(weights):
        raise ValueError("Every weight is 0: there is nothing to take apart.")
    u, s, vt = np.linalg.svd(np.asarray(weights, dtype=np.float64))
    column, row = _simplify_factors(u[:, 0] * np.sqrt(s[0]), vt[0] * np.sqrt(s[0]))
    return KernelSeparation(
        tuple(float(value) for value in s),
        int((s > RANK_TOLERANCE * s[0]).sum()),
        float(s[0] ** 2 / (s**2).sum()),
        column,
        row,
        float(np.abs(weights - np.outer(column, row)).max()),
    )


def _simplify_factors(column: Weights, row: Weights) -> tuple[Weights, Weights]:
    """Return factors of the same product: one in whole numbers where possible, the column's peak positive."""
    step = _common_step(row)
    if step is None and _common_step(column) is not None:
        row, column = _simplify_factors(row, column)
        return column, row
    scale = (step or 1.0) * float(np.sign(column[np.abs(column).argmax()]))
    return np.round(column * scale, 6) + 0.0, np.round(row / scale, 6) + 0.0


def _common_step(vector: Weights) -> float | None:
    """Return the largest step of which every entry is a whole multiple of at most 64; None when there is none."""
    magnitudes = np.abs(vector)[np.abs(vector) > 1e-9 * np.abs(vector).max()]
    for divisor in range(1, 9):
        step = float(magnitudes.min()) / divisor
        multiples = magnitudes / step
        if multiples.max() <= 64 and np.allclose(multiples, np.round(multiples), rtol=0, atol=1e-6):
            return step
    return None

"""What can be done to a kernel: turn it, scale it, add another, bring it to size, take it apart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnn_core.kernels.families import Weights, middle_cell, round_weights

RANK_TOLERANCE = 2e-3
"""Singular values below this share of the largest count as rounding: named kernels are kept to four digits."""


def normalise_kernel(weights: Weights) -> Weights:
    """Scaled so that the weights add up to 1; where they add up to 0, so that their magnitudes do."""
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
"""Name → what becomes of the weights (rows, columns)."""


def resize_kernel(weights: Weights, rows: int, columns: int) -> Weights:
    """The same middle on `rows` × `columns` cells: zeros added around, or the border cut off."""
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
    """weights + factor · other, middle on middle, on as many cells as both need."""
    rows, columns = (max(sides) for sides in zip(weights.shape, other.shape, strict=True))
    total = resize_kernel(weights, rows, columns) + factor * resize_kernel(other, rows, columns)
    return np.round(total, 6) + 0.0


@dataclass(frozen=True, eq=False)
class KernelSeparation:
    """A kernel as a sum of columns times rows, by its singular values (largest first).

    `column` (rows,) and `row` (columns,) are the first pair, scaled to whole numbers where there are such; `share` is
    the part of Σw² that this pair has; `rank` counts the pairs that are needed.
    """

    singular_values: tuple[float, ...]
    rank: int
    share: float
    column: Weights
    row: Weights
    largest_error: float

    @property
    def is_separable(self) -> bool:
        """Whether one pair is enough."""
        return self.rank == 1


def separate_kernel(weights: Weights) -> KernelSeparation:
    """Take a kernel (rows, columns) apart by its singular value decomposition.

    Rank counts singular values above RANK_TOLERANCE of the largest. Raises ValueError for a kernel of zeros, which has
    none.
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
    """The same product with plainer factors: one in whole numbers where it can be, the column's peak positive."""
    step = _common_step(row)
    if step is None and _common_step(column) is not None:
        row, column = _simplify_factors(row, column)
        return column, row
    scale = (step or 1.0) * float(np.sign(column[np.abs(column).argmax()]))
    return np.round(column * scale, 6) + 0.0, np.round(row / scale, 6) + 0.0


def _common_step(vector: Weights) -> float | None:
    """The step of which every entry is a whole multiple up to 64; None when there is none."""
    magnitudes = np.abs(vector)[np.abs(vector) > 1e-9 * np.abs(vector).max()]
    for divisor in range(1, 9):
        step = float(magnitudes.min()) / divisor
        multiples = magnitudes / step
        if multiples.max() <= 64 and np.allclose(multiples, np.round(multiples), rtol=0, atol=1e-6):
            return step
    return None

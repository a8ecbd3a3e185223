"""The same convolution as one matrix product: every window a column, every filter a row."""

from decimal import Decimal
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cnn_core.trace.model import Cell, Grid, Step, Term, Trace

Array = NDArray[np.float64]


def im2col_trace(convolution: Trace, *, groups: int = 1) -> Trace:
    """Write out a convolution's trace as `filters @ windows` (im2col: Chellapilla, Puri and Simard, 2006).

    The windows are (C·kH·kW, positions), the filters (F, C·kH·kW), the output (F, positions). Steps come in the order
    of `convolution`, so that step s gives the same number in both. With groups, a filter's row is 0 outside the
    channels of its group.
    """
    output = convolution.grid["output"].values
    filters, positions = len(output), output[0].size
    kernel = convolution.grid["kernel"].values
    per_filter = len(kernel) // filters * kernel[0].size
    window, matrix = (
        _window_matrix(convolution, positions, per_filter, groups),
        np.zeros((filters, per_filter * groups)),
    )
    for f in range(filters):
        first = _first_row(f, filters, per_filter, groups)
        matrix[f, first : first + per_filter] = kernel.reshape(filters, per_filter)[f]
    steps = tuple(
        _matrix_step(step, f, p, _first_row(f, filters, per_filter, groups))
        for step, (f, p) in zip(convolution.steps, product(range(filters), range(positions)), strict=True)
    )
    grids = (
        Grid("filters", "Filters: one a row", "kernel", matrix[None]),
        Grid("windows", "Windows: one a column", "input", window[None]),
        *(grid for grid in convolution.grids if grid.name == "bias"),
        Grid("output", "Output", "output", output.reshape(1, filters, positions)),
    )
    return Trace(grids, steps, signs=("·", *convolution.signs[1:]))


def _first_row(f: int, filters: int, per_filter: int, groups: int) -> int:
    """Return the first row of the window matrix that filter `f` reads: where its group's channels begin."""
    return f // (filters // groups) * per_filter


def _window_matrix(convolution: Trace, positions: int, per_filter: int, groups: int) -> Array:
    """Return what the windows hold, (C·kH·kW, positions), read off the steps of one filter of each group."""
    padded = convolution.grid["input"].values
    every = len(convolution.steps) // groups
    columns = np.empty((per_filter * groups, positions))
    for g, p in product(range(groups), range(positions)):
        terms = convolution.steps[g * every + p].terms
        columns[g * per_filter : (g + 1) * per_filter, p] = [padded[term.left[1:]] for term in terms]
    return columns


def _matrix_step(step: Step, f: int, p: int, first: int) -> Step:
    terms = tuple(
        Term(Cell("windows", 0, first + k, p), Cell("filters", 0, f, first + k), term.value)
        for k, term in enumerate(step.terms)
    )
    bias = step.bias or Decimal(0)
    return Step(Cell("output", 0, f, p), terms, step.total, bias, bias_at=step.bias_at)

"""The traces of pooling, one step per output value."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core.geometry import Bins
from cnn_core.ops.arguments import IntOrPair, Sweep, pooling_arguments, to_pair
from cnn_core.ops.arguments import Padding as PaddingArgument
from cnn_core.trace.decimals import exact_decimal
from cnn_core.trace.model import NO_PADDING, Cell, Combine, Grid, Padding, Step, Term, Trace

Array = NDArray[np.float64]
AxisCells = Sequence[Sequence[int]]
"""The cells of one axis of the padded input that each window reads."""


def max_pool_trace(
    x: Array,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: PaddingArgument = 0,
    dilation: IntOrPair = 1,
    ceil_mode: bool = False,
) -> Trace:
    """Write out `ops.max_pool2d` of one image x (C, H, W): grids "input" (padded with −∞) and "output".

    Each step's `chosen` term is the first maximum in row order, as in PyTorch; None where a window meets padding
    alone. What hangs over the padding (ceil_mode) does not exist, and is not drawn. Raises ValueError when a value is
    not finite or no window fits.

    >>> trace = max_pool_trace(np.array([[[1.0, 5.0], [3.0, 2.0]]]), 2)
    >>> trace.steps[0].total, trace.steps[0].chosen
    (Decimal('5.0'), 1)
    """
    x, sweep = _check_arguments(x, kernel_size, stride, padding, dilation, ceil_mode)
    return _pooling_trace(x, "max", *_window_axes(sweep), _padding_frame(sweep))


def avg_pool_trace(
    x: Array,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: PaddingArgument = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Trace:
    """Write out `ops.avg_pool2d`, padded with 0; each step's `divisor` is the number of cells its mean counts.

    Padding cells count unless `count_include_pad` is False; otherwise as `max_pool_trace`.

    >>> trace = avg_pool_trace(np.array([[[1.0, 5.0], [3.0, 3.0]]]), 2)
    >>> trace.steps[0].total, trace.steps[0].divisor
    (Decimal('3.0'), 4)
    """
    x, sweep = _check_arguments(x, kernel_size, stride, padding, 1, ceil_mode)
    return _pooling_trace(x, "mean", *_window_axes(sweep), _padding_frame(sweep), count_padding=count_include_pad)


def lp_pool_trace(x: Array, kernel_size: IntOrPair, *, stride: IntOrPair | None = None) -> Trace:
    """Write out `ops.lp_pool2d`, the root of the sum of squares; otherwise as `max_pool_trace`.

    >>> lp_pool_trace(np.array([[[3.0, 4.0]]]), (1, 2)).grid["output"].values.tolist()
    [[[5.0]]]
    """
    x, sweep = _check_arguments(x, kernel_size, stride, 0, 1, ceil_mode=False)
    return _pooling_trace(x, "root", *_window_axes(sweep), NO_PADDING)


def adaptive_pool_trace(x: Array, output_size: IntOrPair, *, combine: Literal["max", "mean"]) -> Trace:
    """Write out `ops.adaptive_max_pool2d` or `ops.adaptive_avg_pool2d` of one image x (C, H, W).

    Size 1 is global pooling. Raises ValueError when a value is not finite or a size is below 1.

    >>> adaptive_pool_trace(np.arange(4.0).reshape(1, 2, 2), 1, combine="mean").grid["output"].values.tolist()
    [[[1.5]]]
    """
    x, _ = _check_arguments(x, 1, 1, 0, 1, ceil_mode=False)
    height, width = to_pair("output_size", output_size)
    rows, columns = Bins(x.shape[1], height), Bins(x.shape[2], width)
    return _pooling_trace(x, combine, rows.all_cells, columns.all_cells, NO_PADDING)


def _check_arguments(
    x: Array,
    kernel: IntOrPair,
    stride: IntOrPair | None,
    padding: PaddingArgument,
    dilation: IntOrPair,
    ceil_mode: bool,
) -> tuple[Array, Sweep]:
    pictures, sweep = pooling_arguments(np.asarray(x)[None], kernel, stride, padding, dilation, ceil_mode)
    if not np.isfinite(pictures).all():
        raise ValueError("The array x holds a value that is not a finite number: every cell needs one.")
    return pictures[0].astype(np.float64), sweep


def _window_axes(sweep: Sweep) -> tuple[AxisCells, AxisCells]:
    """List the rows and the columns of the padded input that each window reads; cells beyond the padding left out."""
    rows, columns = ([window.padded_cells(i) for i in range(window.out)] for window in sweep)
    return rows, columns


def _padding_frame(sweep: Sweep) -> Padding:
    (top, bottom), (left, right) = sweep.padding
    return Padding(top, bottom, left, right)


def _pooling_trace(
    x: Array, combine: Combine, rows: AxisCells, columns: AxisCells, frame: Padding, *, count_padding: bool = True
) -> Trace:
    edges = ((0, 0), (frame.top, frame.bottom), (frame.left, frame.right))
    padded = np.pad(x, edges, constant_values=-np.inf if combine == "max" else 0.0)
    counted = np.pad(np.ones(x.shape[1:], dtype=bool), edges[1:], constant_values=count_padding)
    steps = []
    for c, (i, high), (j, across) in product(range(len(x)), enumerate(rows), enumerate(columns)):
        terms = tuple(
            Term(Cell("input", c, row, column), None, exact_decimal(padded[c, row, column]))
            for row, column in product(high, across)
        )
        divisor = max(1, int(counted[np.ix_(high, across)].sum())) if combine == "mean" else 1
        steps.append(pooling_step(Cell("output", c, i, j), terms, combine, divisor))
    output = np.array([float(step.total) for step in steps]).reshape(len(x), len(rows), len(columns))
    planes = tuple(f"channel {c + 1}" for c in range(len(x))) if len(x) > 1 else ()
    grids = (
        Grid("input", "Input", "input", padded, frame, planes),
        Grid("output", "Output", "output", output, planes=planes),
    )
    return Trace(grids, tuple(steps), signs=("→",))


def pooling_step(writes: Cell, terms: tuple[Term, ...], combine: Combine, divisor: int = 1) -> Step:
    """Return the step that combines `terms`: their maximum, mean (over `divisor`) or the root of their squares."""
    values = [term.value for term in terms]
    if combine == "max":
        total = max(values, default=Decimal("-Infinity"))
        chosen = values.index(total) if total.is_finite() else None
        return Step(writes, terms, total, combine="max", chosen=chosen)
    if combine == "mean":
        return Step(writes, terms, sum(values, Decimal(0)) / divisor, combine="mean", divisor=divisor)
    return Step(writes, terms, sum((value * value for value in values), Decimal(0)).sqrt(), combine="root")

"""The traces of pooling, one step per output value, and of unpooling."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core.geometry import Bins
from cnn_core.ops.arguments import IntOrPair, Sweep, pooling_arguments, to_pair
from cnn_core.ops.arguments import Padding as PaddingArgument
from cnn_core.trace.decimals import exact_decimal, format_decimal
from cnn_core.trace.model import NO_PADDING, Cell, Combine, Grid, Padding, Step, Term, Trace

Array = NDArray[np.float64]
AxisCells = Sequence[Sequence[int]]
"""The cells of one axis of the padded input that each window reads."""
MAX_TIES_LISTED = 3
"""Ties that are described one by one; the others are counted."""


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
        raise ValueError("x holds a value that is not a finite number: every cell needs one.")
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
        steps.append(_pooling_step(Cell("output", c, i, j), terms, combine, divisor))
    output = np.array([float(step.total) for step in steps]).reshape(len(x), len(rows), len(columns))
    planes = tuple(f"channel {c + 1}" for c in range(len(x))) if len(x) > 1 else ()
    grids = (
        Grid("input", "Input", "input", padded, frame, planes),
        Grid("output", "Output", "output", output, planes=planes),
    )
    return Trace(grids, tuple(steps), signs=("→",))


def _pooling_step(writes: Cell, terms: tuple[Term, ...], combine: Combine, divisor: int = 1) -> Step:
    values = [term.value for term in terms]
    if combine == "max":
        total = max(values, default=Decimal("-Infinity"))
        chosen = values.index(total) if total.is_finite() else None
        return Step(writes, terms, total, combine="max", chosen=chosen)
    if combine == "mean":
        return Step(writes, terms, sum(values, Decimal(0)) / divisor, combine="mean", divisor=divisor)
    return Step(writes, terms, sum((value * value for value in values), Decimal(0)).sqrt(), combine="root")


@dataclass(frozen=True)
class Tie:
    """A window of max pooling with its maximum in several cells; the first wins, and only it gets the gradient.

    >>> find_ties(max_pool_trace(np.array([[[7.0, 7.0]]]), (1, 2)))[0].cells[1]
    Cell(grid='input', plane=0, row=0, column=1)
    """

    writes: Cell
    cells: tuple[Cell, ...]
    value: Decimal


def find_ties(trace: Trace) -> tuple[Tie, ...]:
    """List the tied windows of a max pooling, in the order of its steps; none for other poolings.

    >>> len(find_ties(max_pool_trace(np.array([[[7.0, 7.0, 1.0]]]), (1, 2), stride=1)))
    1
    """
    found = []
    for step in trace.steps:
        best = tuple(term.left for term in step.terms if step.chosen is not None and term.value == step.total)
        if len(best) > 1:
            found.append(Tie(step.writes, best, step.total))
    return tuple(found)


def describe_ties(trace: Trace) -> str:
    """Describe the tied windows, with their cells as the player counts them; empty when nothing ties.

    >>> describe_ties(max_pool_trace(np.array([[[7.0, 3.0]]]), (1, 2)))
    ''
    """
    tied = find_ties(trace)
    if not tied:
        return ""
    several = len(tied) > MAX_TIES_LISTED
    parts = [
        f"output {_format_place(tie.writes)} has its {format_decimal(tie.value)} in "
        f"{', '.join(map(_format_place, tie.cells))}"
        for tie in tied[:MAX_TIES_LISTED]
    ]
    padded = " of the padded input" if any(trace.grid["input"].padding) else ""
    more = f"; and {len(tied) - MAX_TIES_LISTED} more" if several else ""
    return (
        f"**{len(tied)} of {len(trace.steps)} {'window is' if len(trace.steps) == 1 else 'windows are'} tied** "
        f"(cells as row, column{padded}): {'; '.join(parts)}{more}. "
        "The first in row order wins, as in PyTorch, and on the way back the gradient goes to it alone."
    )


def _format_place(cell: Cell) -> str:
    return f"({cell.row + 1}, {cell.column + 1})"


def pooling_slips(trace: Trace) -> list[list[tuple[str, str]]]:
    """List for each step of a pooling the likely wrong answers, each with a sentence that says what went wrong.

    >>> pooling_slips(max_pool_trace(np.array([[[1.0, 3.0]]]), (1, 2)))[0][0]
    ('2', 'that is the mean. Max pooling keeps the largest.')
    """
    return [
        [
            (format_decimal(value), said)
            for value, said in _step_slips(step)
            if format_decimal(value) != format_decimal(step.total)
        ]
        for step in trace.steps
    ]


def _step_slips(step: Step) -> list[tuple[Decimal, str]]:
    values = [term.value for term in step.terms if term.value.is_finite()]
    if not values:
        return []
    total, count = sum(values, Decimal(0)), len(values)
    squares = sum((value * value for value in values), Decimal(0))
    if step.combine == "max":
        beside_padding = [(Decimal(0), "padding holds −∞ here, not 0: it never wins.")]
        return [
            *(beside_padding if count < len(step.terms) else []),
            (total / count, "that is the mean. Max pooling keeps the largest."),
            (min(values), "that is the smallest number of the window."),
            (max(map(abs, values)), "that is the largest without its sign: −9 is less than −2."),
        ]
    if step.combine == "mean":
        return [
            (total, f"that is the sum. Divide it by {step.divisor}."),
            (total / count, f"not every cell counts here: divide the sum by {step.divisor}."),
            (max(values), "that is the largest. Average pooling takes the mean."),
        ]
    return [
        (squares, "that is the sum of the squares. Take its root."),
        (total, "that is the plain sum. Square each number first, and take the root at the end."),
        (max(values), "that is the largest. L2 pooling adds squares and takes the root."),
    ]


def unpooling_trace(pooled: Trace, *, switches: bool) -> Trace:
    """Write out the unpooling of a pooling's trace: one step for each cell of the original picture.

    With `switches` (max pooling only) each maximum returns to the cell it came from and all others become 0:
    `ops.max_unpool2d`. Without, each cell gets the mean of the values whose windows read it, and 0 where none does:
    `ops.spread_unpool2d`. Grids: "original", "pooled", "unpooled"; a term's `origin` is the original's cell.
    Raises ValueError when `switches` is True for a pooling that has none.

    >>> pooled = max_pool_trace(np.array([[[1.0, 3.0]]]), (1, 2))
    >>> unpooling_trace(pooled, switches=True).grid["unpooled"].values.tolist()
    [[[0.0, 3.0]]]
    """
    if switches and any(step.combine != "max" for step in pooled.steps):
        raise ValueError("switches is True: only max pooling knows one cell that each value came from.")
    before, after = pooled.grid["input"], pooled.grid["output"]
    top, bottom, left, right = before.padding
    _, height, width = before.values.shape
    original = before.values[:, top : height - bottom, left : width - right]
    readers: dict[tuple[int, int, int], list[Step]] = defaultdict(list)
    for step in pooled.steps:
        read = [step.terms[step.chosen]] if switches and step.chosen is not None else [] if switches else step.terms
        for term in read:
            readers[term.left.plane, term.left.row - top, term.left.column - left].append(step)
    steps = [
        _unpooling_step(Cell("unpooled", *place), readers.get(place, []), switches)
        for place in np.ndindex(original.shape)
    ]
    values = np.array([float(step.total) for step in steps]).reshape(original.shape)
    label = "Back up, with switches" if switches else "Back up, without switches"
    grids = (
        Grid("original", "Original", "input", original, planes=before.planes),
        Grid("pooled", "Pooled", "output", after.values, planes=after.planes),
        Grid("unpooled", label, "input", values, planes=before.planes),
    )
    return Trace(grids, tuple(steps), signs=("→", "→"))


def _unpooling_step(writes: Cell, readers: Iterable[Step], switches: bool) -> Step:
    """Return the step of one cell of the original, from the windows that pass their value to it."""
    origin = Cell("original", *writes[1:])
    terms = tuple(Term(Cell("pooled", *step.writes[1:]), None, step.total, origin=origin) for step in readers)
    if len(terms) <= 1:
        return Step(writes, terms, terms[0].value if terms else Decimal(0))
    # overlapping windows won by the same cell all hold its value
    return _pooling_step(writes, terms, "max" if switches else "mean", len(terms))

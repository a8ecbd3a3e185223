"""The parts of a trace: named grids of numbers, and the ordered steps that read some cells and write one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_core.trace import decimals

Role = Literal["input", "kernel", "output", "gradient"]
Combine = Literal["sum", "max", "mean", "root"]


class Cell(NamedTuple):
    """One cell of a grid, counted from 0; `plane` is the channel (of a kernel: filter · channels + channel).

    >>> Cell("input", plane=0, row=2, column=1)
    Cell(grid='input', plane=0, row=2, column=1)
    """

    grid: str
    plane: int
    row: int
    column: int


class Padding(NamedTuple):
    """How many cells of a grid are padding, on each side.

    >>> Padding(top=1, bottom=1)
    Padding(top=1, bottom=1, left=0, right=0)
    """

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


NO_PADDING = Padding()


@dataclass(frozen=True)
class Grid:
    """Named numbers of shape (planes, height, width), some of them `padding`.

    `planes` names each plane where there are several (“red”, “filter 2, channel 1”). `at_once` of them are shown beside
    each other (0: all; a kernel shows one filter at a time). A `rotated` grid is shown turned by 180°.

    >>> Grid("input", "Input", "input", np.zeros((1, 2, 3))).values.shape
    (1, 2, 3)
    """

    name: str
    label: str
    role: Role
    values: NDArray[np.float64]
    padding: Padding = NO_PADDING
    planes: tuple[str, ...] = ()
    at_once: int = 0
    rotated: bool = False


class Term(NamedTuple):
    """One contribution: the value at `left`, times the value at `right` where there is one.

    `origin` is a cell of a third grid that explains the term: in a backward pass, the output whose sum the product
    was part of.

    >>> Term(Cell("input", 0, 0, 0), None, Decimal(7)).value
    Decimal('7')
    """

    left: Cell
    right: Cell | None
    value: Decimal
    origin: Cell | None = None


@dataclass(frozen=True)
class Step:
    """All that one output cell is computed from.

    `combine` says how the terms become the `total`: their sum plus the `bias` (read from `bias_at`); their maximum, won
    by the term number `chosen`; their sum over `divisor`; or the square root of the sum of their squares.
    A step without terms is an empty sum: its total is 0.

    >>> Step(Cell("output", 0, 0, 0), (), Decimal(0)).combine
    'sum'
    """

    writes: Cell
    terms: tuple[Term, ...]
    total: Decimal
    bias: Decimal = Decimal(0)
    combine: Combine = "sum"
    divisor: int = 1
    chosen: int | None = None
    bias_at: Cell | None = None


@dataclass(frozen=True)
class Trace:
    """An operation on given numbers, written out: its grids and its steps in the order they are taken.

    `signs` stand between the grids as they are drawn: ("∗", "=").

    >>> from cnn_core.trace import convolution_trace
    >>> trace = convolution_trace(np.ones((1, 2, 2)), np.ones((1, 1, 2, 2)))
    >>> [grid.name for grid in trace.grids], trace.steps[0].total
    (['input', 'kernel', 'output'], Decimal('4.00'))
    """

    grids: tuple[Grid, ...]
    steps: tuple[Step, ...]
    signs: tuple[str, ...]

    @cached_property
    def grid(self) -> dict[str, Grid]:
        """The grids by name."""
        return {grid.name: grid for grid in self.grids}

    @cached_property
    def exact(self) -> dict[str, list[list[list[Decimal]]]]:
        """The numbers of every grid, as exact as they were given."""
        return {
            grid.name: [
                [[decimals.exact_decimal(float(number)) for number in row] for row in plane] for plane in grid.values
            ]
            for grid in self.grids
        }

    @cached_property
    def rounded(self) -> frozenset[Cell]:
        """The cells that are shown with fewer digits than they have."""
        return frozenset(
            Cell(name, p, i, j)
            for name, planes in self.exact.items()
            for p, plane in enumerate(planes)
            for i, row in enumerate(plane)
            for j, number in enumerate(row)
            if decimals.is_rounded(number)
        )


def relabelled(trace: Trace, labels: Mapping[str, str]) -> Trace:
    """Return the same trace with other labels over its grids, given by the grids' names."""
    grids = tuple(replace(grid, label=labels.get(grid.name, grid.label)) for grid in trace.grids)
    return replace(trace, grids=grids)


def sentence(trace: Trace, step: Step) -> str:
    """Write the step's arithmetic in one line: `2·(−1) + 7·1 = 5`, with ≈ when a number in it is shown rounded."""
    terms = [_product(trace, term) for term in step.terms] or ["0"]
    left = {
        "sum": " + ".join([*terms, *_bias(step)]),
        "max": f"max({', '.join(decimals.format_decimal(term.value) for term in step.terms)})",
        "mean": f"({' + '.join(terms)}) / {step.divisor}",
        "root": f"√({' + '.join(f'{term}²' for term in terms)})",
    }[step.combine]
    return f"{left} {equals(trace, step)} {decimals.format_decimal(step.total)}"


def lines(trace: Trace, step: Step) -> list[str]:
    """Write the step's arithmetic, one line per channel and one for the total; a single channel takes one line."""
    channels = partial_sums(step)
    if len(channels) < 2:
        return [sentence(trace, step)]
    sign = equals(trace, step)
    sums = [decimals.format_decimal(total) for _, total in channels]
    each = [
        " + ".join(_product(trace, term) for term in terms) + f" {sign} {total}"
        for (terms, _), total in zip(channels, sums, strict=True)
    ]
    summands = [decimals.format_factor(total) for _, total in channels]
    return [*each, f"{' + '.join([*summands, *_bias(step)])} {sign} {decimals.format_decimal(step.total)}"]


def partial_sums(step: Step) -> list[tuple[list[Term], Decimal]]:
    """Group the terms of a sum by channel (planes of their left grid), each with its own sum; nothing for a maximum."""
    if step.combine != "sum":
        return []
    channels = [list(terms) for _, terms in groupby(step.terms, key=lambda term: term.left.plane)]
    return [(terms, sum((term.value for term in terms), Decimal(0))) for terms in channels]


def visited(trace: Trace, grid: Grid) -> NDArray[np.bool_]:
    """Mark the cells of `grid` that any step reads, (planes, height, width)."""
    cells = {cell for step in trace.steps for term in step.terms for cell in term[:2]}
    seen = np.zeros(grid.values.shape, dtype=np.bool_)
    for cell in cells:
        if isinstance(cell, Cell) and cell.grid == grid.name:
            seen[cell[1:]] = True
    return seen


def is_rounded(trace: Trace, step: Step) -> bool:
    """Tell whether a number of this step is shown with fewer digits than it has."""
    if decimals.is_rounded(step.bias) or decimals.is_rounded(step.total):
        return True
    return bool(trace.rounded) and any(not trace.rounded.isdisjoint(term[:2]) for term in step.terms)


def equals(trace: Trace, step: Step) -> str:
    """Return the sign between a step's arithmetic and its total: ≈ where a number is rounded, else =."""
    return "≈" if is_rounded(trace, step) else "="


def value(trace: Trace, cell: Cell) -> Decimal:
    """Return the number in a cell, as exact as it was given."""
    return trace.exact[cell.grid][cell.plane][cell.row][cell.column]


def _bias(step: Step) -> list[str]:
    return [f"{decimals.format_factor(step.bias)} (bias)"] if step.bias or step.bias_at else []


def _product(trace: Trace, term: Term) -> str:
    left = decimals.format_factor(value(trace, term.left))
    return left if term.right is None else f"{left}·{decimals.format_factor(value(trace, term.right))}"

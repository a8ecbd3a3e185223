"""The shape of a trace: named grids of numbers, and the ordered steps that read some cells and write one."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_core.trace import text

Role = Literal["input", "kernel", "output", "gradient"]


class Cell(NamedTuple):
    """One cell of a grid, counted from 0; `plane` is the channel (of a kernel: filter · channels + channel)."""

    grid: str
    plane: int
    row: int
    column: int


class Padding(NamedTuple):
    """How many cells of a grid are padding, on each side."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


NO_PADDING = Padding()


@dataclass(frozen=True)
class Grid:
    """Named numbers of shape (planes, height, width). `padding` cells belong to it but came from no one's data."""

    name: str
    label: str
    role: Role
    values: NDArray[np.float64]
    padding: Padding = NO_PADDING


@dataclass(frozen=True)
class Term:
    """One product: the value at `left` times the value at `right`."""

    left: Cell
    right: Cell
    product: Decimal


@dataclass(frozen=True)
class Step:
    """Everything that makes one output cell: the terms, the bias added to their sum, and the total written."""

    writes: Cell
    terms: tuple[Term, ...]
    bias: Decimal
    total: Decimal


@dataclass(frozen=True)
class Trace:
    """An operation on given numbers, written out: its grids and its steps in the order they are taken."""

    grids: tuple[Grid, ...]
    steps: tuple[Step, ...]

    @cached_property
    def grid(self) -> dict[str, Grid]:
        """The grids by name."""
        return {grid.name: grid for grid in self.grids}


def sentence(trace: Trace, step: Step) -> str:
    """The step's arithmetic in one line: `2·(−1) + 7·1 = 5`, with ≈ when a number in it is shown rounded."""
    factors = [(_value(trace, term.left), _value(trace, term.right)) for term in step.terms]
    parts = [f"{text.factor(left)}·{text.factor(right)}" for left, right in factors]
    if step.bias:
        parts.append(f"{text.factor(step.bias)} (bias)")
    return f"{' + '.join(parts)} {'≈' if _is_rounded(trace, step) else '='} {text.show(step.total)}"


def visited(trace: Trace, grid: Grid) -> NDArray[np.bool_]:
    """Which cells of `grid` any step reads, of shape (planes, height, width)."""
    seen = np.zeros(grid.values.shape, dtype=np.bool_)
    for step in trace.steps:
        for term in step.terms:
            for cell in (term.left, term.right):
                if cell.grid == grid.name:
                    seen[cell.plane, cell.row, cell.column] = True
    return seen


def play_data(trace: Trace) -> dict[str, Any]:
    """The trace as the plain JSON-ready data that the player draws: every text is made here.

    A cell is its index in the grid's row-major order. Grids are listed in the order of `trace.grids`;
    a step's terms are `[left index, right index, product, running sum]`.
    """
    left, right = (trace.steps[0].terms[0].left.grid, trace.steps[0].terms[0].right.grid)
    return {
        "grids": [_grid_data(trace, grid) for grid in trace.grids],
        "left": left,
        "right": right,
        "writes": trace.steps[0].writes.grid,
        "steps": [_step_data(trace, step) for step in trace.steps],
    }


def _grid_data(trace: Trace, grid: Grid) -> dict[str, Any]:
    planes, rows, columns = grid.values.shape
    read = grid.role != "output"
    return {
        "name": grid.name,
        "label": grid.label,
        "role": grid.role,
        "planes": planes,
        "rows": rows,
        "columns": columns,
        "padding": list(grid.padding),
        "texts": [text.show(text.exact(value)) for value in grid.values.flat],
        "unvisited": np.flatnonzero(~visited(trace, grid)).tolist() if read else [],
    }


def _step_data(trace: Trace, step: Step) -> dict[str, Any]:
    running = accumulate(term.product for term in step.terms)
    return {
        "writes": _index(trace, step.writes),
        "terms": [
            [_index(trace, t.left), _index(trace, t.right), text.show(t.product), text.show(total)]
            for t, total in zip(step.terms, running, strict=True)
        ],
        "bias": text.show(step.bias) if step.bias else "",
        "rounded": _is_rounded(trace, step),
        "total": text.show(step.total),
        "sentence": sentence(trace, step),
    }


def _is_rounded(trace: Trace, step: Step) -> bool:
    values = (_value(trace, cell) for term in step.terms for cell in (term.left, term.right))
    return any(map(text.is_rounded, (step.bias, step.total, *values)))


def _value(trace: Trace, cell: Cell) -> Decimal:
    return text.exact(trace.grid[cell.grid].values[cell.plane, cell.row, cell.column])


def _index(trace: Trace, cell: Cell) -> int:
    _, rows, columns = trace.grid[cell.grid].values.shape
    return int((cell.plane * rows + cell.row) * columns + cell.column)

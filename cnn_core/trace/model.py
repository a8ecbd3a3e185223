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
Combine = Literal["sum", "max", "mean", "root"]


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
    """Named numbers of shape (planes, height, width). `padding` cells belong to it but came from no one's data;
    `planes` names each plane where there is more than one (“red”, “filter 2, channel 1”)."""

    name: str
    label: str
    role: Role
    values: NDArray[np.float64]
    padding: Padding = NO_PADDING
    planes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Term:
    """One contribution: the value at `left`, times the value at `right` where there is one."""

    left: Cell
    right: Cell | None
    value: Decimal


@dataclass(frozen=True)
class Step:
    """Everything that makes one output cell.

    `combine` says how the terms become the `total`: their sum plus the `bias`; their maximum, won by the term number
    `chosen`; their sum over `divisor`; or the square root of the sum of their squares.
    """

    writes: Cell
    terms: tuple[Term, ...]
    total: Decimal
    bias: Decimal = Decimal(0)
    combine: Combine = "sum"
    divisor: int = 1
    chosen: int | None = None


@dataclass(frozen=True)
class Trace:
    """An operation on given numbers, written out: its grids and its steps in the order they are taken.

    `signs` stand between the grids as they are drawn: ("∗", "=").
    """

    grids: tuple[Grid, ...]
    steps: tuple[Step, ...]
    signs: tuple[str, ...]

    @cached_property
    def grid(self) -> dict[str, Grid]:
        """The grids by name."""
        return {grid.name: grid for grid in self.grids}


def sentence(trace: Trace, step: Step) -> str:
    """The step's arithmetic in one line: `2·(−1) + 7·1 = 5`, with ≈ when a number in it is shown rounded."""
    terms = [_product(trace, term) for term in step.terms]
    left = {
        "sum": " + ".join([*terms, *([f"{text.factor(step.bias)} (bias)"] if step.bias else [])]),
        "max": f"max({', '.join(terms)})",
        "mean": f"({' + '.join(terms)}) / {step.divisor}",
        "root": f"√({' + '.join(f'{term}²' for term in terms)})",
    }[step.combine]
    return f"{left} {'≈' if _is_rounded(trace, step) else '='} {text.show(step.total)}"


def visited(trace: Trace, grid: Grid) -> NDArray[np.bool_]:
    """Which cells of `grid` any step reads, of shape (planes, height, width)."""
    seen = np.zeros(grid.values.shape, dtype=np.bool_)
    for step in trace.steps:
        for term in step.terms:
            for cell in (term.left, term.right):
                if cell is not None and cell.grid == grid.name:
                    seen[cell.plane, cell.row, cell.column] = True
    return seen


def play_data(trace: Trace) -> dict[str, Any]:
    """The trace as the plain JSON-ready data that the player draws: every text is made here.

    A cell is its index in the grid's row-major order. Grids are listed in the order of `trace.grids`; a step's terms
    are `[left index, right index or None, value, running sum]`, the running sum only where the terms are added.
    """
    first = trace.steps[0].terms[0]
    return {
        "grids": [_grid_data(trace, grid) for grid in trace.grids],
        "signs": list(trace.signs),
        "left": first.left.grid,
        "right": first.right.grid if first.right else None,
        "writes": trace.steps[0].writes.grid,
        "steps": [_step_data(trace, step) for step in trace.steps],
    }


def _grid_data(trace: Trace, grid: Grid) -> dict[str, Any]:
    _, rows, columns = grid.values.shape
    read = grid.name != trace.steps[0].writes.grid
    return {
        "name": grid.name,
        "label": grid.label,
        "role": grid.role,
        "planes": list(grid.planes) or [""],
        "rows": rows,
        "columns": columns,
        "padding": list(grid.padding),
        "texts": [text.show(text.exact(value)) for value in grid.values.flat],
        "unvisited": np.flatnonzero(~visited(trace, grid)).tolist() if read else [],
    }


def _step_data(trace: Trace, step: Step) -> dict[str, Any]:
    running = [text.show(total) for total in accumulate(term.value for term in step.terms)]
    if step.combine not in ("sum", "mean"):
        running = [""] * len(running)
    return {
        "writes": _index(trace, step.writes),
        "terms": [
            [_index(trace, t.left), _index(trace, t.right) if t.right else None, text.show(t.value), total]
            for t, total in zip(step.terms, running, strict=True)
        ],
        "chosen": step.chosen,
        "rounded": _is_rounded(trace, step),
        "total": text.show(step.total),
        "sentence": sentence(trace, step),
    }


def _product(trace: Trace, term: Term) -> str:
    left = text.factor(_value(trace, term.left))
    return left if term.right is None else f"{left}·{text.factor(_value(trace, term.right))}"


def _is_rounded(trace: Trace, step: Step) -> bool:
    cells = (cell for term in step.terms for cell in (term.left, term.right) if cell is not None)
    return any(map(text.is_rounded, (step.bias, step.total, *(_value(trace, cell) for cell in cells))))


def _value(trace: Trace, cell: Cell) -> Decimal:
    return text.exact(trace.grid[cell.grid].values[cell.plane, cell.row, cell.column])


def _index(trace: Trace, cell: Cell) -> int:
    _, rows, columns = trace.grid[cell.grid].values.shape
    return int((cell.plane * rows + cell.row) * columns + cell.column)

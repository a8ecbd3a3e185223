"""A trace as the plain data that the player draws: every number and every sentence is made here."""

from itertools import accumulate
from typing import Any, TypedDict

import numpy as np

from cnn_core.trace import decimals
from cnn_core.trace.model import Cell, Grid, Step, Trace, is_rounded, lines, partial_sums, visited

NO_CELL = -1
"""The index that stands for no cell."""


class PlayedGrid(TypedDict):
    """A grid of a trace: the words of its cells, plane by plane and row by row, and which cells no window visits."""

    name: str
    label: str
    role: str
    planes: list[str]
    at_once: int
    rotated: bool
    rows: int
    columns: int
    padding: list[int]
    texts: list[str]
    unvisited: list[int]


class PlayedTerms(TypedDict):
    """The terms of all steps: the cells that each reads, as indices in their grids, and its texts, as indices in
    `words`."""

    left: list[int]
    right: list[int]
    origin: list[int]
    product: list[int]
    running: list[int]


class PlayedStep(TypedDict):
    """A step: the cell that it writes, the term that was chosen, the cell of its bias, and its sum in words."""

    writes: int
    chosen: int | None
    bias_at: int
    rounded: bool
    total: str
    parts: list[str]
    lines: list[str]


class PlayedTrace(TypedDict):
    """A trace as `play_data` lays it out; `left`, `right`, `origin`, `bias` and `writes` are names of grids."""

    grids: list[PlayedGrid]
    signs: list[str]
    left: str
    right: str | None
    origin: str | None
    bias: str | None
    writes: str
    first: list[int]
    terms: PlayedTerms
    steps: list[PlayedStep]
    words: list[str]


def play_data(trace: Trace) -> PlayedTrace:
    """Return the trace as JSON-ready data.

    A cell is given by its index in its grid's row-major order, −1 for none. Grids are listed in the order of
    `trace.grids`. The terms of all steps follow each other in flat lists, those of step s from `first[s]` to
    `first[s + 1]`; repeated texts are indices into `words`. `running` is the sum so far, where terms are added.

    >>> from cnn_core.trace import convolution_trace
    >>> data = play_data(convolution_trace(np.array([[[2.0, 7.0]]]), np.array([[[[-1.0, 1.0]]]])))
    >>> data["steps"][0]["lines"], data["first"]
    (['2·(−1) + 7·1 = 5'], [0, 2])
    """
    steps = trace.steps
    terms = [term for step in steps for term in step.terms]
    words: dict[str, int] = {}
    index = _CellIndex(trace)
    return {
        "grids": [_grid_data(trace, grid) for grid in trace.grids],
        "signs": list(trace.signs),
        "left": _grid_name(term.left for term in terms) or trace.grids[0].name,
        "right": _grid_name(term.right for term in terms),
        "origin": _grid_name(term.origin for term in terms),
        "bias": _grid_name(step.bias_at for step in steps),
        "writes": steps[0].writes.grid,
        "first": list(accumulate((len(step.terms) for step in steps), initial=0)),
        "terms": {
            "left": [index[term.left] for term in terms],
            "right": [index[term.right] for term in terms],
            "origin": [index[term.origin] for term in terms] if any(term.origin for term in terms) else [],
            "product": [_word_index(words, decimals.format_decimal(term.value)) for term in terms],
            "running": [_word_index(words, total) for step in steps for total in _running_sums(step)],
        },
        "steps": [
            {
                "writes": index[step.writes],
                "chosen": step.chosen,
                "bias_at": index[step.bias_at],
                "rounded": is_rounded(trace, step),
                "total": decimals.format_decimal(step.total),
                "parts": _channel_sums(step),
                "lines": lines(trace, step),
            }
            for step in steps
        ],
        "words": list(words),
    }


class _CellIndex(dict[Cell | None, int]):
    """The index of each cell in its grid, computed once for every cell that a trace names."""

    def __init__(self, trace: Trace) -> None:
        super().__init__({None: NO_CELL})
        self.shapes = {grid.name: grid.values.shape for grid in trace.grids}

    def __missing__(self, cell: Cell) -> int:
        _, rows, columns = self.shapes[cell.grid]
        self[cell] = (cell.plane * rows + cell.row) * columns + cell.column
        return self[cell]


def _grid_name(cells: Any) -> str | None:
    return next((cell.grid for cell in cells if cell is not None), None)


def _word_index(words: dict[str, int], word: str) -> int:
    return words.setdefault(word, len(words))


def _running_sums(step: Step) -> list[str]:
    """Return the sum after each term, starting again for every channel; empty words where nothing is added up."""
    if step.combine == "sum":
        return [
            decimals.format_decimal(total)
            for terms, _ in partial_sums(step)
            for total in accumulate(term.value for term in terms)
        ]
    if step.combine == "mean":
        return [decimals.format_decimal(total) for total in accumulate(term.value for term in step.terms)]
    return [""] * len(step.terms)


def _channel_sums(step: Step) -> list[str]:
    """Return the sum of each channel; nothing where there is only one."""
    sums = [decimals.format_decimal(total) for _, total in partial_sums(step)]
    return sums if len(sums) > 1 else []


def _grid_data(trace: Trace, grid: Grid) -> PlayedGrid:
    _, rows, columns = grid.values.shape
    read = any(
        grid.name in (term.left.grid, term.right and term.right.grid) for s in trace.steps for term in s.terms[:1]
    )
    return {
        "name": grid.name,
        "label": grid.label,
        "role": grid.role,
        "planes": list(grid.planes) or [""] * len(grid.values),
        "at_once": grid.at_once,
        "rotated": grid.rotated,
        "rows": rows,
        "columns": columns,
        "padding": list(grid.padding),
        "texts": [decimals.format_decimal(decimals.exact_decimal(value)) for value in grid.values.flat],
        "unvisited": np.flatnonzero(~visited(trace, grid)).tolist() if read else [],
    }

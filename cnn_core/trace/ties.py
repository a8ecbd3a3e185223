"""Ties of max pooling: windows whose maximum stands in several cells."""

from dataclasses import dataclass
from decimal import Decimal

from cnn_core.trace.decimals import format_decimal
from cnn_core.trace.model import Cell, Trace

MAX_TIES_LISTED = 3
"""Ties that are described one by one; the others are counted."""


@dataclass(frozen=True)
class Tie:
    """A window of max pooling with its maximum in several cells; the first wins, and only it gets the gradient.

    >>> import numpy as np
    >>> from cnn_core.trace import max_pool_trace
    >>> find_ties(max_pool_trace(np.array([[[7.0, 7.0]]]), (1, 2)))[0].cells[1]
    Cell(grid='input', plane=0, row=0, column=1)
    """

    writes: Cell
    cells: tuple[Cell, ...]
    value: Decimal


def find_ties(trace: Trace) -> tuple[Tie, ...]:
    """List the tied windows of a max pooling, in the order of its steps; none for other poolings.

    >>> import numpy as np
    >>> from cnn_core.trace import max_pool_trace
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

    >>> import numpy as np
    >>> from cnn_core.trace import max_pool_trace
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

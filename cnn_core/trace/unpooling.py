"""The trace of unpooling: from pooled values back to the size of the original picture."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

import numpy as np

from cnn_core.trace.model import Cell, Grid, Step, Term, Trace
from cnn_core.trace.pooling import pooling_step


def unpooling_trace(pooled: Trace, *, switches: bool) -> Trace:
    """Write out the unpooling of a pooling's trace: one step for each cell of the original picture.

    With `switches` (max pooling only) each maximum returns to the cell it came from and all others become 0:
    `ops.max_unpool2d`. Without, each cell gets the mean of the values whose windows read it, and 0 where none does:
    `ops.spread_unpool2d`. Grids: "original", "pooled", "unpooled"; a term's `origin` is the original's cell.
    Raises ValueError when `switches` is True for a pooling that has none.

    >>> from cnn_core.trace import max_pool_trace
    >>> pooled = max_pool_trace(np.array([[[1.0, 3.0]]]), (1, 2))
    >>> unpooling_trace(pooled, switches=True).grid["unpooled"].values.tolist()
    [[[0.0, 3.0]]]
    """
    if switches and any(step.combine != "max" for step in pooled.steps):
        raise ValueError("Switches is True: only max pooling knows one cell that each value came from.")
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
    return pooling_step(writes, terms, "max" if switches else "mean", len(terms))

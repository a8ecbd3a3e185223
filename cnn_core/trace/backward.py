"""The backward passes term by term, read off the forward trace, so that every term names the sum it was part of.

∂L/∂(a cell) = Σ over the outputs that read it of ∂L/∂output · what the cell was multiplied by there (the chain rule).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from cnn_core.ops.arguments import convolution_arguments
from cnn_core.trace.convolution import convolution_trace
from cnn_core.trace.decimals import exact_decimal
from cnn_core.trace.model import Cell, Grid, Padding, Step, Term, Trace, value

Array = NDArray[np.float64]


def weight_gradient(forward: Trace, dy: Array) -> Trace:
    """Write out ∂L/∂F of a convolution's trace, given dy = ∂L/∂O (F, H', W'): one step per weight, (planes, kH, kW).

    ∂L/∂F[u, v] = Σ X[i·S + u·D, j·S + v·D] · ∂L/∂O[i, j] over all outputs (i, j), X padded: a convolution of X with
    ∂L/∂O. Each term's `origin` is the output whose sum the weight was part of. Raises ValueError unless dy has the
    shape of O.
    """
    upstream = _upstream_grid(forward, dy)
    terms: dict[Cell, list[Term]] = defaultdict(list)
    for step, term in _forward_products(forward):
        if term.right is not None:
            seen, gradient = value(forward, term.left), exact_decimal(float(dy[step.writes[1:]]))
            back = Term(term.left, step.writes._replace(grid="upstream"), seen * gradient, step.writes)
            terms[term.right._replace(grid="gradient")].append(back)
    kernel = forward.grid["kernel"]
    steps = tuple(_sum_step(cell, terms[cell]) for cell in _grid_cells("gradient", kernel.values.shape))
    result = Grid("gradient", "∂L/∂F", "gradient", _step_totals(steps, kernel.values.shape), planes=kernel.planes)
    grids = (replace(forward.grid["input"], label="X"), upstream, result, _origin_grid(forward))
    return Trace(grids, steps, signs=("∗", "=", ""))


def input_gradient(forward: Trace, dy: Array) -> Trace:
    """Write out ∂L/∂X of a convolution's trace, given dy = ∂L/∂O (F, H', W'): one step for every cell, no padding.

    ∂L/∂X[m, n] = Σ F[u, v] · ∂L/∂O[i, j] over the outputs whose window held X[m, n] under F[u, v]. A cell that no
    window held has no terms: its gradient is 0. Each term's `origin` is the output that it comes from.
    Raises ValueError unless dy has the shape of O.
    """
    upstream = _upstream_grid(forward, dy)
    frame = forward.grid["input"].padding
    terms: dict[Cell, list[Term]] = defaultdict(list)
    for step, term in _forward_products(forward):
        if term.right is not None:
            weight, gradient = value(forward, term.right), exact_decimal(float(dy[step.writes[1:]]))
            cell = Cell("gradient", term.left.plane, term.left.row - frame.top, term.left.column - frame.left)
            back = Term(step.writes._replace(grid="upstream"), term.right, gradient * weight, step.writes)
            terms[cell].append(back)
    x = remove_padding(forward.grid["input"])
    steps = tuple(_sum_step(cell, terms[cell]) for cell in _grid_cells("gradient", x.shape))
    result = Grid("gradient", "∂L/∂X", "gradient", _step_totals(steps, x.shape), planes=forward.grid["input"].planes)
    kernel = replace(forward.grid["kernel"], label="F", at_once=0)
    return Trace((upstream, kernel, result, _origin_grid(forward)), steps, signs=("∗ᵀ", "=", ""))


def bias_gradient(forward: Trace, dy: Array) -> Trace:
    """Write out ∂L/∂b of a convolution's trace: for each filter the sum of its ∂L/∂O, as b is part of each output once.

    Raises ValueError unless dy has the shape of O, (F, H', W').
    """
    upstream = _upstream_grid(forward, dy)
    steps = tuple(
        _sum_step(
            Cell("gradient", 0, f, 0),
            [
                Term(Cell("upstream", f, i, j), None, exact_decimal(float(number)), Cell("output", f, i, j))
                for (i, j), number in np.ndenumerate(plane)
            ],
        )
        for f, plane in enumerate(dy)
    )
    result = Grid("gradient", "∂L/∂b", "gradient", _step_totals(steps, (1, len(dy), 1)))
    return Trace((upstream, result, _origin_grid(forward)), steps, signs=("Σ", ""))


def full_convolution(x: Array, w: Array, dy: Array, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> Trace:
    """Write out ∂L/∂X as the "full" convolution of ∂L/∂O with the kernel rotated by 180°; one channel, one filter.

    x (H, W), w (kH, kW), dy (H', W'). The stride puts stride − 1 zeros between the numbers of dy, and
    dilation·(k − 1) − padding zeros around them let every weight meet every number (Dumoulin and Visin, 2016).
    The result is that of `input_gradient`. Raises ValueError unless dy has the shape of the output.
    """
    _, _, sweep = convolution_arguments(x[None, None], w[None, None], stride, padding, dilation, 1)
    if dy.shape != sweep.output:
        raise ValueError(_shape_message(dy.shape, sweep.output))
    reach = [dilation * (k - 1) for k in w.shape]
    spread = np.zeros([size + 2 * padding + more for size, more in zip(x.shape, reach, strict=True)])
    spread[tuple(slice(r, r + (n - 1) * stride + 1, stride) for r, n in zip(reach, dy.shape, strict=True))] = dy
    spread = spread[tuple(slice(padding, padding + n + r) for n, r in zip(x.shape, reach, strict=True))]
    trace = convolution_trace(spread[None], w[None, None], dilation=dilation, flip=True)
    edges = []
    for r, n, size in zip(reach, dy.shape, spread.shape, strict=True):
        before = max(0, r - padding)
        edges += [before, max(0, size - (r - padding + (n - 1) * stride + 1))]
    grids = (
        replace(trace.grid["input"], label="∂L/∂O, spread out", role="gradient", padding=Padding(*edges)),
        replace(trace.grid["kernel"], label="F, rotated 180°"),
        replace(trace.grid["output"], label="∂L/∂X", role="gradient"),
    )
    return replace(trace, grids=grids)


def pooling_gradient(forward: Trace, dy: Array) -> Trace:
    """Write out ∂L/∂x of a pooling's trace, given dy = ∂L/∂(its output) (C, H', W').

    Maximum: each number of dy goes to the cell that won its window (the first of equals, as in PyTorch). Mean: it is
    divided evenly among the cells of its window. Overlapping windows add up. Raises ValueError for other kinds of
    pooling, for windows of unequal size (their shares differ), and unless dy has the output's shape.
    """
    kinds = {(step.combine, step.divisor) for step in forward.steps}
    (combine, divisor), *others = kinds
    if others or combine not in ("max", "mean"):
        raise ValueError("The forward trace must be a maximum, or a mean over windows of equal size.")
    upstream = _upstream_grid(forward, dy)
    frame = forward.grid["input"].padding
    terms: dict[Cell, list[Term]] = defaultdict(list)
    for step in forward.steps:
        winners = (
            step.terms
            if combine == "mean"
            else step.terms[step.chosen : step.chosen + 1]
            if step.chosen is not None
            else ()
        )
        for term in winners:
            cell = Cell("gradient", term.left.plane, term.left.row - frame.top, term.left.column - frame.left)
            number = exact_decimal(float(dy[step.writes[1:]]))
            terms[cell].append(Term(step.writes._replace(grid="upstream"), None, number, step.writes))
    x = remove_padding(forward.grid["input"])
    steps = tuple(_sum_step(cell, terms[cell], divisor) for cell in _grid_cells("gradient", x.shape))
    result = Grid("gradient", "∂L/∂R", "gradient", _step_totals(steps, x.shape), planes=forward.grid["input"].planes)
    return Trace((upstream, result, _origin_grid(forward)), steps, signs=("→", ""))


def relu_trace(x: Array) -> Trace:
    """Write out ReLU of x (C, H, W), max(0, x), as x times a mask that is 1 where x is above 0, else 0."""
    mask = (x > 0).astype(np.float64)
    return _masked_trace(
        x, mask, Grid("input", "O", "input", x), "x > 0 ?", Grid("output", "R = ReLU(O)", "output", x * mask)
    )


def relu_gradient(x: Array, dy: Array) -> Trace:
    """Write out ∂L/∂x of ReLU, given dy = ∂L/∂R: it passes where x was above 0, and is 0 elsewhere.

    Raises ValueError unless dy has the shape of x.
    """
    if dy.shape != x.shape:
        raise ValueError(_shape_message(dy.shape, x.shape))
    mask = (x > 0).astype(np.float64)
    upstream = Grid("input", "∂L/∂R", "gradient", dy)
    return _masked_trace(dy, mask, upstream, "O > 0 ?", Grid("output", "∂L/∂O", "gradient", dy * mask))


def remove_padding(grid: Grid) -> Array:
    """Return the numbers of a grid without its padding."""
    top, bottom, left, right = grid.padding
    _, height, width = grid.values.shape
    return grid.values[:, top : height - bottom, left : width - right]


def _masked_trace(x: Array, mask: Array, read: Grid, label: str, written: Grid) -> Trace:
    steps = tuple(
        _sum_step(
            Cell("output", *map(int, at)),
            [Term(Cell("input", *map(int, at)), Cell("mask", *map(int, at)), exact_decimal(float(x[at] * mask[at])))],
        )
        for at in np.ndindex(x.shape)
    )
    return Trace((read, Grid("mask", label, "kernel", mask), written), steps, signs=("·", "="))


def _forward_products(forward: Trace) -> Iterator[tuple[Step, Term]]:
    """Return every product of the forward pass, with the step whose sum it is part of."""
    return ((step, term) for step in forward.steps for term in step.terms)


def _upstream_grid(forward: Trace, dy: Array) -> Grid:
    """Return ∂L/∂(output) as a grid. Raises ValueError unless it has the output's shape and finite values."""
    output = forward.grid["output"]
    if dy.shape != output.values.shape:
        raise ValueError(_shape_message(dy.shape, output.values.shape))
    if not np.isfinite(dy).all():
        raise ValueError("The array dy holds a value that is not a finite number: every cell needs one.")
    return Grid("upstream", "∂L/∂O", "gradient", dy, planes=output.planes)


def _shape_message(shape: tuple[int, ...], right: tuple[int, ...]) -> str:
    return f"dy has shape {shape}: give the shape of the output, here {right}."


def _origin_grid(forward: Trace) -> Grid:
    """Return the forward output, shown beside a gradient: its cells light up with the terms they belong to."""
    output = forward.grid["output"]
    return replace(output, label="O, forward", at_once=0)


def _grid_cells(grid: str, shape: tuple[int, ...]) -> Iterator[Cell]:
    return (Cell(grid, plane, row, column) for plane, row, column in np.ndindex(*shape))


def _sum_step(writes: Cell, terms: list[Term], divisor: int = 1) -> Step:
    """Return the step that adds up `terms`, divided by `divisor` where they are shares."""
    total = sum((term.value for term in terms), Decimal(0))
    if divisor == 1 or not terms:
        return Step(writes, tuple(terms), total)
    return Step(writes, tuple(terms), total / divisor, combine="mean", divisor=divisor)


def _step_totals(steps: tuple[Step, ...], shape: tuple[int, ...]) -> Array:
    return np.array([float(step.total) for step in steps]).reshape(shape)

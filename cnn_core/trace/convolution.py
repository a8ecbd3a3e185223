"""The trace of a convolution: one step per output value, one term per weight."""

from decimal import Decimal
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cnn_core.ops import flip_kernel
from cnn_core.ops.arguments import IntOrPair, Sweep, convolution_arguments
from cnn_core.ops.arguments import Padding as PaddingArgument
from cnn_core.ops.windows import PaddingMode, fill_padding
from cnn_core.trace.decimals import exact_decimal
from cnn_core.trace.model import Cell, Grid, Padding, Step, Term, Trace

Array = NDArray[np.float64]


def convolution_trace(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: PaddingArgument = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
    padding_mode: PaddingMode = "zeros",
    flip: bool = False,
) -> Trace:
    """Write out a convolution of one image.

    x: input (C, H, W); w: kernels (F, C/groups, kH, kW); b: biases (F,) or None; the settings are those of
    `cnn_core.ops.conv2d`, whose formula this spells out, and `padding_mode` as in torch.nn.Conv2d. With `flip` the
    kernel is rotated by 180° first: the convolution of mathematics; without, the cross-correlation that deep learning
    calls convolution. Steps run over filters, rows, columns; the grids are "input" (padded), "kernel", "bias" where
    there is one, and "output".
    Raises ValueError when shapes disagree, a value is not finite or the kernel does not fit.

    >>> trace = convolution_trace(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[[-1.0, 1.0]]]]))
    >>> trace.grid["output"].values.tolist(), len(trace.steps)
    ([[[1.0, 1.0]]], 2)
    """
    images, kernels, sweep = convolution_arguments(np.asarray(x)[None], w, stride, padding, dilation, groups)
    weights = np.asarray(flip_kernel(kernels) if flip else kernels, dtype=np.float64)
    check_values(x, weights, b)
    padded: Array = fill_padding(images[0], sweep.padding, padding_mode).astype(np.float64)
    steps = _convolution_steps(padded, weights, b, sweep, groups)
    output = np.array([float(step.total) for step in steps]).reshape(len(weights), *sweep.output)
    (top, bottom), (left, right) = sweep.padding
    grids = (
        Grid(
            "input", "Input", "input", padded, Padding(top, bottom, left, right), number_planes("channel", len(padded))
        ),
        _kernel_grid(weights, flip),
        *bias_grid(b),
        Grid("output", "Output", "output", output, planes=number_planes("filter", len(weights)), at_once=1),
    )
    return Trace(grids, steps, signs=("∗", "+", "=") if b is not None else ("∗", "="))


def _kernel_grid(weights: Array, flip: bool) -> Grid:
    """Return the kernels (F, C, kH, kW) as a grid, one plane per filter and channel; one filter is shown at a time."""
    filters, channels = weights.shape[:2]
    names = [f"filter {f + 1}, channel {c + 1}" for f in range(filters) for c in range(channels)]
    label = "Kernel, flipped" if flip else "Kernel"
    planes = weights.reshape(-1, *weights.shape[2:])
    named = tuple(names) if len(names) > 1 else ()
    return Grid("kernel", label, "kernel", planes, planes=named, at_once=channels, rotated=flip)


def bias_grid(b: Array | None) -> tuple[Grid, ...]:
    """Return the biases (F,) as a grid of one column, one cell per filter; nothing without biases."""
    return () if b is None else (Grid("bias", "Bias", "kernel", np.asarray(b, dtype=np.float64).reshape(1, -1, 1)),)


def number_planes(noun: str, count: int) -> tuple[str, ...]:
    """Name planes “channel 1”, “channel 2” …; a single plane gets no name."""
    return tuple(f"{noun} {i + 1}" for i in range(count)) if count > 1 else ()


def _convolution_steps(x: Array, w: Array, b: Array | None, sweep: Sweep, groups: int) -> tuple[Step, ...]:
    """Return a step for every output cell of the padded input `x`, over filters, rows, columns."""
    filters, channels, *kernel = w.shape
    inputs = _exact_cells("input", x)
    weights = _exact_cells("kernel", w.reshape(-1, *kernel))
    per_group = filters // groups
    steps = []
    for f, row, column in product(range(filters), *map(range, sweep.output)):
        top, left = row * sweep.stride[0], column * sweep.stride[1]
        first = f // per_group * channels  # the first channel of this filter's group
        terms = []
        for c, i, j in product(range(channels), *map(range, kernel)):
            seen, number = inputs[first + c][top + i * sweep.dilation[0]][left + j * sweep.dilation[1]]
            weight, factor = weights[f * channels + c][i][j]
            terms.append(Term(seen, weight, number * factor))
        bias = Decimal(0) if b is None else exact_decimal(float(b[f]))
        total = sum((term.value for term in terms), bias)
        bias_at = None if b is None else Cell("bias", 0, f, 0)
        steps.append(Step(Cell("output", f, row, column), tuple(terms), total, bias, bias_at=bias_at))
    return tuple(steps)


def _exact_cells(grid: str, values: Array) -> list[list[list[tuple[Cell, Decimal]]]]:
    """Return every cell of a grid with its number, made once because windows read each of them many times."""
    return [
        [
            [(Cell(grid, p, i, j), exact_decimal(float(value))) for j, value in enumerate(row)]
            for i, row in enumerate(plane)
        ]
        for p, plane in enumerate(values)
    ]


def check_values(x: Array, w: Array, b: Array | None) -> None:
    """Raise ValueError unless there is one bias per filter and all values are finite."""
    if b is not None and np.shape(b) != (len(w),):
        raise ValueError(f"The array b has shape {np.shape(b)}: right is one bias a filter, ({len(w)},).")
    for name, values in (("x", x), ("w", w), ("b", b)):
        if values is not None and not np.isfinite(values).all():
            raise ValueError(f"The array {name} holds a value that is not a finite number: every cell needs one.")

"""The trace of a convolution: one step per output value, one term per weight."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from cnn_core.ops import flip_kernel
from cnn_core.ops.arguments import IntOrPair, Sweep, convolution_arguments
from cnn_core.ops.arguments import Padding as PaddingArgument
from cnn_core.trace.model import Cell, Grid, Padding, Step, Term, Trace
from cnn_core.trace.text import exact

Array = NDArray[np.float64]


def convolution_trace(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: PaddingArgument = 0,
    dilation: IntOrPair = 1,
    flip: bool = False,
) -> Trace:
    """Write out a convolution of one image.

    x: input (C, H, W); w: kernels (F, C, kH, kW); b: biases (F,) or None; the settings are those of
    `cnn_core.ops.conv2d`, whose formula this spells out. With `flip` the kernel is rotated by 180° first: the
    convolution of mathematics; without, the cross-correlation that deep learning calls convolution.
    Steps run over filters, rows, columns; the grids are "input" (padded), "kernel" and "output".
    Raises ValueError when shapes disagree, a value is not finite or the kernel does not fit.
    """
    images, kernels, sweep = convolution_arguments(np.asarray(x)[None], w, stride, padding, dilation, groups=1)
    weights = np.asarray(flip_kernel(kernels) if flip else kernels, dtype=np.float64)
    biases = np.zeros(len(weights)) if b is None else np.asarray(b, dtype=np.float64)
    _check_values(x, weights, biases)
    (top, bottom), (left, right) = sweep.padding
    padded = np.pad(images[0].astype(np.float64), ((0, 0), *sweep.padding))
    steps = tuple(
        _step(padded, weights, float(biases[f]), Cell("output", f, row, column), sweep)
        for f, row, column in product(range(len(weights)), *map(range, sweep.output))
    )
    output = np.array([float(step.total) for step in steps]).reshape(len(weights), *sweep.output)
    return Trace(
        grids=(
            Grid(
                "input", "Input", "input", padded, Padding(top, bottom, left, right), _numbered("channel", len(padded))
            ),
            _kernel_grid(weights, flip),
            Grid("output", "Output", "output", output, planes=_numbered("filter", len(weights))),
        ),
        steps=steps,
        signs=("∗", "="),
    )


def _kernel_grid(weights: Array, flip: bool) -> Grid:
    """The kernels (F, C, kH, kW) as planes, one a filter and channel."""
    filters, channels = weights.shape[:2]
    planes = [f"filter {f + 1}, channel {c + 1}" for f in range(filters) for c in range(channels)]
    label = "Kernel, flipped" if flip else "Kernel"
    return Grid(
        "kernel",
        label,
        "kernel",
        weights.reshape(-1, *weights.shape[2:]),
        planes=tuple(planes) if len(planes) > 1 else (),
    )


def _numbered(noun: str, count: int) -> tuple[str, ...]:
    return tuple(f"{noun} {i + 1}" for i in range(count)) if count > 1 else ()


def _step(x: Array, w: Array, bias: float, writes: Cell, sweep: Sweep) -> Step:
    """The step that writes one output cell from the padded input `x`."""
    _, channels, height, width = w.shape
    top, left = writes.row * sweep.stride[0], writes.column * sweep.stride[1]
    terms = []
    for c, i, j in product(range(channels), range(height), range(width)):
        seen = Cell("input", c, top + i * sweep.dilation[0], left + j * sweep.dilation[1])
        weight = Cell("kernel", writes.plane * channels + c, i, j)
        terms.append(Term(seen, weight, exact(x[seen[1:]]) * exact(w[writes.plane, c, i, j])))
    return Step(writes, tuple(terms), total=sum((term.value for term in terms), exact(bias)), bias=exact(bias))


def _check_values(x: Array, w: Array, b: Array) -> None:
    if b.shape != (len(w),):
        raise ValueError(f"b has shape {b.shape}: right is one bias a filter, ({len(w)},).")
    for name, values in (("x", x), ("w", w), ("b", b)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds a value that is not a finite number: every cell needs one.")

"""The trace of a transposed convolution, which leads from a convolution's output back to its input's size."""

from decimal import Decimal
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cnn_core.ops.arguments import IntOrPair, Sweep, convolution_arguments
from cnn_core.ops.arguments import Padding as PaddingArgument
from cnn_core.trace.convolution import check_values, number_planes
from cnn_core.trace.decimals import exact_decimal
from cnn_core.trace.model import Cell, Grid, Step, Term, Trace

Array = NDArray[np.float64]


def transposed_trace(
    y: Array,
    w: Array,
    size: tuple[int, int],
    *,
    stride: IntOrPair = 1,
    padding: PaddingArgument = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Trace:
    """Write out the transposed convolution that brings y (F, H', W') back to `size` (H, W).

    w holds the kernels (F, C/groups, kH, kW); the settings are those of the convolution that is undone. Every value of
    y is multiplied by the whole kernel and written where that kernel had read; overlapping products are added
    (torch.nn.ConvTranspose2d; the same sums as the gradient of a convolution with respect to its input). There is one
    step per output value, with a term for each cell of y whose window held it; without such a cell the value is 0.
    Raises ValueError when the convolution of an input of `size` does not give the shape of y.
    """
    images = np.zeros((1, w.shape[1] * groups, *size))
    _, kernels, sweep = convolution_arguments(images, w, stride, padding, dilation, groups)
    weights = np.asarray(kernels, dtype=np.float64)
    check_values(y, weights, None)
    if y.shape != (len(w), *sweep.output):
        raise ValueError(
            f"The array y has shape {y.shape}: a convolution of {size} with these settings gives {sweep.output}."
        )
    steps = _transposed_steps(y, weights, sweep, groups)
    back = np.array([float(step.total) for step in steps]).reshape(images.shape[1:])
    names = tuple(f"filter {f + 1}, channel {c + 1}" for f, c in product(range(len(w)), range(w.shape[1])))
    planes = names if len(names) > 1 else ()
    channels = number_planes("channel", len(back))
    grids = (
        Grid("input", "Input: the output from before", "input", y, planes=number_planes("filter", len(y))),
        Grid("kernel", "Kernel", "kernel", weights.reshape(-1, *w.shape[2:]), planes=planes),
        Grid("output", "Output: back at the old size", "output", back, planes=channels, at_once=1),
    )
    return Trace(grids, steps, signs=("∗ᵀ", "="))


def _transposed_steps(y: Array, w: Array, sweep: Sweep, groups: int) -> tuple[Step, ...]:
    filters, channels, *kernel = w.shape
    per_group = filters // groups
    steps = []
    for channel, row, column in product(range(channels * groups), *map(range, sweep.size)):
        group, c = divmod(channel, channels)
        terms = []
        for f, u, v in product(range(group * per_group, (group + 1) * per_group), *map(range, kernel)):
            i, j = sweep.rows.reader(row, u), sweep.columns.reader(column, v)
            if i is not None and j is not None:
                value = exact_decimal(float(y[f, i, j])) * exact_decimal(float(w[f, c, u, v]))
                terms.append(Term(Cell("input", f, i, j), Cell("kernel", f * channels + c, u, v), value))
        # in the order in which the windows pass
        terms.sort(key=lambda term: term.left)
        total = sum((term.value for term in terms), Decimal(0))
        steps.append(Step(Cell("output", channel, row, column), tuple(terms), total))
    return tuple(steps)

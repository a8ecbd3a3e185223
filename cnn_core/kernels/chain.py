"""Filters one after the other: every stage, and the single kernel that does the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.geometry import ReceptiveField
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings, Result, apply_kernel, padding_margins

MAX_LINKS = 5
PROBE_MARGIN = 96
"""Pixels beyond the receptive field on which a chain is compared with its equivalent kernel."""


@dataclass(frozen=True, eq=False)
class EquivalentKernel:
    """The one kernel that a chain without ReLU amounts to: y = Σ w·x + bias, every `stride` pixels."""

    weights: Weights
    bias: float
    stride: int


def run_chain(image: NDArray[np.generic], kernels: Sequence[Weights], layer: FilterSettings) -> list[Result]:
    """The picture after each kernel, all with the same `layer`. Raises ValueError that names the stage that fails."""
    stages: list[Result] = []
    current = image
    for number, weights in enumerate(kernels, 1):
        try:
            current = apply_kernel(current, weights, layer)
        except ValueError as problem:
            raise ValueError(f"Filter {number}: {problem}") from None
        stages.append(current)
    return stages


def equivalent_kernel(kernels: Sequence[Weights], layer: FilterSettings) -> EquivalentKernel | None:
    """One kernel for the whole chain, exact away from the border; None with ReLU, which no single kernel can do.

    Correlating with a, then with b, is correlating with their full convolution a ∗ b; after strides, b's weights lie
    as many pixels apart. A bias passes through the later kernels as through any flat picture.
    """
    if layer.relu and len(kernels) > 1:
        return None
    weights, bias, jump = np.ones((1, 1)), 0.0, 1
    for kernel in kernels:
        spread = _spread_weights(layer.orient_kernel(kernel), layer.dilation * jump)
        weights = _convolve_kernels(weights, spread)
        bias = bias * float(kernel.sum()) + layer.bias
        jump *= layer.stride
    return EquivalentKernel(weights, bias, jump)


def receptive_fields(kernels: Sequence[Weights], layer: FilterSettings) -> list[tuple[ReceptiveField, ReceptiveField]]:
    """What one value sees of the picture after each kernel, along its rows and along its columns."""
    rows = columns = ReceptiveField()
    fields = []
    for kernel in kernels:
        rows, columns = (
            axis.through(side, stride=layer.stride, padding=added, dilation=layer.dilation)
            for axis, side, added in zip((rows, columns), kernel.shape, padding_margins(kernel, layer), strict=True)
        )
        fields.append((rows, columns))
    return fields


def largest_difference(image: NDArray[np.generic], kernels: Sequence[Weights], layer: FilterSettings) -> float:
    """The largest difference between a chain and its equivalent kernel, measured on a part of the picture (H, W).

    Nothing is padded for this, as only the border tells the two apart. Raises ValueError when there is no equivalent
    kernel, or when the picture is smaller than its receptive field.
    """
    single = equivalent_kernel(kernels, layer)
    if single is None:
        raise ValueError("With ReLU between the filters no single kernel does the same.")
    inside = FilterSettings(layer.stride, layer.dilation, "valid", layer.flip, layer.bias, relu=False)
    rows, columns = (side + PROBE_MARGIN for side in single.weights.shape)
    top, left = ((max(0, size - part)) // 2 for size, part in zip(image.shape[:2], (rows, columns), strict=True))
    part = np.asarray(image[top : top + rows, left : left + columns], dtype=np.float32)
    ours = run_chain(part, kernels, inside)[-1]
    theirs = apply_kernel(part, single.weights, FilterSettings(single.stride, 1, "valid", bias=single.bias))
    common = tuple(slice(0, min(sizes)) for sizes in zip(ours.shape, theirs.shape, strict=True))
    return float(np.abs(ours[common] - theirs[common]).max())


def _spread_weights(weights: Weights, gap: int) -> Weights:
    """The weights `gap` cells apart, zeros between."""
    rows, columns = ((side - 1) * gap + 1 for side in weights.shape)
    apart = np.zeros((rows, columns))
    apart[::gap, ::gap] = weights
    return apart


def _convolve_kernels(a: Weights, b: Weights) -> Weights:
    """The full convolution of two kernels: a copy of `b` for each weight of `a`, added up."""
    rows, columns = (one + other - 1 for one, other in zip(a.shape, b.shape, strict=True))
    total = np.zeros((rows, columns))
    for (u, v), weight in np.ndenumerate(a):
        if weight:
            total[u : u + b.shape[0], v : v + b.shape[1]] += weight * b
    return np.asarray(np.round(total, 10) + 0.0, dtype=np.float64)

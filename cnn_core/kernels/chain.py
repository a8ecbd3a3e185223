"""Apply kernels one after the other, and find the single kernel that is equal to the chain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.geometry import ReceptiveField
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings, Result, apply_kernel, padding_margins

MAX_LINKS = 5
"""Most kernels of a chain: with 11 × 11 weights each, one value then sees 51 × 51 pixels."""
PROBE_MARGIN = 96
"""Pixels by which the part on which a chain is compared with its equivalent kernel exceeds the receptive field."""


@dataclass(frozen=True, eq=False)
class EquivalentKernel:
    """The single kernel that is equal to a chain without ReLU: y = Σ w·x + bias, every `stride` pixels."""

    weights: Weights
    bias: float
    stride: int


def run_chain(image: NDArray[np.generic], kernels: Sequence[Weights], settings: FilterSettings) -> list[Result]:
    """Return the picture after each kernel, every one applied with the same `settings`.

    Raises ValueError that names the first filter that fails.
    """
    stages: list[Result] = []
    current = image
    for number, weights in enumerate(kernels, 1):
        try:
            current = apply_kernel(current, weights, settings)
        except ValueError as problem:
            raise ValueError(f"Filter {number}: {problem}") from None
        stages.append(current)
    return stages


def equivalent_kernel(kernels: Sequence[Weights], settings: FilterSettings) -> EquivalentKernel | None:
    """Return the kernel that equals the whole chain away from the border; None with ReLU, which no kernel can express.

    Correlating with a and then with b is correlating with their full convolution a ∗ b; after strides, b's weights lie
    that many pixels apart. The later kernels multiply an earlier bias by the sum of their weights.

    >>> equivalent_kernel([np.ones((1, 2)), np.ones((1, 2))], FilterSettings()).weights.tolist()
    [[1.0, 2.0, 1.0]]
    """
    if settings.relu and len(kernels) > 1:
        return None
    weights, bias, jump = np.ones((1, 1)), 0.0, 1
    for kernel in kernels:
        spread = _spread_weights(settings.orient_kernel(kernel), settings.dilation * jump)
        weights = _convolve_kernels(weights, spread)
        bias = bias * float(kernel.sum()) + settings.bias
        jump *= settings.stride
    return EquivalentKernel(weights, bias, jump)


def receptive_fields(
    kernels: Sequence[Weights], settings: FilterSettings
) -> list[tuple[ReceptiveField, ReceptiveField]]:
    """Return the receptive field of one value after each kernel, along the rows and along the columns."""
    rows = columns = ReceptiveField()
    fields = []
    for kernel in kernels:
        rows, columns = (
            axis.through(side, stride=settings.stride, padding=added, dilation=settings.dilation)
            for axis, side, added in zip((rows, columns), kernel.shape, padding_margins(kernel, settings), strict=True)
        )
        fields.append((rows, columns))
    return fields


def largest_difference(image: NDArray[np.generic], kernels: Sequence[Weights], settings: FilterSettings) -> float:
    """Measure the largest difference between a chain and its equivalent kernel on a part of the picture (H, W).

    Nothing is padded, because the two may differ at the border. Raises ValueError when there is no equivalent kernel,
    or when the picture is smaller than its receptive field.
    """
    single = equivalent_kernel(kernels, settings)
    if single is None:
        raise ValueError("With ReLU between the filters no single kernel does the same.")
    inside = FilterSettings(settings.stride, settings.dilation, "valid", settings.flip, settings.bias, relu=False)
    rows, columns = (side + PROBE_MARGIN for side in single.weights.shape)
    top, left = ((max(0, size - part)) // 2 for size, part in zip(image.shape[:2], (rows, columns), strict=True))
    part = np.asarray(image[top : top + rows, left : left + columns], dtype=np.float32)
    chained = run_chain(part, kernels, inside)[-1]
    at_once = apply_kernel(part, single.weights, FilterSettings(single.stride, 1, "valid", bias=single.bias))
    common = tuple(slice(0, min(sizes)) for sizes in zip(chained.shape, at_once.shape, strict=True))
    return float(np.abs(chained[common] - at_once[common]).max())


def _spread_weights(weights: Weights, gap: int) -> Weights:
    """Place the weights `gap` cells apart, with zeros between them."""
    rows, columns = ((side - 1) * gap + 1 for side in weights.shape)
    apart = np.zeros((rows, columns))
    apart[::gap, ::gap] = weights
    return apart


def _convolve_kernels(a: Weights, b: Weights) -> Weights:
    """Compute the full convolution of two kernels: a copy of `b` for each weight of `a`, added up."""
    rows, columns = (one + other - 1 for one, other in zip(a.shape, b.shape, strict=True))
    total = np.zeros((rows, columns))
    for (u, v), weight in np.ndenumerate(a):
        if weight:
            total[u : u + b.shape[0], v : v + b.shape[1]] += weight * b
    return np.asarray(np.round(total, 10) + 0.0, dtype=np.float64)  # + 0.0 makes −0 a 0

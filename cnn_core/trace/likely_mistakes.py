"""Likely wrong answers with a sentence that helps, for a learner who predicts a number before it is shown."""

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from cnn_core.trace import decimals
from cnn_core.trace.model import Step, Trace


def convolution_slips(trace: Trace, other: NDArray[np.float64], *, flip: bool) -> list[list[tuple[str, str]]]:
    """List for each step of a convolution's `trace` the wrong answers that a learner may give, with a sentence each.

    `flip` says whether the kernel of the trace is turned by 180°; `other` is the output (F, H', W') with the kernel
    turned the other way.
    """
    turning = "that is cross-correlation: turn the kernel by 180° first."
    if not flip:
        turning = "that is the true convolution: here the kernel is laid on as it is."
    result = []
    for step, turned in zip(trace.steps, other.ravel(), strict=True):
        slips = (
            (decimals.format_decimal(decimals.exact_decimal(float(turned))), turning),
            (decimals.format_decimal(step.total - step.bias), "the bias is missing."),
            (decimals.format_decimal(-step.total), "the sign is the other one."),
        )
        right = decimals.format_decimal(step.total)
        result.append([(answer, words) for answer, words in slips if answer != right])
    return result


def pooling_slips(trace: Trace) -> list[list[tuple[str, str]]]:
    """List for each step of a pooling the likely wrong answers, each with a sentence that says what went wrong.

    >>> from cnn_core.trace import max_pool_trace
    >>> pooling_slips(max_pool_trace(np.array([[[1.0, 3.0]]]), (1, 2)))[0][0]
    ('2', 'that is the mean. Max pooling keeps the largest.')
    """
    return [
        [
            (decimals.format_decimal(value), sentence)
            for value, sentence in _step_slips(step)
            if decimals.format_decimal(value) != decimals.format_decimal(step.total)
        ]
        for step in trace.steps
    ]


def _step_slips(step: Step) -> list[tuple[Decimal, str]]:
    values = [term.value for term in step.terms if term.value.is_finite()]
    if not values:
        return []
    total, count = sum(values, Decimal(0)), len(values)
    squares = sum((value * value for value in values), Decimal(0))
    if step.combine == "max":
        beside_padding = [(Decimal(0), "padding holds −∞ here, not 0: it never wins.")]
        return [
            *(beside_padding if count < len(step.terms) else []),
            (total / count, "that is the mean. Max pooling keeps the largest."),
            (min(values), "that is the smallest number of the window."),
            (max(map(abs, values)), "that is the largest without its sign: −9 is less than −2."),
        ]
    if step.combine == "mean":
        return [
            (total, f"that is the sum. Divide it by {step.divisor}."),
            (total / count, f"not every cell counts here: divide the sum by {step.divisor}."),
            (max(values), "that is the largest. Average pooling takes the mean."),
        ]
    return [
        (squares, "that is the sum of the squares. Take its root."),
        (total, "that is the plain sum. Square each number first, and take the root at the end."),
        (max(values), "that is the largest. L2 pooling adds squares and takes the root."),
    ]

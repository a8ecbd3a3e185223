"""Likely wrong answers with a sentence that helps, for a learner who predicts a number before it is shown."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.trace import decimals
from cnn_core.trace.model import Trace


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

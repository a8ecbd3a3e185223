"""Likely wrong answers, and the sentence that helps: for a learner who predicts before seeing."""

from cnn_core.ops.convolution import flip_kernel
from cnn_core.trace import text
from cnn_core.trace.model import Trace


def convolution_slips(trace: Trace, *, flip: bool) -> list[list[tuple[str, str]]]:
    """For each step of a convolution's `trace` the wrong answers that a learner may well give, each with a sentence.

    `flip` says whether the trace laid its kernel on turned by 180°: then the slip is not to turn it, else to turn it.
    """
    x, turned = trace.grid["input"].values, flip_kernel(trace.grid["kernel"].values)
    other = (
        "that is cross-correlation: turn the kernel by 180° first."
        if flip
        else ("that is the true convolution: here the kernel is laid on as it is.")
    )
    result = []
    for step in trace.steps:
        mirrored = float(step.bias) + sum(
            x[term.left[1:]] * turned[term.right[1:]] for term in step.terms if term.right is not None
        )
        right = text.show(step.total)
        slips = {
            text.show(text.exact(round(float(mirrored), 9))): other,
            text.show(step.total - step.bias): "the bias is missing.",
            text.show(-step.total): "the sign is the other one.",
        }
        result.append([(answer, words) for answer, words in slips.items() if answer != right])
    return result

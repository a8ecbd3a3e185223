"""Wrong answers get the sentence that names the mistake."""

import numpy as np

from cnn_core import ops
from cnn_core.trace import convolution_trace
from cnn_core.trace.likely_mistakes import convolution_slips


def test_wrong_answers_are_told_apart():
    x, w, b = np.array([[[1.0, 2], [3, 4]]]), np.array([[[[1.0, 0], [0, 2]]]]), np.array([5.0])
    trace = convolution_trace(x, w, b)
    other = ops.conv2d(x[None], ops.flip_kernel(w), b)[0]
    assert convolution_slips(trace, other, flip=False) == [
        [
            (str(1 * 2 + 4 * 1 + 5), "that is the true convolution: here the kernel is laid on as it is."),
            (str(1 * 1 + 4 * 2), "the bias is missing."),
            (f"−{1 * 1 + 4 * 2 + 5}", "the sign is the other one."),
        ]
    ]
    symmetric = convolution_trace(x, np.ones((1, 1, 2, 2)))
    assert convolution_slips(symmetric, symmetric.grid["output"].values, flip=True) == [
        [("−10", "the sign is the other one.")]  # a right answer is never called a slip
    ]

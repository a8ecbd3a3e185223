"""Wrong answers get the sentence that names the mistake."""

from typing import Any

import numpy as np
from hypothesis import given, settings

from cnn_core import ops
from cnn_core.trace import avg_pool_trace, convolution_trace, lp_pool_trace, max_pool_trace, play_data
from cnn_core.trace.likely_mistakes import convolution_slips, pooling_slips
from tests.cnn_core.trace.drawn_poolings import CLASSICAL, TRACES, poolings


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


def test_wrong_answers_are_recognised() -> None:
    first = dict(pooling_slips(max_pool_trace(CLASSICAL, 2))[0])  # 1 1 / 5 6
    assert "mean" in first[f"{(1 + 1 + 5 + 6) / 4:g}"]
    assert "smallest" in first["1"]
    assert "0" not in first
    padded = dict(pooling_slips(max_pool_trace(-CLASSICAL - 1, 2, padding=1))[0])  # one cell, −2
    assert "−∞" in padded["0"]
    assert "without its sign" in padded["2"]
    means = dict(pooling_slips(avg_pool_trace(CLASSICAL + 1, 2, padding=1, count_include_pad=False))[1])  # 0 0 / 2 3
    assert "Divide it by 2" in means["5"]
    assert "not every cell counts" in means[f"{5 / 4:g}"]
    lengths = dict(pooling_slips(lp_pool_trace(CLASSICAL, 2))[2])  # 3 2 / 1 2
    assert "root" in lengths[f"{9 + 4 + 1 + 4}"]
    assert "Square each number" in lengths[f"{3 + 2 + 1 + 2}"]


@given(poolings())
@settings(max_examples=30, deadline=None)
def test_no_right_answer_is_called_wrong(case: tuple[str, np.ndarray, Any, dict]) -> None:
    operation, x, kernel, options = case
    trace = TRACES[operation](x, kernel, **options)
    for step, wrong in zip(play_data(trace)["steps"], pooling_slips(trace), strict=True):
        assert step["total"] not in dict(wrong)

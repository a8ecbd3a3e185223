"""The matrix product of windows and filters computes the same as the convolution."""

import numpy as np
from hypothesis import given, settings

from cnn_core import ops
from cnn_core.trace import convolution_trace
from cnn_core.trace.im2col import im2col_trace
from tests.cnn_core.trace.drawn_convolutions import convolutions


@given(convolutions())
@settings(max_examples=60, deadline=None)
def test_the_matrix_product_is_the_convolution(case):
    x, w, b, options = case
    window_view = convolution_trace(x, w, b, **options)
    trace = im2col_trace(window_view, groups=options["groups"])
    expected = ops.conv2d(x[None], w, b, **options)[0].reshape(len(w), -1)
    product = trace.grid["filters"].values[0] @ trace.grid["windows"].values[0]
    np.testing.assert_allclose(product + (0 if b is None else b[:, None]), expected, atol=1e-12)
    np.testing.assert_allclose(trace.grid["output"].values[0], expected, atol=1e-12)
    for step in trace.steps:
        sums = [
            trace.grid["windows"].values[t.left[1:]] * trace.grid["filters"].values[t.right[1:]] for t in step.terms
        ]
        assert np.isclose(sum(sums) + float(step.bias), trace.grid["output"].values[step.writes[1:]])
    assert [step.total for step in trace.steps] == [step.total for step in window_view.steps]  # step s stays step s

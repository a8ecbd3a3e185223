"""The transposed convolution agrees with torch, and cells that no window held are 0."""

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import given, settings

from cnn_core import ops
from cnn_core.trace import play_data
from cnn_core.trace.model import visited
from cnn_core.trace.transposed import transposed_trace
from tests.cnn_core.trace.drawn_convolutions import convolutions


@given(convolutions())
@settings(max_examples=60, deadline=None)
def test_the_way_back_up_is_torchs_transposed_convolution(case):
    x, w, _, options = case
    y = ops.conv2d(x[None], w, None, **options)[0]
    trace = transposed_trace(y, w, x.shape[1:], **options)
    image = torch.tensor(x)[None].requires_grad_()
    down = F.conv2d(image, torch.tensor(w), **options)
    down.backward(torch.tensor(y)[None])  # the gradient of a convolution is the transposed convolution
    np.testing.assert_allclose(trace.grid["output"].values, image.grad[0].numpy(), atol=1e-10)
    span = [options["dilation"] * (k - 1) + 1 for k in w.shape[2:]]
    size = [(n - 1) * options["stride"] - 2 * options["padding"] + k for n, k in zip(y.shape[1:], span, strict=True)]
    if size == list(x.shape[1:]):  # else torch needs output_padding, which must be below the stride
        back = F.conv_transpose2d(torch.tensor(y)[None], torch.tensor(w), **options)[0].numpy()
        np.testing.assert_allclose(trace.grid["output"].values, back, atol=1e-10)
    assert visited(trace, trace.grid["input"]).shape == y.shape
    assert len(play_data(trace)["steps"]) == x.size


def test_a_cell_that_no_window_held_comes_back_as_zero():
    trace = transposed_trace(np.ones((1, 1, 1)), np.ones((1, 1, 2, 2)), (3, 3), stride=2)
    assert trace.steps[8].terms == ()
    data = play_data(trace)
    assert data["steps"][8]["lines"] == ["0 = 0"]
    assert data["first"][8] == data["first"][9] == 4

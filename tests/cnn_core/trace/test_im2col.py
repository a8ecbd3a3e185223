"""The other views of a convolution: matrix product, loops and the way back up compute the same as torch."""

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import ops
from cnn_core.trace import convolution_trace, play_data
from cnn_core.trace.as_code import loop_code, torch_code
from cnn_core.trace.im2col import im2col_trace
from cnn_core.trace.likely_mistakes import convolution_slips
from cnn_core.trace.model import visited
from cnn_core.trace.transposed import transposed_trace


@st.composite
def convolutions(draw):
    groups, per_group, more = (draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation, padding = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    least = max(1, max(dilation * (k - 1) + 1 for k in kernel) - 2 * padding)
    size = draw(st.tuples(st.integers(least, least + 4), st.integers(least, least + 4)))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = rng.integers(-9, 10, (groups * per_group, *size)).astype(float)
    w = rng.integers(-4, 5, (groups * more, per_group, *kernel)) / 2
    b = rng.integers(-3, 4, len(w)).astype(float) if draw(st.booleans()) else None
    return x, w, b, {"stride": draw(st.integers(1, 3)), "padding": padding, "dilation": dilation, "groups": groups}


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


@given(convolutions())
@settings(max_examples=60, deadline=None)
def test_the_loops_shown_are_loops_that_run(case):
    x, w, b, options = case
    trace = convolution_trace(x, w, b, **options)
    loops = loop_code(trace, stride=options["stride"], dilation=options["dilation"], groups=options["groups"])
    y = np.full(trace.grid["output"].values.shape, np.nan)
    exec("\n".join(loops["lines"]), {"xp": trace.grid["input"].values, "w": w, "b": b, "y": y})
    np.testing.assert_allclose(y, ops.conv2d(x[None], w, b, **options)[0], atol=1e-12)
    assert len(loops["step"]) == len(trace.steps)
    assert len(loops["term"]) == len(trace.steps[0].terms)
    assert "+=" in loops["lines"][loops["lit"]["term"]]


def test_one_channel_and_one_filter_are_four_loops():
    loops = loop_code(convolution_trace(np.ones((1, 4, 4)), np.ones((1, 1, 3, 3))))
    assert sum(line.lstrip().startswith("for ") for line in loops["lines"]) == 4
    assert (loops["step"][3], loops["term"][5]) == ("i = 1  j = 1", "u = 1  v = 2")


@given(convolutions(), st.sampled_from(["zeros", "reflect", "replicate", "circular"]), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_torch_code_computes_what_the_player_shows(case, mode, flip, uneven):
    x, w, b, options = case
    if uneven:
        options["padding"] = ((options["padding"], 0), (1, options["padding"]))
    try:
        trace = convolution_trace(x, w, b, **options, padding_mode=mode, flip=flip)
    except ValueError:  # too little input for this padding: the page shows the sentence
        return
    names = {"x": torch.tensor(x)[None], "w": torch.tensor(w), "b": None if b is None else torch.tensor(b)}
    exec(torch_code(options, padding_mode=mode, flip=flip, bias=b is not None), names)
    np.testing.assert_allclose(names["y"][0].numpy(), trace.grid["output"].values, atol=1e-12)


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

"""The backward traces: the numbers of torch and of our own operations, each term part of the forward sum it names."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import ops
from cnn_core.trace import avg_pool_trace, convolution_trace, max_pool_trace, play_data
from cnn_core.trace.backward import (
    bias_gradient,
    full_convolution,
    input_gradient,
    pooling_gradient,
    relu_gradient,
    relu_trace,
    weight_gradient,
)
from cnn_core.trace.model import sentence, value

X = np.array([[1.0, 2, 0], [3, -1, 2], [0, 1, 4]])
W = np.array([[1.0, -2], [3, 0]])
DY = np.array([[1.0, 2], [-1, 3]])


def result(trace):
    return trace.grid[trace.steps[0].writes.grid].values


@st.composite
def convolutions(draw, *, channels=True):
    groups, per_group, more = (
        (draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))) if channels else (1, 1, 1)
    )
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation, padding = draw(st.integers(1, 2)), draw(st.integers(0, 2))
    least = max(1, max(dilation * (k - 1) + 1 for k in kernel) - 2 * padding)
    size = draw(st.tuples(st.integers(least, least + 4), st.integers(least, least + 4)))
    options = {"stride": draw(st.integers(1, 3)), "padding": padding, "dilation": dilation}
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = rng.integers(-9, 10, (groups * per_group, *size)).astype(float)
    w = rng.integers(-4, 5, (groups * more, per_group, *kernel)) / 2
    y = ops.conv2d(x[None], w, None, **options, groups=groups)[0]
    return x, w, rng.integers(-5, 6, y.shape).astype(float), options, groups


@given(convolutions())
@settings(max_examples=80, deadline=None)
def test_gradients_of_a_convolution_equal_torch_and_our_own(case):
    x, w, dy, options, groups = case
    b = np.zeros(len(w))
    forward = convolution_trace(x, w, b, **options, groups=groups)
    traces = [input_gradient(forward, dy), weight_gradient(forward, dy), bias_gradient(forward, dy)]
    leaves = [torch.tensor(a, requires_grad=True) for a in (x[None], w, b)]
    F.conv2d(*leaves, **options, groups=groups).backward(torch.tensor(dy)[None])
    for module in (ops, ops.naive):
        ours = module.conv2d_backward(dy[None], x[None], w, **options, groups=groups)
        for trace, leaf, own in zip(traces, leaves, ours, strict=True):
            np.testing.assert_allclose(result(trace).ravel(), leaf.grad.numpy().ravel(), atol=1e-10)
            np.testing.assert_allclose(result(trace).ravel(), own.ravel(), atol=1e-10)


@given(convolutions())
@settings(max_examples=40, deadline=None)
def test_every_term_is_part_of_the_forward_sum_it_names(case):
    x, w, dy, options, groups = case
    forward = convolution_trace(x, w, **options, groups=groups)
    sums = {step.writes: step for step in forward.steps}
    frame = forward.grid["input"].padding
    for trace, place in ((weight_gradient(forward, dy), "right"), (input_gradient(forward, dy), "left")):
        for step in trace.steps:
            for term in step.terms:
                if place == "right":  # the weight written, the input read
                    product = (term.left, step.writes._replace(grid="kernel"))
                else:
                    at = step.writes
                    product = (
                        at._replace(grid="input", row=at.row + frame.top, column=at.column + frame.left),
                        term.right,
                    )
                assert product in [(t.left, t.right) for t in sums[term.origin].terms]
                assert term.value == value(trace, term.left) * value(trace, term.right)
                upstream = term.right if place == "right" else term.left
                assert upstream[1:] == term.origin[1:]
        assert len([t for s in trace.steps for t in s.terms]) <= len([t for s in forward.steps for t in s.terms])


@given(convolutions(channels=False))
@settings(max_examples=120, deadline=None)
def test_the_full_convolution_gives_the_same_gradient(case):
    x, w, dy, options, _ = case
    direct = input_gradient(convolution_trace(x, w, **options), dy)
    full = full_convolution(x[0], w[0, 0], dy[0], **options)
    np.testing.assert_allclose(full.grid["output"].values, result(direct), atol=1e-12)
    assert full.grid["output"].values.shape == x.shape


def test_by_hand():
    forward = convolution_trace(X[None], W[None, None])
    df, dx = weight_gradient(forward, DY[None]), input_gradient(forward, DY[None])
    np.testing.assert_array_equal(
        result(df)[0],
        [
            [1 * 1 + 2 * 2 + 3 * -1 + -1 * 3, 2 * 1 + 0 * 2 + -1 * -1 + 2 * 3],
            [3 * 1 + -1 * 2 + 0 * -1 + 1 * 3, -1 * 1 + 2 * 2 + 1 * -1 + 4 * 3],
        ],
    )
    np.testing.assert_array_equal(
        result(dx)[0],
        [
            [1 * 1, 1 * -2 + 2 * 1, 2 * -2],
            [1 * 3 + -1 * 1, 1 * 0 + 2 * 3 + -1 * -2 + 3 * 1, 2 * 0 + 3 * -2],
            [-1 * 3, -1 * 0 + 3 * 3, 3 * 0],
        ],
    )
    assert sentence(df, df.steps[0]) == "1·1 + 2·2 + 3·(−1) + (−1)·3 = −1"
    assert sentence(dx, dx.steps[0]) == "1·1 = 1"
    assert result(bias_gradient(forward, DY[None])).item() == 1 + 2 - 1 + 3
    full = full_convolution(X, W, DY)
    assert full.grid["input"].values[0].tolist() == [[0, 0, 0, 0], [0, 1, 2, 0], [0, -1, 3, 0], [0, 0, 0, 0]]
    assert full.grid["kernel"].values[0].tolist() == [[0, 3], [-2, 1]]


def test_what_no_window_reads_gets_no_gradient():
    forward = convolution_trace(np.ones((1, 4, 4)), np.ones((1, 1, 3, 3)), stride=2)  # row and column 4 are left over
    dx = input_gradient(forward, np.ones((1, 1, 1)))
    assert [len(step.terms) for step in dx.steps] == [1, 1, 1, 0] * 3 + [0] * 4
    data = play_data(dx)
    assert data["steps"][15]["total"] == "0"
    assert data["origin"] == "output"


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.integers(0, 999), st.booleans())
@settings(max_examples=80, deadline=None)
def test_gradients_of_pooling_equal_torch(kernel, stride, padding, seed, average):
    padding = min(padding, kernel // 2)
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (2, 6, 5)).astype(float)  # few values: many ties
    make, pool = (avg_pool_trace, F.avg_pool2d) if average else (max_pool_trace, F.max_pool2d)
    forward = make(x, kernel, stride=stride, padding=padding)
    dy = rng.integers(-5, 6, forward.grid["output"].values.shape).astype(float)
    leaf = torch.tensor(x[None], requires_grad=True)
    pool(leaf, kernel, stride, padding).backward(torch.tensor(dy)[None])
    trace = pooling_gradient(forward, dy)
    np.testing.assert_allclose(result(trace), leaf.grad[0].numpy(), atol=1e-12)
    for step in trace.steps:
        for term in step.terms:
            assert term.origin[1:] == term.left[1:]


def test_a_tie_goes_to_the_first():
    forward = max_pool_trace(np.full((1, 2, 2), 7.0), 2)
    assert result(pooling_gradient(forward, np.full((1, 1, 1), 5.0)))[0].tolist() == [[5, 0], [0, 0]]


def test_shares_of_unequal_windows_are_refused():
    forward = avg_pool_trace(np.ones((1, 4, 4)), 3, stride=1, padding=1, count_include_pad=False)
    with pytest.raises(ValueError, match="windows of equal size"):
        pooling_gradient(forward, np.ones((1, 4, 4)))


@given(st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_relu_forward_and_backward_equal_torch(seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.integers(-3, 4, (1, 4, 3)).astype(float), rng.integers(-5, 6, (1, 4, 3)).astype(float)
    leaf = torch.tensor(x, requires_grad=True)
    y = F.relu(leaf)
    y.backward(torch.tensor(dy))
    np.testing.assert_array_equal(result(relu_trace(x)), y.detach().numpy())
    np.testing.assert_array_equal(result(relu_gradient(x, dy)), leaf.grad.numpy())


@pytest.mark.parametrize("function", [weight_gradient, input_gradient, bias_gradient])
def test_a_gradient_of_another_shape_gets_a_sentence(function):
    forward = convolution_trace(X[None], W[None, None])
    with pytest.raises(ValueError, match=r"dy has shape \(1, 3, 3\): give the shape of the output, here \(1, 2, 2\)"):
        function(forward, np.ones((1, 3, 3)))
    with pytest.raises(ValueError, match="not a finite number"):
        function(forward, np.full((1, 2, 2), np.inf))


def test_full_convolution_and_relu_refuse_other_shapes():
    with pytest.raises(ValueError, match=r"here \(2, 2\)"):
        full_convolution(X, W, np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"here \(1, 3, 3\)"):
        relu_gradient(X[None], DY[None])

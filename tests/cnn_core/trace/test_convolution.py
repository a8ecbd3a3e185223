"""The convolution trace says, term by term, exactly what torch and our own conv2d compute."""

from decimal import Decimal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import ops
from cnn_core.trace import convolution_trace, play_data
from cnn_core.trace.model import lines, sentence, visited
from tests.golden import GOLDEN

BY_HAND = GOLDEN["by_hand_convolution"]
X = np.array(BY_HAND["image"], dtype=float)[None]
W = np.array(BY_HAND["kernel"], dtype=float)[None, None]


def test_course_example_both_ways():
    correlation = convolution_trace(X, W, padding=1)
    convolution = convolution_trace(X, W, padding=1, flip=True)
    np.testing.assert_array_equal(correlation.grid["output"].values[0], BY_HAND["cross_correlation"])
    np.testing.assert_array_equal(convolution.grid["output"].values[0], BY_HAND["convolution"])


def test_first_sum_of_the_course_example_in_words():
    trace = convolution_trace(X, W, padding=1)
    assert sentence(trace, trace.steps[0]) == (
        "0·(−1) + 0·0 + 0·1 + 0·(−2) + 1·0 + 0·2 + 0·(−1) + 3·0 + 2·1 = 2"  # the corner: five padded zeros
    )


@st.composite
def settings_of_a_convolution(draw):
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    groups = draw(st.integers(1, 3))
    per_group = draw(st.integers(1, 2))
    dilation = draw(st.integers(1, 3))
    padding = draw(st.integers(0, 3))
    span = max(dilation * (k - 1) + 1 for k in kernel)
    size = draw(st.integers(max(1, span - 2 * padding), max(9, span)))
    shape = (groups * per_group, size, draw(st.integers(max(1, span - 2 * padding), max(9, span))))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = rng.integers(-9, 10, shape).astype(float)
    w = rng.integers(-5, 6, (groups * draw(st.integers(1, 2)), per_group, *kernel)) / 4
    b = rng.integers(-3, 4, len(w)).astype(float)
    return x, w, b, {"stride": draw(st.integers(1, 4)), "padding": padding, "dilation": dilation, "groups": groups}


@given(settings_of_a_convolution())
@settings(max_examples=60, deadline=None)
def test_output_equals_torch_and_our_own(case):
    x, w, b, options = case
    output = convolution_trace(x, w, b, **options).grid["output"].values
    expected = F.conv2d(torch.tensor(x)[None], torch.tensor(w), torch.tensor(b), **options)[0].numpy()
    np.testing.assert_allclose(output, expected, atol=1e-12)
    np.testing.assert_allclose(output, ops.conv2d(x[None], w, b, **options)[0], atol=1e-12)


@given(settings_of_a_convolution(), st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
@settings(max_examples=60, deadline=None)
def test_padding_modes_equal_torch(case, mode):
    x, w, b, options = case
    layer = torch.nn.Conv2d(x.shape[0], len(w), w.shape[2:], **options, padding_mode=mode, dtype=torch.float64)
    layer.weight.data, layer.bias.data = torch.tensor(w), torch.tensor(b)
    least = {"reflect": 1, "circular": 0}.get(mode, -99)
    if options["padding"] + least > min(x.shape[1:]):
        with pytest.raises(ValueError, match="takes its values from the input"):
            convolution_trace(x, w, b, **options, padding_mode=mode)
    else:
        trace = convolution_trace(x, w, b, **options, padding_mode=mode)
        np.testing.assert_allclose(
            trace.grid["output"].values, layer(torch.tensor(x)[None])[0].detach().numpy(), atol=1e-12
        )


@given(settings_of_a_convolution())
@settings(max_examples=30, deadline=None)
def test_every_step_adds_up_and_writes_its_own_cell(case):
    x, w, b, options = case
    trace = convolution_trace(x, w, b, **options)
    assert len({step.writes for step in trace.steps}) == len(trace.steps) == trace.grid["output"].values.size
    for step in trace.steps:
        for term in step.terms:
            left = trace.grid["input"].values[term.left[1:]]
            right = trace.grid["kernel"].values[term.right[1:]]
            assert term.value == Decimal(float(left)) * Decimal(float(right))
        assert step.total == sum((term.value for term in step.terms), step.bias)
        assert float(step.total) == trace.grid["output"].values[step.writes[1:]]


@given(settings_of_a_convolution())
@settings(max_examples=30, deadline=None)
def test_visited_cells_are_those_with_a_gradient(case):
    x, w, _, options = case
    trace = convolution_trace(x, np.ones_like(w), None, **options)
    image = torch.tensor(x, requires_grad=True)
    F.conv2d(image[None], torch.ones(w.shape, dtype=torch.float64), **options).sum().backward()
    frame = trace.grid["input"].padding
    inside = visited(trace, trace.grid["input"])[:, frame.top :, frame.left :]
    inside = inside[:, : x.shape[1], : x.shape[2]]
    np.testing.assert_array_equal(inside, (image.grad != 0).numpy())


def test_same_padding_of_an_even_kernel_goes_right_and_below():
    trace = convolution_trace(np.ones((1, 4, 4)), np.ones((1, 1, 2, 2)), padding="same")
    assert trace.grid["input"].padding == (0, 1, 0, 1)
    assert trace.grid["output"].values.shape == (1, 4, 4)


def test_channels_are_summed_one_by_one():
    x = np.arange(1.0, 9).reshape(2, 2, 2)
    trace = convolution_trace(x, np.array([[[[1.0, 1], [1, 1]], [[2, 0], [0, -1]]]]), np.array([-3.0]))
    assert lines(trace, trace.steps[0]) == [
        "1·1 + 2·1 + 3·1 + 4·1 = 10",
        "5·2 + 6·0 + 7·0 + 8·(−1) = 2",
        "10 + 2 + (−3) (bias) = 9",
    ]
    assert play_data(trace)["steps"][0]["parts"] == ["10", "2"]


def test_rounded_numbers_are_marked():
    ninth = convolution_trace(np.full((1, 3, 3), 9.0), np.full((1, 1, 3, 3), 1 / 9))
    assert sentence(ninth, ninth.steps[0]).endswith("≈ 9")
    tenth = convolution_trace(np.full((1, 3, 3), 0.1), np.full((1, 1, 3, 3), 0.2))
    assert sentence(tenth, tenth.steps[0]).endswith("= 0.18")  # 9 · 0.1 · 0.2, without binary dust


@pytest.mark.parametrize(
    ("x", "w", "options", "words"),
    [
        (np.ones((1, 3, 3)), np.ones((1, 1, 5, 5)), {}, "padding 1 or more would"),
        (np.ones((1, 3, 3)), np.ones((1, 2, 1, 1)), {}, "reads 2 channels"),
        (np.ones((3, 3)), np.ones((1, 1, 1, 1)), {}, "give four axes"),
        (np.full((1, 3, 3), np.nan), np.ones((1, 1, 1, 1)), {}, "not a finite number"),
        (np.ones((1, 3, 3)), np.ones((1, 1, 1, 1)), {"stride": 0}, "Stride is 0"),
        (np.ones((1, 3, 3)), np.ones((1, 1, 3, 3)), {"padding": "same", "stride": 2}, "stride"),
    ],
)
def test_bad_arguments_get_a_sentence(x, w, options, words):
    with pytest.raises(ValueError, match=words):
        convolution_trace(x, w, **options)

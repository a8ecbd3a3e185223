"""Pooling against PyTorch: sizes, values, winners and divisors."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from cnn_core import ops
from cnn_core.ops import naive
from tests.cnn_core.ops.drawn_pictures import pictures

BOTH = pytest.mark.parametrize("module", [ops, naive], ids=["vectorised", "naive"])


@st.composite
def windows(draw: st.DrawFn, *, max_dilation: int = 1) -> tuple[np.ndarray, tuple[int, int], dict[str, Any]]:
    """A picture of few different numbers (so that maxima tie), a window that fits it, and its settings."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = draw(st.tuples(st.integers(1, max_dilation), st.integers(1, max_dilation)))
    spans = [gap * (size - 1) + 1 for size, gap in zip(kernel, dilation, strict=True)]
    padding = tuple(draw(st.integers(0, size // 2)) for size in kernel)
    # At least `dilation` cells: a dilated window can step over a smaller picture, where PyTorch reads outside of it.
    shortest = [max(gap, span - 2 * edge) for gap, span, edge in zip(dilation, spans, padding, strict=True)]
    height, width = (size + draw(st.integers(0, 6)) for size in shortest)
    stride = draw(st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.integers(-2, 3, (2, 2, height, width)).astype(draw(st.sampled_from(["float32", "float64"])))
    options = {"stride": stride, "padding": padding, "ceil_mode": draw(st.booleans())}
    return x, kernel, options | ({"dilation": dilation} if max_dilation > 1 else {})


def assert_equals(actual: np.ndarray, expected: torch.Tensor) -> None:
    assert actual.dtype == expected.detach().numpy().dtype
    np.testing.assert_allclose(actual, expected.detach().numpy(), rtol=1e-5, atol=1e-6)


def some_gradient(y: np.ndarray) -> np.ndarray:
    """Numbers that all differ, so that one that goes astray shows."""
    return np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype)


@BOTH
@settings(max_examples=100, deadline=None)
@given(case=windows(max_dilation=3))
def test_max_pooling_equals_pytorch(module: Any, case: tuple[np.ndarray, tuple[int, int], dict[str, Any]]) -> None:
    array, kernel, options = case
    x = torch.tensor(array, requires_grad=True)
    expected = functional.max_pool2d(x, kernel, **options)
    y = module.max_pool2d(array, kernel, **options)
    assert_equals(y, expected)
    dy = some_gradient(y)
    dx = module.max_pool2d_backward(dy, array, kernel, **options)
    assert_equals(dx, torch.autograd.grad(expected, x, torch.tensor(dy))[0])


@BOTH
@settings(max_examples=100, deadline=None)
@given(case=windows(), count_include_pad=st.booleans())
def test_average_pooling_equals_pytorch(
    module: Any, case: tuple[np.ndarray, tuple[int, int], dict[str, Any]], count_include_pad: bool
) -> None:
    array, kernel, options = case
    options = options | {"count_include_pad": count_include_pad}
    x = torch.tensor(array, requires_grad=True)
    expected = functional.avg_pool2d(x, kernel, **options)
    y = module.avg_pool2d(array, kernel, **options)
    assert_equals(y, expected)
    dy = some_gradient(y)
    dx = module.avg_pool2d_backward(dy, array, kernel, **options)
    assert_equals(dx, torch.autograd.grad(expected, x, torch.tensor(dy))[0])


@BOTH
@pytest.mark.parametrize("padding", [((1, 0), (0, 1)), ((0, 1), (2, 0))])
def test_asymmetric_padding_is_padding_by_hand_first(module: Any, padding: Any) -> None:
    x = np.random.default_rng(5).standard_normal((1, 2, 6, 7))
    frame = ((0, 0), (0, 0), *padding)
    largest = module.max_pool2d(x, (3, 4), stride=2, padding=padding)
    mean = module.avg_pool2d(x, (3, 4), stride=2, padding=padding)
    np.testing.assert_allclose(largest, ops.max_pool2d(np.pad(x, frame, constant_values=-np.inf), (3, 4), stride=2))
    np.testing.assert_allclose(mean, ops.avg_pool2d(np.pad(x, frame), (3, 4), stride=2))


@BOTH
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_backward_equals_the_measured_slope(module: Any, name: str, dtype: type) -> None:
    # All values differ by at least 1, far more than eps, so no maximum changes hands while measuring.
    x = np.random.default_rng(2).permutation(2 * 5 * 6).reshape(1, 2, 5, 6).astype(dtype)
    options: dict[str, Any] = {"stride": 2, "padding": 1, "ceil_mode": True}
    forward, backward = getattr(module, name), getattr(module, f"{name}_backward")
    dy = some_gradient(forward(x, 3, **options))
    dx = backward(dy, x, 3, **options)
    measured = ops.numerical_gradient(lambda moved: float(np.sum(dy * forward(moved, 3, **options))), x)
    assert dx.dtype == dtype
    assert ops.relative_error(dx, measured) < (1e-3 if dtype == np.float16 else 1e-8)


@BOTH
def test_ties_send_the_gradient_to_the_first_maximum(module: Any) -> None:
    x = np.array([[[[1.0, 7.0], [7.0, 7.0]]]])
    assert module.max_pool2d_backward(np.array([[[[5.0]]]]), x, 2)[0, 0].tolist() == [[0, 5], [0, 0]]


@BOTH
def test_the_last_of_several_nans_wins_as_in_pytorch(module: Any) -> None:
    array = np.array([[[[1.0, math.nan, math.nan, 3.0, 2.0, 0.0]]]])
    x = torch.tensor(array, requires_grad=True)
    expected = functional.max_pool2d(x, (1, 4), stride=2)
    y = module.max_pool2d(array, (1, 4), stride=2)
    np.testing.assert_array_equal(y, expected.detach().numpy())
    dx = module.max_pool2d_backward(np.ones_like(y), array, (1, 4), stride=2)
    np.testing.assert_array_equal(dx, torch.autograd.grad(expected.sum(), x)[0].numpy())


@BOTH
def test_padding_never_wins_even_over_minus_infinity(module: Any) -> None:
    array = np.full((1, 1, 4, 4), -math.inf)
    x = torch.tensor(array, requires_grad=True)
    expected = functional.max_pool2d(x, 3, stride=2, padding=1, dilation=1)
    dy = some_gradient(expected.detach().numpy())
    assert np.all(module.max_pool2d(array, 3, stride=2, padding=1) == -math.inf)
    dx = module.max_pool2d_backward(dy, array, 3, stride=2, padding=1)
    np.testing.assert_array_equal(dx, torch.autograd.grad(expected, x, torch.tensor(dy))[0].numpy())


@BOTH
def test_a_window_that_meets_padding_alone_is_minus_infinity(module: Any) -> None:
    # Dilation 2 steps right over a picture of one cell: cells −1 and 1 are read, cell 0 never.
    x = np.ones((1, 1, 1, 1))
    y = module.max_pool2d(x, 2, stride=1, padding=1, dilation=2)
    assert y.tolist() == [[[[-math.inf]]]]
    assert module.max_pool2d_backward(np.ones_like(y), x, 2, stride=1, padding=1, dilation=2).item() == 0


@BOTH
def test_ceil_mode_drops_a_window_that_starts_in_the_right_padding(module: Any) -> None:
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    # ⌈(5 + 2 − 2) / 2⌉ + 1 = 4 windows, but the fourth would start at cell 6 − 1 = 5, past the picture.
    assert module.max_pool2d(x, (1, 2), padding=(0, 1), ceil_mode=True)[0, 0, 0].tolist() == [0, 2, 4]
    # ⌈(5 − 2) / 2⌉ + 1 = 3 windows: the third hangs over the edge and counts only the cell that exists.
    assert module.avg_pool2d(x, (1, 2), ceil_mode=True)[0, 0, 0].tolist() == [(0 + 1) / 2, (2 + 3) / 2, 4 / 1]


@BOTH
def test_count_include_pad_changes_the_divisor(module: Any) -> None:
    x = np.ones((1, 1, 2, 2))
    assert module.avg_pool2d(x, 2, padding=1)[0, 0].tolist() == [[1 / 4, 1 / 4], [1 / 4, 1 / 4]]
    without = module.avg_pool2d(x, 2, padding=1, count_include_pad=False)
    assert without[0, 0].tolist() == [[1 / 1, 1 / 1], [1 / 1, 1 / 1]]


@BOTH
def test_same_keeps_the_size_with_stride_1(module: Any) -> None:
    x = np.arange(4.0).reshape(1, 1, 1, 4)
    assert module.max_pool2d(x, (1, 2), stride=1, padding="same")[0, 0, 0].tolist() == [1, 2, 3, 3]
    with pytest.raises(ValueError, match=r'Padding is "same" with stride \(2, 2\)'):
        module.max_pool2d(x, 2, padding="same")


X = np.ones((1, 2, 4, 4))


@BOTH
@settings(max_examples=40, deadline=None)
@given(
    x=pictures(smallest=3),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.none() | st.integers(1, 4),
)
def test_l2_pooling_equals_pytorch(module: Any, x: np.ndarray, kernel: tuple[int, int], stride: int | None) -> None:
    y = module.lp_pool2d(x, kernel, stride=stride)
    assert y.dtype == x.dtype
    # torch takes a root of mean · count, which in float32 may be a little off a whole number
    np.testing.assert_allclose(y, functional.lp_pool2d(torch.tensor(x), 2, kernel, stride), rtol=1e-6, atol=1e-6)


SENTENCES: list[tuple[dict[str, Any], str]] = [
    ({"kernel_size": 5}, "Kernel 5 does not fit a 4-wide input with padding 0"),
    ({"kernel_size": 0}, "Kernel size is 0: it must be a whole number of at least 1"),
    ({"kernel_size": (2, 2, 2)}, r"Kernel size is \(2, 2, 2\): give a whole number or a pair"),
    ({"stride": 0}, "Stride is 0"),
    ({"padding": 2}, "Padding 2 is more than half of kernel 3: .* up to 1"),
    ({"padding": ((0, 2), (0, 0))}, r"Padding \(0, 2\) is more than half of kernel 3"),
    ({"padding": "reflect"}, "Padding is 'reflect'"),
    ({"x": X[0]}, r"x has shape \(2, 4, 4\): give four axes"),
    ({"x": X.astype(np.uint8)}, "x has dtype uint8: give floats"),
]


@BOTH
@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize(("wrong", "sentence"), SENTENCES)
def test_wrong_arguments_are_refused_with_a_sentence(
    module: Any, name: str, wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        getattr(module, name)(**{"x": X, "kernel_size": 3, **wrong})


@BOTH
@pytest.mark.parametrize("name", ["max_pool2d_backward", "avg_pool2d_backward"])
def test_a_wrong_output_gradient_is_refused(module: Any, name: str) -> None:
    with pytest.raises(
        ValueError, match=r"dy has shape \(1, 2, 4, 4\): give the shape of the output, here \(1, 2, 2, 2"
    ):
        getattr(module, name)(X, X, 2)

"""Convolution against PyTorch, against the slope of itself, and against a sum done by hand."""

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import ops
from cnn_core.ops import convolution, naive
from tests.golden import GOLDEN

BY_HAND = GOLDEN["by_hand_convolution"]
TOLERANCE = {np.dtype("float16"): 2e-3, np.dtype("float32"): 1e-5, np.dtype("float64"): 1e-12}
BOTH = pytest.mark.parametrize("module", [ops, naive], ids=["vectorised", "naive"])


class Case(NamedTuple):
    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    settings: dict[str, Any]


def per_axis(low: int, high: int) -> st.SearchStrategy[Any]:
    """One number for both axes, or one for each."""
    number = st.integers(low, high)
    return number | st.tuples(number, number)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A small convolution that fits, in any of the forms its arguments may take."""
    groups, kernel = draw(st.integers(1, 3)), draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    stride, dilation = draw(per_axis(1, 3)), draw(per_axis(1, 2))
    gaps = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    side = st.tuples(st.integers(0, 2), st.integers(0, 2))
    names = ["valid", "same"] if stride in (1, (1, 1)) else ["valid"]
    padding = draw(per_axis(0, 2) | st.tuples(side, side) | st.sampled_from(names))
    height, width = (gap * (size - 1) + 1 + draw(st.integers(0, 4)) for size, gap in zip(kernel, gaps, strict=True))
    channels, filters = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    x, w, b = (
        rng.standard_normal(shape).astype(dtype)
        for shape in (
            (draw(st.integers(1, 2)), channels, height, width),
            (filters, channels // groups, *kernel),
            filters,
        )
    )
    return Case(x, w, b, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups})


def torch_conv2d(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, padding: Any, **rest: Any) -> torch.Tensor:
    """PyTorch's conv2d; asymmetric padding, which it lacks, by F.pad in front."""
    if isinstance(padding, tuple) and isinstance(padding[0], tuple):
        (top, bottom), (left, right) = padding
        x, padding = torch.nn.functional.pad(x, (left, right, top, bottom)), 0
    return torch.nn.functional.conv2d(x, w, b, padding=padding, **rest)


@pytest.fixture(scope="module")
def example() -> Case:
    """Two pictures, two groups, a rectangular kernel: everything unequal that can be."""
    rng = np.random.default_rng(7)
    shapes = (2, 4, 6, 7), (6, 2, 2, 3), 6
    return Case(
        *(rng.standard_normal(shape) for shape in shapes),
        {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2), "groups": 2},
    )


def assert_close(actual: np.ndarray, expected: torch.Tensor) -> None:
    assert actual.dtype == expected.detach().numpy().dtype
    assert actual.shape == tuple(expected.shape)
    tolerance = TOLERANCE[actual.dtype]
    np.testing.assert_allclose(actual, expected.detach().numpy(), rtol=tolerance, atol=10 * tolerance)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # PyTorch copies there; the result is right
@BOTH
@settings(max_examples=80, deadline=None)
@given(case=cases())
def test_forward_and_backward_equal_pytorch(module: Any, case: Case) -> None:
    x, w, b = (torch.tensor(array, requires_grad=True) for array in case[:3])
    expected = torch_conv2d(x, w, b, **case.settings)
    y = module.conv2d(case.x, case.w, case.b, **case.settings)
    assert_close(y, expected)

    dy = np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype)
    gradients = module.conv2d_backward(dy, case.x, case.w, **case.settings)
    for actual, wanted in zip(gradients, torch.autograd.grad(expected, (x, w, b), torch.tensor(dy)), strict=True):
        assert_close(actual, wanted)


@BOTH
def test_backward_equals_the_measured_slope(module: Any, example: Case) -> None:
    x, w, b, options = example
    dy = np.random.default_rng(1).standard_normal(module.conv2d(x, w, b, **options).shape)
    dx, dw, db = module.conv2d_backward(dy, x, w, **options)

    def loss(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> float:
        return float(np.sum(dy * ops.conv2d(x, w, b, **options)))

    assert ops.relative_error(dx, ops.numerical_gradient(lambda moved: loss(moved, w, b), x)) < 1e-8
    assert ops.relative_error(dw, ops.numerical_gradient(lambda moved: loss(x, moved, b), w)) < 1e-8
    assert ops.relative_error(db, ops.numerical_gradient(lambda moved: loss(x, w, moved), b)) < 1e-8


@BOTH
def test_half_precision_sums_in_single(module: Any) -> None:
    # 4096 halves make 2048; a float16 sum would stop at 1024, where its numbers are 1 apart and 1024 + 0.5 is 1024.
    x, w = np.full((1, 1, 1, 4096), 0.5, np.float16), np.ones((1, 1, 1, 4096), np.float16)
    y = module.conv2d(x, w)
    assert y.dtype == np.float16
    assert y.item() == 4096 * 0.5
    dx, dw, db = module.conv2d_backward(np.ones_like(y), x, w)
    assert {dx.dtype, dw.dtype, db.dtype} == {np.dtype(np.float16)}
    assert dw.sum(dtype=np.float64) == 4096 * 0.5


@BOTH
def test_the_sum_done_by_hand(module: Any) -> None:
    image, kernel = (np.array(BY_HAND[name], np.float64)[None, None] for name in ("image", "kernel"))
    correlated = module.conv2d(image, kernel, padding=BY_HAND["padding"])[0, 0]
    convolved = module.conv2d(image, ops.flip_kernel(kernel), padding=BY_HAND["padding"])[0, 0]
    assert correlated.tolist() == BY_HAND["cross_correlation"]
    assert convolved.tolist() == BY_HAND["convolution"]
    assert correlated[1, 2] == 0 * -1 + 2 * 0 + 3 * 1 + 2 * -2 + 0 * 0 + 7 * 2 + 6 * -1 + 1 * 0 + 1 * 1


def test_flip_kernel_rotates_by_180_degrees() -> None:
    assert ops.flip_kernel([[1, 2], [3, 4], [5, 6]]).tolist() == [[6, 5], [4, 3], [2, 1]]
    stack = np.arange(24.0).reshape(1, 2, 3, 4)
    assert np.array_equal(ops.flip_kernel(stack)[0, 1], np.rot90(stack[0, 1], 2))
    with pytest.raises(ValueError, match=r"w has shape \(3,\)"):
        ops.flip_kernel([1.0, 2.0, 3.0])


@BOTH
def test_dw_correlates_x_with_dy_unflipped(module: Any) -> None:
    x, dy = np.arange(16.0).reshape(1, 1, 4, 4), np.array([[[[1.0, 2, 0], [0, 0, 0], [0, 0, 5]]]])
    _, dw, _ = module.conv2d_backward(dy, x, np.zeros((1, 1, 2, 2)))
    assert dw[0, 0, 0, 0] == 1 * x[0, 0, 0, 0] + 2 * x[0, 0, 0, 1] + 5 * x[0, 0, 2, 2]
    assert np.array_equal(dw, ops.conv2d(x, dy))


@BOTH
def test_dx_is_the_full_convolution_of_dy_spread_by_the_stride(module: Any) -> None:
    rng = np.random.default_rng(3)
    x, w, dy = (rng.standard_normal((1, 1, size, size)) for size in (7, 3, 3))
    dx, _, _ = module.conv2d_backward(dy, x, w, stride=2)
    spread = np.zeros((1, 1, 5, 5))
    spread[:, :, ::2, ::2] = dy
    np.testing.assert_allclose(dx, ops.conv2d(spread, ops.flip_kernel(w), padding=3 - 1), atol=1e-12)


@BOTH
def test_same_pads_the_odd_cell_right_and_bottom(module: Any) -> None:
    x, w = np.arange(1.0, 5.0).reshape(1, 1, 2, 2), np.ones((1, 1, 2, 2))
    assert module.conv2d(x, w, padding="same")[0, 0].tolist() == [[1 + 2 + 3 + 4, 2 + 4], [3 + 4, 4]]


def test_columns_made_in_strips_give_the_same_result(monkeypatch: pytest.MonkeyPatch, example: Case) -> None:
    x, w, b, options = example
    whole = ops.conv2d(x, w, b, **options)
    gradients = ops.conv2d_backward(whole, x, w, **options)
    monkeypatch.setattr(convolution, "COLUMN_BYTES", 1)  # one output row at a time
    np.testing.assert_allclose(ops.conv2d(x, w, b, **options), whole, rtol=1e-12)
    for actual, expected in zip(ops.conv2d_backward(whole, x, w, **options), gradients, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


@BOTH
def test_inputs_stay_as_they_were(module: Any, example: Case) -> None:
    x, w, b = (array.copy() for array in example[:3])
    y = module.conv2d(x, w, b, **example.settings)
    module.conv2d_backward(y, x, w, **example.settings)
    for array, before in zip((x, w, b), example[:3], strict=True):
        assert np.array_equal(array, before)


@BOTH
def test_an_empty_batch_is_fine(module: Any) -> None:
    x, w = np.zeros((0, 2, 5, 5)), np.ones((3, 2, 3, 3))
    y = module.conv2d(x, w)
    assert y.shape == (0, 3, 3, 3)
    dx, dw, db = module.conv2d_backward(y, x, w)
    assert (dx.shape, dw.shape, db.shape) == (x.shape, w.shape, (3,))
    assert not dw.any()


X, W = np.ones((1, 2, 3, 3)), np.ones((4, 2, 2, 2))
SENTENCES: list[tuple[dict[str, Any], str]] = [
    ({"w": np.ones((4, 2, 5, 5))}, "Kernel 5 does not fit a 3-wide input with padding 0; padding 1 or more would"),
    ({"x": np.ones((3, 3))}, r"x has shape \(3, 3\): give four axes, \(N, C, H, W\)"),
    ({"x": np.ones((1, 2, 0, 3))}, r"x has shape \(1, 2, 0, 3\): every axis after the first"),
    ({"x": np.ones((1, 2, 3, 3), int)}, r"x has dtype int64: give floats, for instance x.astype\(np.float32\)"),
    ({"x": [["a"]]}, "x has dtype <U1: give floats"),
    ({"w": np.ones((2, 2))}, r"w has shape \(2, 2\): give four axes, \(filters, channels, height, width\)"),
    ({"w": W.astype(np.float32)}, r"w has dtype float32 but x has float64: .* w.astype\(np.float64\)"),
    ({"w": np.ones((4, 3, 2, 2))}, r"reads 3 channels: x has 2 channels and groups is 1, so w.shape\[1\] must be 2"),
    ({"b": np.ones(3)}, r"b has shape \(3,\): give one number for each of the 4 filters, \(4,\)"),
    ({"b": np.ones(4, np.float32)}, "b has dtype float32 but x has float64"),
    ({"groups": 3}, "Groups is 3: it must divide"),
    ({"groups": 0}, "Groups is 0"),
    ({"stride": 0}, "Stride is 0: it must be a whole number of at least 1"),
    ({"stride": (1, 2, 3)}, r"Stride is \(1, 2, 3\): give a whole number or a pair"),
    ({"stride": 1.5}, "Stride is 1.5"),
    ({"dilation": -1}, "Dilation is -1"),
    ({"dilation": True}, "Dilation is True"),
    ({"padding": -1}, "Padding is -1"),
    ({"padding": ((0, -1), (0, 0))}, "Padding after is -1"),
    ({"padding": ((0, 1, 2), (0, 0))}, r"Padding is \(0, 1, 2\)"),
    ({"padding": (1, 2, 3)}, r"Padding is \(1, 2, 3\): give a whole number, \(vertical, horizontal\)"),
    ({"padding": "full"}, "Padding is 'full': give a whole number"),
    ({"padding": "same", "stride": 2}, r'Padding is "same" with stride \(2, 2\): .* set stride to 1'),
]


@BOTH
@pytest.mark.parametrize(("wrong", "sentence"), SENTENCES)
def test_wrong_arguments_are_refused_with_a_sentence(module: Any, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        module.conv2d(**{"x": X, "w": W, **wrong})


@BOTH
@pytest.mark.parametrize(
    ("dy", "sentence"),
    [
        (np.ones((1, 4, 3, 3)), r"dy has shape \(1, 4, 3, 3\): give the shape of the output, here \(1, 4, 2, 2\)"),
        (np.ones((1, 4, 2, 2), np.float32), "dy has dtype float32 but x has float64"),
    ],
)
def test_a_wrong_output_gradient_is_refused(module: Any, dy: np.ndarray, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        module.conv2d_backward(dy, X, W)

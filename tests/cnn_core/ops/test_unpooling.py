"""Unpooling with switches and without, against PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from cnn_core import ops
from tests.cnn_core.ops.drawn_pictures import pictures


@st.composite
def poolings(draw: st.DrawFn) -> tuple[np.ndarray, tuple[int, int], dict[str, Any]]:
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.integers(1, 2))
    span = dilation * (max(kernel) - 1) + 1
    x = draw(pictures(smallest=span))
    options = {
        "stride": draw(st.none() | st.integers(1, 3)),
        "padding": tuple(size // 2 for size in kernel) if draw(st.booleans()) else 0,
        "dilation": dilation,
        "ceil_mode": draw(st.booleans()),
    }
    return x, kernel, options


@settings(max_examples=60, deadline=None)
@given(case=poolings())
def test_max_unpooling_with_switches_equals_pytorch(case: tuple[np.ndarray, tuple[int, int], dict[str, Any]]) -> None:
    x, kernel, options = case
    y, places = F.max_pool2d(torch.tensor(x), kernel, return_indices=True, **options)
    switches = ops.max_pool2d_switches(x, kernel, **options)
    np.testing.assert_array_equal(switches, places)
    size = x.shape[2:]
    expected = torch.ops.aten.max_unpool2d(y, places, size)  # F.max_unpool2d without its guess of the size
    np.testing.assert_array_equal(ops.max_unpool2d(y.numpy(), switches, size), expected)


def test_max_unpool2d_equals_the_functional_form() -> None:
    x = np.random.default_rng(4).standard_normal((2, 3, 8, 6))
    y, places = F.max_pool2d(torch.tensor(x), 2, return_indices=True)
    ours = ops.max_unpool2d(ops.max_pool2d(x, 2), ops.max_pool2d_switches(x, 2), (8, 6))
    np.testing.assert_array_equal(ours, F.max_unpool2d(y, places, 2))


@settings(max_examples=60, deadline=None)
@given(case=poolings())
def test_spreading_is_fold_over_count(case: tuple[np.ndarray, tuple[int, int], dict[str, Any]]) -> None:
    x, kernel, options = case
    options["ceil_mode"] = False  # fold knows none
    y = ops.max_pool2d(x, kernel, **options)
    where = {"stride": kernel if options["stride"] is None else options["stride"]}
    where |= {"padding": options["padding"], "dilation": options["dilation"]}
    columns = torch.tensor(y)[:, :, None].expand(-1, -1, kernel[0] * kernel[1], -1, -1).reshape(2, -1, y[0, 0].size)
    total = F.fold(columns, x.shape[2:], kernel, **where)
    count = F.fold(torch.ones_like(columns), x.shape[2:], kernel, **where).clamp(min=1)
    back = ops.spread_unpool2d(y, kernel, x.shape[2:], **options)
    np.testing.assert_allclose(back, total / count, rtol=1e-5, atol=1e-6)


def test_spreading_without_overlap_is_nearest_neighbour_upsampling() -> None:
    y = np.array([[[[6.0, 8.0], [3.0, 4.0]]]])
    back = ops.spread_unpool2d(y, 2, (4, 4))
    np.testing.assert_array_equal(back, F.interpolate(torch.tensor(y), scale_factor=2))


def test_a_window_of_padding_alone_comes_back_nowhere() -> None:
    x = np.ones((1, 1, 1, 1))
    where = {"stride": 1, "padding": 1, "dilation": 2}  # reads cells −1 and 1 of a picture of one cell
    switches = ops.max_pool2d_switches(x, 2, **where)
    assert switches.tolist() == [[[[-1]]]]
    assert ops.max_unpool2d(ops.max_pool2d(x, 2, **where), switches, (1, 1)).tolist() == [[[[0]]]]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ops.adaptive_avg_pool2d(np.ones((1, 1, 4, 4)), 0), "Output size is 0"),
        (lambda: ops.max_unpool2d(np.ones((1, 1, 2, 2)), np.zeros((1, 1, 1, 2)), (4, 4)), "switches has shape"),
        (lambda: ops.max_unpool2d(np.ones((1, 1, 1, 1)), np.full((1, 1, 1, 1), 16), (4, 4)), "places up to 15"),
        (lambda: ops.spread_unpool2d(np.ones((1, 1, 3, 3)), 2, (4, 4)), r"gives \(2, 2\) rows and columns"),
        (lambda: ops.lp_pool2d(np.ones((1, 1, 3, 3)), 4), "Kernel 4 does not fit a 3-wide input"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(call: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()

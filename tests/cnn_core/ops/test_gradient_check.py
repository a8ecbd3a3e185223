"""The gradient check itself: right slopes, and an error measure that tells right from wrong."""

import math

import numpy as np
import pytest

from cnn_core import ops


def test_the_slope_of_a_polynomial() -> None:
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    before = x.copy()
    slope = ops.numerical_gradient(lambda point: float(np.sum(point**3)), x)
    np.testing.assert_allclose(slope, 3 * x**2, rtol=1e-8)
    assert np.array_equal(x, before)


def test_single_precision_is_measured_in_double() -> None:
    slope = ops.numerical_gradient(lambda point: np.sum(point**2), np.array([1.5, -4.0], np.float32))
    assert slope.dtype == np.float64
    np.testing.assert_allclose(slope, [2 * 1.5, 2 * -4.0], rtol=1e-8)


@pytest.mark.parametrize("eps", [0, -1e-6, math.nan])
def test_the_step_must_be_positive(eps: float) -> None:
    with pytest.raises(ValueError, match=r"eps is .*: give a small step above 0"):
        ops.numerical_gradient(np.sum, np.ones(2), eps=eps)


def test_the_function_must_return_one_number() -> None:
    with pytest.raises(ValueError, match=r"f returned shape \(2,\): give a function that returns one number"):
        ops.numerical_gradient(lambda point: point, np.ones(2))


def test_relative_error_is_scaled_by_the_largest_magnitude() -> None:
    assert ops.relative_error([1.0, 2.0], [1.0, 2.0]) == 0
    assert ops.relative_error([0.0, 3.0], [1.0, 3.0]) == 1 / (3 + 3)
    assert ops.relative_error([0.0, 0.0], [4.0, 1.0]) == 1
    assert ops.relative_error(np.zeros(3), np.zeros(3)) == 0
    assert ops.relative_error(np.zeros(0), np.zeros(0)) == 0


def test_relative_error_does_not_hide_nan_or_a_wrong_shape() -> None:
    assert math.isnan(ops.relative_error([math.nan, 1.0], [1.0, 1.0]))
    with pytest.raises(ValueError, match=r"a has shape \(2,\) and b \(3,\): give two arrays of one shape"):
        ops.relative_error(np.ones(2), np.ones(3))


def test_a_wrong_backward_pass_is_found_out() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 1, 5, 5)), rng.standard_normal((1, 1, 3, 3))
    dy = np.cos(np.arange(9.0)).reshape(1, 1, 3, 3)
    flipped_by_mistake = ops.conv2d(x, ops.flip_kernel(dy))
    measured = ops.numerical_gradient(lambda moved: float(np.sum(dy * ops.conv2d(x, moved))), w)
    assert ops.relative_error(flipped_by_mistake, measured) > 0.01
    assert ops.relative_error(ops.conv2d_backward(dy, x, w)[1], measured) < 1e-8

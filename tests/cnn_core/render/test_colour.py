"""The diverging scale: zero white, signs apart, order kept, nothing to stumble over."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnn_core.render.colour import DIVERGING_COLOURS, diverging_rgb, symmetric_limit

FINITE = st.floats(-1e300, 1e300)
ARRAYS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=4, max_side=4, min_side=0), elements=FINITE)


def luminance(colour: np.ndarray) -> np.ndarray:
    """Relative luminance as WCAG 2 defines it."""
    part = colour / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


@given(ARRAYS, st.floats(1e-300, 1e300))
def test_any_numbers_get_a_colour_without_a_warning(values: np.ndarray, limit: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        colours = diverging_rgb(values, limit)
    assert (colours.shape, colours.dtype) == ((*values.shape, 3), np.uint8)


def test_the_ends_the_middle_and_beyond() -> None:
    colours = diverging_rgb(np.array([-9.0, -2, 0, 2, 9, -np.inf, np.inf]), 2.0)
    red, white, blue = DIVERGING_COLOURS[0], DIVERGING_COLOURS[5], DIVERGING_COLOURS[-1]
    np.testing.assert_array_equal(colours, [red, red, white, blue, blue, red, blue])


def test_halfway_between_two_stops_is_their_mean() -> None:
    colour = diverging_rgb(np.array(0.1), 1.0)  # the stops are 2/10 apart
    np.testing.assert_array_equal(colour, np.round((DIVERGING_COLOURS[5] + DIVERGING_COLOURS[6]) / 2))


@pytest.mark.parametrize("sign", [-1, 1])
def test_larger_is_darker_on_both_sides(sign: int) -> None:
    shades = luminance(diverging_rgb(sign * np.linspace(0, 1, 201), 1.0))
    assert (np.diff(shades) <= 0.002).all()  # rounding to whole steps may waver by one
    assert shades[0] - shades[-1] > 0.8


@given(hnp.arrays(np.float64, 20, elements=st.floats(-5, 5)))
def test_negative_is_reddish_and_positive_bluish(values: np.ndarray) -> None:
    red, _, blue = diverging_rgb(values, 5.0).astype(int).T
    assert (np.sign(blue - red) == np.sign(np.round(values, 1)))[np.abs(values) > 0.1].all()


@given(ARRAYS)
def test_the_limit_is_the_largest_magnitude(values: np.ndarray) -> None:
    limit = symmetric_limit(values)
    magnitudes = [abs(value) for value in values.ravel().tolist()]
    assert limit == (max(magnitudes, default=0) or 1)


@pytest.mark.parametrize("limit", [0, -1, np.nan])
def test_a_limit_that_is_none_gets_a_sentence(limit: float) -> None:
    with pytest.raises(ValueError, match=r"Limit is .*: a colour scale needs a limit above 0"):
        diverging_rgb(np.zeros(1), limit)

"""Signed results on a scale that is symmetric, stated, and honest about what it hides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnn_core.render.filter_result import VIEWS, render_result


def test_signed_view_is_symmetric_about_white():
    shown = render_result(np.array([[-200, 0, 100]], np.float32), "signed")
    assert (shown.low, shown.high) == (-200, 200)
    red, white, blue = shown.pixels[0].tolist()
    assert red == [103, 0, 31]  # the end of the scale
    assert white == [247, 247, 247]
    assert blue[2] > blue[0]


def test_signed_view_of_channels_puts_zero_at_mid_grey():
    shown = render_result(np.array([[[-50, 0, 50]]], np.float32), "signed")
    assert (shown.low, shown.high) == (-50, 50)
    assert shown.pixels.tolist() == [[[0, 128, 255]]]


def test_absolute_view_hides_the_sign_and_says_so():
    shown = render_result(np.array([[-200, 0, 200, 100]], np.float32), "absolute")
    assert (shown.low, shown.high) == (0, 200)
    assert shown.pixels[0, :, 0].tolist() == [255, 0, 255, 128]
    assert "hides the sign" in shown.remark


def test_clamped_view_says_how_much_it_hides():
    shown = render_result(np.array([[-1, 0, 128, 300]], np.float32), "clamp")
    assert (shown.low, shown.high) == (0, 255)
    assert shown.pixels[0, :, 0].tolist() == [0, 0, 128, 255]
    assert "hides 50 %" in shown.remark
    assert "nothing is hidden" in render_result(np.array([[0, 255]], np.float32), "clamp").remark
    assert "less than 1 %" in render_result(np.array([[-9] + [5] * 999], np.float32), "clamp").remark


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e9, 1e9, width=32)))
def test_every_result_can_be_shown(result):
    for view in VIEWS:
        shown = render_result(result, view)
        assert shown.pixels.shape == (*result.shape, 3)
        assert shown.low < shown.high
    with pytest.raises(ValueError, match="View is 'heat': choose one of signed"):
        render_result(result, "heat")

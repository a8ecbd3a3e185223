"""The Backprop page: defaults, every way and stage, extremes, hostile links."""

import numpy as np
import pytest

from cnn_core.matrices.text import parse_matrix
from pages.parts.backprop.sandwich import POOLING_KINDS, STAGES
from pages.parts.backprop.view import GRADIENT_VIEWS

LARGE = "; ".join(["1 2 3 4 5 6 7 8"] * 8)


def test_opens_on_a_filled_example_that_is_right(open_page):
    at = open_page("backprop")
    assert not at.error
    assert at.selectbox("backprop_x_example").value == "Three by three"
    assert at.selectbox("backprop_dy_example").value == "All ones: L is the sum"
    table = next(text.value for text in at.markdown if "ours ↔ autograd" in text.value)
    assert table.count("agree") == 3


@pytest.mark.parametrize("way", GRADIENT_VIEWS)
@pytest.mark.parametrize("settings", [(1, 0, 1), (3, 2, 2), (2, 1, 1)], ids=str)
def test_every_way_with_every_kind_of_setting(open_page, way, settings):
    stride, padding, dilation = settings
    at = open_page(
        "backprop",
        backprop_way=way,
        backprop_x=LARGE,
        backprop_w="1 2 0; 0 1 -1/2; 3 1 1",
        backprop_stride=stride,
        backprop_padding=padding,
        backprop_dilation=dilation,
        backprop_dy="1",
    )
    at.run()  # numbers typed for another size are brought to size at the next run
    assert not at.error
    span = dilation * 2 + 1
    out = (8 + 2 * padding - span) // stride + 1
    assert parse_matrix(at.text_area("backprop_dy").value).shape == (out, out)
    assert sum("agree" in text.value for text in at.markdown) == 1
    if "∂L/∂X" in way:
        assert any("Largest difference between the two ways to ∂L/∂X: **0**" in text.value for text in at.markdown)


def test_a_gradient_for_another_size_is_named_then_brought_to_size(open_page):
    at = open_page("backprop", backprop_dy="1 2 3; 4 5 6; 7 8 9")
    assert "∂L/∂O is 3 × 3: right is a number for each output, 2 × 2" in at.error[0].value
    at.run()
    assert not at.error
    np.testing.assert_array_equal(parse_matrix(at.text_area("backprop_dy").value), [[1, 2], [4, 5]])


def test_another_stride_keeps_what_fits_of_the_gradient(open_page):
    at = open_page("backprop", backprop_x="1 2 3 4; 5 6 7 8; 9 8 7 6; 5 4 3 2")
    at.selectbox("backprop_dy_example").select("Counted through").run()
    at.segmented_control("backprop_stride").set_value(2).run()
    assert not at.error
    np.testing.assert_array_equal(parse_matrix(at.text_area("backprop_dy").value), [[1, 2], [4, 5]])


@pytest.mark.parametrize("pool", POOLING_KINDS)
@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_of_the_sandwich(open_page, pool, stage):
    at = open_page("backprop", sandwich_pool=pool, sandwich_stage=stage, sandwich_bias=-2)
    assert not at.error
    assert not at.exception
    assert sum("bmatrix" in text.value for text in at.latex) == 8


def test_a_window_that_does_not_fit_gets_a_sentence(open_page):
    at = open_page("backprop", sandwich_x="1 2; 3 4", sandwich_window=3)
    assert "does not fit" in at.error[0].value


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"backprop_x": "1 2; 3"}, "Row 2 of the input X has length 1"),
        ({"backprop_x": LARGE + "; 1 2 3 4 5 6 7 8"}, "at most 8 × 8"),
        ({"backprop_w": "1 2 3 4 5"}, "at most 4 × 4"),
        ({"backprop_w": "x"}, "not a number"),
        ({"backprop_x": "1", "backprop_w": "1 1"}, "does not fit"),
        ({"backprop_dy": "nan 1; 1 1"}, "out of range"),
        ({"backprop_dy": "1; ; <b>"}, "not a number"),
        ({"sandwich_x": ""}, "holds no numbers"),
    ],
)
def test_bad_input_gets_a_sentence(open_page, query, words):
    at = open_page("backprop", **query)
    assert any(words in error.value for error in at.error), [error.value for error in at.error]


def test_unknown_settings_fall_back_to_the_defaults(open_page):
    at = open_page("backprop", backprop_way="drop table", backprop_stride="", sandwich_stage="?", sandwich_bias="inf")
    assert not at.error
    assert at.segmented_control("backprop_stride").value in (None, 1)

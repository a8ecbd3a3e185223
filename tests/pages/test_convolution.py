"""The Convolution page: defaults, extremes, and hostile links."""

import numpy as np
import pytest

from cnn_core.matrices import inputs
from cnn_core.matrices.text import parse_planes
from pages.components.player import latest_text, track_drawn_text

COLOUR = " | ".join(["1 2 3; 4 5 6; 7 8 9"] * 3)


def test_opens_on_a_filled_example(open_page):
    at = open_page("convolution")
    assert at.selectbox("convolution_source").value == "Course example"
    assert at.selectbox("convolution_preset").value == "Sobel: vertical edges"
    assert not at.error


@pytest.mark.parametrize("source", inputs.SOURCES)
def test_every_source_fills_the_input_and_is_recognised_again(open_page, source):
    at = open_page("convolution")
    at.selectbox("convolution_source").select(source).run()
    assert not at.error
    assert not at.exception
    assert at.selectbox("convolution_source").value == source


def test_a_patch_follows_its_place_on_the_photograph(open_page):
    at = open_page("convolution")
    at.selectbox("convolution_source").select(inputs.PHOTO_PATCH).run()
    at.slider("convolution_patch_top").set_value(40).run()
    at.number_input("convolution_rows").set_value(8).run()
    expected = inputs.cut_patch("camera", (1, 8, 7), 40, 24)
    np.testing.assert_array_equal(parse_planes(at.text_area("convolution_input").value), expected)


def test_random_digits_follow_the_seed(open_page):
    at = open_page("convolution")
    at.selectbox("convolution_source").select("Random digits").run()
    first = at.text_area("convolution_input").value
    at.number_input("convolution_seed").set_value(5).run()
    assert at.text_area("convolution_input").value != first
    assert at.selectbox("convolution_source").value == "Random digits"
    at.number_input("convolution_seed").set_value(0).run()
    assert at.text_area("convolution_input").value == first


def test_more_channels_bring_more_kernels(open_page):
    at = open_page("convolution")
    at.segmented_control("convolution_channels").set_value(3).run()
    assert at.text_area("convolution_input").value.count("|") == 2
    assert at.text_area("convolution_kernel").value.count("|") == 2
    at.segmented_control("convolution_filters").set_value(4).run()
    assert at.text_area("convolution_kernel").value.count("|") == 4 * 3 - 1
    at.number_input("convolution_kernel_width").set_value(5).run()
    assert parse_planes(at.text_area("convolution_kernel").value, max_planes=12).shape == (12, 3, 5)
    assert not at.error


def test_depthwise_filters_read_a_channel_each(open_page):
    at = open_page("convolution", convolution_input=COLOUR, convolution_kernel=" | ".join(["1 0; 0 1"] * 3))
    assert not at.error
    at.segmented_control("convolution_groups").set_value(3).run()
    assert not at.error
    assert parse_planes(at.text_area("convolution_kernel").value).shape == (3, 2, 2)
    assert at.segmented_control("convolution_filters").value == 3
    at.segmented_control("convolution_groups").set_value(1).run()
    assert not at.error
    assert parse_planes(at.text_area("convolution_kernel").value, max_planes=12).shape == (9, 2, 2)


def test_a_preset_is_for_one_filter(open_page):
    at = open_page("convolution", convolution_kernel="1 0; 0 1 | 2 0; 0 2")
    at.segmented_control("convolution_filter").set_value(2).run()
    at.selectbox("convolution_preset").select("Sum of 2 × 2").run()
    assert at.text_area("convolution_kernel").value == "1 0; 0 1 | 1 1; 1 1"


@pytest.mark.parametrize("view", ["Sliding window", "Matrix product", "Loops", "Way back up"])
@pytest.mark.parametrize("fill", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("mode", ["Cross-correlation", "True convolution"])
def test_every_view_with_everything_on(open_page, view, fill, mode):
    at = open_page(
        "convolution",
        convolution_view=view,
        convolution_fill=fill,
        convolution_mode=mode,
        convolution_input=COLOUR,
        convolution_kernel=" | ".join(["1 0 -1; 2 1/2 0"] * 6),
        convolution_bias="1; -2",
        convolution_stride=2,
        convolution_padding="by side",
        convolution_pad_top=0,
        convolution_pad_left=2,
    )
    assert not at.error
    assert not at.exception
    assert any("outputs of 18 multiplications each" in text.value for text in at.markdown)  # 3 channels · 2 · 3


def test_a_matrix_too_large_to_draw_says_so(open_page):
    text = "; ".join(["1 2 3 4 5 6 7 8 9 10 11 12"] * 12)
    at = open_page("convolution", convolution_view="Matrix product", convolution_input=text, convolution_padding="same")
    assert not at.info  # 9 weights · 144 windows
    text = " | ".join([text] * 3)
    kernel = " | ".join(["; ".join(["1 1 1 1 1"] * 5)] * 3)
    at = open_page("convolution", convolution_view="Matrix product", convolution_input=text, convolution_kernel=kernel)
    assert "take a smaller input" in at.info[0].value


def test_a_kernel_for_other_channels_can_be_fitted(open_page):
    at = open_page("convolution", convolution_input=COLOUR)
    assert "needs one for each of 3 channels" in at.error[0].value
    next(button for button in at.button if button.label == "Fit the kernel to the input").click().run()
    assert not at.error
    assert parse_planes(at.text_area("convolution_kernel").value).shape == (3, 3, 3)


@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize("padding", ["0", "3"])
@pytest.mark.parametrize("dilation", [1, 3])
def test_extreme_settings_work_or_say_why(open_page, stride, padding, dilation):
    at = open_page(
        "convolution",
        convolution_stride=stride,
        convolution_padding=padding,
        convolution_dilation=dilation,
        convolution_input="; ".join(["1 2 3 4 5 6 7 8 9 10 11 12"] * 12),
        convolution_kernel="; ".join(["1 0 0 0 0 0 -1"] * 7),
    )
    fits = 12 + 2 * int(padding) >= dilation * (7 - 1) + 1
    assert bool(at.error) != fits
    if not fits:
        assert "does not fit a 12-wide input" in at.error[0].value


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"convolution_input": "1 2; 3"}, "Row 2 of the input has length 1"),
        ({"convolution_input": "1 _; 3 4"}, "row 1, column 2 of the input is empty"),
        ({"convolution_kernel": "1 nan"}, "out of range"),
        ({"convolution_kernel": "<img src=x>"}, "not a number"),
        ({"convolution_kernel": " ".join(["1"] * 8)}, "at most 7 × 7"),
        ({"convolution_input": " ".join(["1"] * 5000)}, "at most 12 × 12"),
        ({"convolution_padding": "same", "convolution_stride": "2"}, "stride"),
        ({"convolution_input": "1 2 | 3"}, "Plane 2 of the input is 1 × 1, plane 1 is 1 × 2"),
        ({"convolution_input": "1 | 2 | 3 | 4"}, "at most 3"),
        ({"convolution_input": "1 | x"}, "row 1, column 1 of the input, plane 2, is not a number"),
        ({"convolution_kernel": " | ".join(["1"] * 13)}, "13 planes"),
        ({"convolution_bias": "1; 2"}, "one for each of 1 filters"),
        ({"convolution_bias": "inf"}, "out of range"),
        ({"convolution_fill": "reflect", "convolution_padding": "3"}, "takes its values from the input"),
        ({"convolution_input": "", "convolution_kernel": ""}, "holds no numbers"),
    ],
)
def test_bad_input_gets_a_sentence(open_page, query, words):
    at = open_page("convolution", **query)
    assert words in at.error[0].value


def test_unknown_settings_in_a_link_fall_back_to_the_defaults(open_page):
    at = open_page("convolution", convolution_stride="99", convolution_mode="drop table")
    assert not at.error
    assert at.segmented_control("convolution_stride").value == 1


def test_an_edit_is_made_in_the_text_that_the_grid_was_drawn_from():
    known = track_drawn_text("1 2", None)
    assert latest_text("1 2", *known) == "1 2"
    drawn, replaced = track_drawn_text("5 2", (known[0], ("1 2",)))  # the first cell was typed: 1 2 became 5 2
    assert latest_text("1 2", drawn, replaced) == "5 2"  # the text's widget still sends what it had
    assert latest_text("7 7", drawn, replaced) == "7 7"  # chosen elsewhere since


def test_a_text_that_the_learner_went_back_to_is_not_taken_for_a_late_one():
    known = track_drawn_text("1 2", ("5 2", ("1 2",)))
    assert known == ("1 2", ())
    assert latest_text("1 2", *known) == "1 2"


def test_an_edit_whose_answer_was_never_drawn_is_made_again_in_the_text_of_before():
    assert latest_text("1 2", "1 2", ("1 2",)) == "1 2"

"""The Convolution page: defaults, extremes, and hostile links."""

import pytest


def test_opens_on_a_filled_example(open_page):
    at = open_page("convolution")
    assert at.selectbox("convolution_input_example").value == "Course example, 3 × 5"
    assert at.selectbox("convolution_kernel_example").value == "Sobel: vertical edges"
    assert not at.error


def test_an_example_replaces_the_numbers(open_page):
    at = open_page("convolution")
    at.selectbox("convolution_input_example").select("One bright pixel").run()
    assert at.text_area("convolution_input").value.count("1") == 1
    assert not at.error


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
    ],
)
def test_bad_input_gets_a_sentence(open_page, query, words):
    at = open_page("convolution", **query)
    assert words in at.error[0].value


def test_unknown_settings_in_a_link_fall_back_to_the_defaults(open_page):
    at = open_page("convolution", convolution_stride="99", convolution_mode="drop table")
    assert not at.error
    assert at.segmented_control("convolution_stride").value == 1

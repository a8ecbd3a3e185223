"""The Pooling page: defaults, every kind, extremes, and hostile links."""

import pytest

from cnn_core.images import PHOTOS
from pages.parts.pooling.form import KINDS

LARGEST = "; ".join(["1 2 3 4 5 6 7 8 9 10 11 12"] * 12)


def words(at) -> str:
    """All the text that the page shows as Markdown."""
    return "\n".join(part.value for part in at.markdown)


def test_opens_on_a_filled_example(open_page):
    at = open_page("pooling")
    assert at.selectbox("pooling_input_example").value == "Classical 4 × 4"
    assert at.segmented_control("pooling_kind").value == "Max"
    assert "F.max_pool2d(x, kernel_size=2)" in at.code[0].value
    assert "def max_pool2d(" in at.code[1].value
    assert "def _find_winner(" in at.code[1].value
    assert not at.error
    # max 6, 8, 3, 4 back at their places: the sum of what is lost is 51 − 21 … over 16 cells
    assert f"**{(1 + 1 + 2 + 4 + 5 + 7 + 2 + 1 + 0 + 1 + 2 + 3) / 16:.4g}** | 5 of 16" in words(at)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_its_line_of_pytorch(open_page, kind):
    at = open_page("pooling", pooling_kind=kind, pooling_input=LARGEST)
    assert not at.error
    assert f"F.{KINDS[kind].operation}(x, " in at.code[0].value
    assert f"nn.{KINDS[kind].layer}(" in at.code[0].value
    assert f"def {KINDS[kind].operation}(" in at.code[1].value
    assert ("Only max pooling has switches" in words(at)) == ("max" not in kind.lower())


@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("padding", ["0", "3"])
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_extreme_settings(open_page, kind, padding, ceil_mode):
    at = open_page(
        "pooling",
        pooling_kind=kind,
        pooling_input=LARGEST,
        pooling_kernel_height=7,
        pooling_kernel_width=6,
        pooling_stride="4",
        pooling_padding=padding,
        pooling_ceil_mode=str(ceil_mode).lower(),
    )
    assert not at.error
    text = f"kernel_size=(7, 6), stride=4{', padding=3' if padding == '3' else ''}"
    assert f"{text}{', ceil_mode=True' if ceil_mode else ''})" in at.code[0].value


def test_settings_of_one_kind_alone(open_page):
    at = open_page("pooling", pooling_kernel_height=3, pooling_kernel_width=3, pooling_padding="1")
    at.segmented_control("pooling_dilation").set_value("2").run()
    assert not at.error
    assert "dilation=2" in at.code[0].value
    at.segmented_control("pooling_kind").set_value("Average").run()
    at.toggle("pooling_count_include_pad").set_value(False).run()
    assert "count_include_pad=False" in at.code[0].value
    assert "dilation" not in at.code[0].value
    at.segmented_control("pooling_kind").set_value("L2").run()
    assert "F.lp_pool2d(x, norm_type=2, kernel_size=3)" in at.code[0].value
    at.segmented_control("pooling_kind").set_value("Adaptive average").run()
    at.number_input("pooling_output_width").set_value(2).run()
    assert "F.adaptive_avg_pool2d(x, output_size=(3, 2))" in at.code[0].value


def test_ties_are_told_beside_the_player(open_page):
    at = open_page("pooling")
    assert not at.info
    at.selectbox("pooling_input_example").select("Ties").run()
    assert at.info[0].value.startswith("**3 of 4 windows are tied**")
    assert "its 7 in (1, 1), (1, 2), (2, 1)" in at.info[0].value
    assert "the gradient goes to it alone" in at.info[0].value


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"pooling_padding": "2"}, "Padding 2 is more than half of kernel 2"),
        ({"pooling_padding": "1", "pooling_kernel_height": 1}, "pooling allows padding up to 0"),
        ({"pooling_kernel_width": 5}, "Kernel 5 does not fit a 4-wide input"),
        ({"pooling_dilation": "3", "pooling_kernel_height": 3}, "does not fit a 4-wide input"),
        ({"pooling_input": "1 2; 3"}, "Row 2 of the input has length 1"),
        ({"pooling_input": "<img src=x>"}, "not a number"),
        ({"pooling_input": "1 nan"}, "out of range"),
        ({"pooling_input": " ".join(["1"] * 5000)}, "at most 12 × 12"),
    ],
)
def test_what_cannot_be_gets_a_sentence(open_page, query, said):
    at = open_page("pooling", **query)
    assert said in at.error[0].value


def test_unknown_settings_in_a_link_fall_back_to_the_defaults(open_page):
    at = open_page(
        "pooling",
        pooling_kernel_height="99",
        pooling_stride="-1",
        pooling_padding="x",
        pooling_way="sideways",
        pooling_photo="../../etc/passwd",
        pooling_window="7",
        pooling_source="",
        pooling_kind="drop table",
        pooling_shift="900",
        pooling_photographs="nobody",
    )
    assert not at.error
    assert at.segmented_control("pooling_kind").value == "Max"
    assert at.number_input("pooling_kernel_height").value in range(1, 8)
    assert at.slider("pooling_shift").value in range(5)


def test_empty_settings_in_a_link_are_the_defaults(open_page):
    at = open_page("pooling", pooling_kind="", pooling_stride="", pooling_source="", pooling_window="")
    assert not at.error
    assert "F.max_pool2d(x, kernel_size=2)" in at.code[0].value


@pytest.mark.parametrize("source", ["Photographs", "Digits"])
@pytest.mark.parametrize("size", ["2", "4"])
def test_the_shift_experiment_says_what_it_measured(open_page, source, size):
    at = open_page("pooling", pooling_source=source, pooling_shift_size=size, pooling_shift=2)
    said = words(at)
    assert "Moved by 2 pixels, the features change by **" in said
    assert f"mean of {len(PHOTOS) if source == 'Photographs' else 20} pictures" in said
    at.slider("pooling_shift").set_value(0).run()
    assert "Not moved, nothing changes" in words(at)
    assert "Relative change **0%**" in words(at)


def test_the_photograph_loses_more_in_larger_windows(open_page):
    at = open_page("pooling")
    assert f"Of {108**2:,} numbers the pooled picture keeps {54**2:,}, 1 of 4." in words(at)
    at.segmented_control("pooling_window").set_value("9").run()
    assert f"keeps {12**2:,}, 1 of 81." in words(at)

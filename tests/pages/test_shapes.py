"""The Shapes page: the course example, every layer kind, impossible and hostile settings."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.shapes.calculator import KINDS
from tests.golden import GOLDEN

Open = Callable[..., AppTest]


def metrics(at: AppTest) -> list[str]:
    return [metric.value for metric in at.metric]


def formulas(at: AppTest) -> str:
    return "\n".join(str(item.value) for item in at.latex)


def test_opens_on_the_course_example(open_page: Open) -> None:
    at = open_page("shapes")
    assert metrics(at) == ["36 × 15 × 15", f"{36 * 3 * 25 + 36:,}", f"{15 * 15 * 36 * 75:,}"]
    assert r"\frac{32 + 2 \cdot 1 - 5}{2}" in formulas(at)
    assert "29/2 is not whole" in at.info[0].value
    assert "nn.Conv2d(3, 36, kernel_size=5, stride=2, padding=1)" in at.code[0].value
    assert not at.error


UNALIKE = {"shapes_same": "false"}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"shapes_layer": "Max pooling"}, ["3 × 16 × 16", "0", "0"]),
        ({"shapes_layer": "Average pooling", "shapes_height": 7, "shapes_ceil_mode": "true"}, ["3 × 4 × 16", "0", "0"]),
        ({"shapes_layer": "Linear"}, ["10", f"{3072 * 10 + 10:,}", f"{3072 * 10:,}"]),
        ({"shapes_layer": "Linear", "shapes_units": 65536, "shapes_height": 512}, None),
        ({"shapes_layer": "Batch norm"}, ["3 × 32 × 32", "6", "0"]),
        ({"shapes_layer": "Flatten"}, ["3,072", "0", "0"]),
        ({"shapes_layer": "Adaptive pooling"}, ["3 × 7 × 7", "0", "0"]),
        ({"shapes_layer": "Adaptive pooling", **UNALIKE, "shapes_bins_height": 3}, ["3 × 3 × 7", "0", "0"]),
        (
            {"shapes_layer": "Transposed convolution", "shapes_filters": 8},
            ["8 × 64 × 64", f"{3 * 8 * 16 + 8}", f"{32 * 32 * 3 * 8 * 16:,}"],
        ),
        ({"shapes_dims": 1, "shapes_filters": 8}, ["8 × 63", f"{8 * 3 * 5 + 8}", f"{63 * 8 * 15:,}"]),
        ({"shapes_dims": 3, "shapes_stride": 1, "shapes_padding": 2}, ["36 × 8 × 32 × 32", None, None]),
        (
            {**UNALIKE, "shapes_kernel_height": 1, "shapes_stride_height": 1, "shapes_padding_height": 0},
            ["36 × 32 × 15", f"{36 * 15 + 36}", None],
        ),
        ({"shapes_height": 28, "shapes_filters": 10, "shapes_stride": 1}, ["10 × 26 × 30", "760", None]),
        ({"shapes_height": 512, "shapes_width": 512, "shapes_channels": 4096, "shapes_filters": 4096}, None),
        ({"shapes_channels": 36, "shapes_groups": 36, "shapes_bias": "false"}, ["36 × 15 × 15", "900", None]),
        ({"shapes_dilation": 7, "shapes_stride": 32, "shapes_padding": 64}, None),
    ],
)
def test_links_set_every_control(open_page: Open, query: dict[str, object], shown: list[str | None] | None) -> None:
    at = open_page("shapes", **query)
    assert not at.error
    for value, expected in zip(metrics(at), shown or [None] * 3, strict=True):
        assert expected is None or value == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "Effective kernel D(K − 1) + 1: **5 × 5**"),
        ({"shapes_dilation": 3, "shapes_dims": 1}, "Effective kernel D(K − 1) + 1: **13**"),
        ({**UNALIKE, "shapes_kernel_width": 3, "shapes_dilation_width": 4}, "**5 × 9**"),
    ],
)
def test_the_effective_kernel_is_said(open_page: Open, query: dict[str, object], words: str) -> None:
    assert any(words in text.value for text in open_page("shapes", **query).markdown)


def test_adaptive_pooling_is_drawn_bin_by_bin(open_page: Open) -> None:
    at = open_page("shapes", shapes_layer="Adaptive pooling", shapes_height=10, shapes_width=9, shapes_bins=3)
    assert "10/3 is not whole: windows of 4 rows, and neighbours share" in at.info[0].value
    assert "9/3 is whole: each window reads 3 columns, none of them twice" in at.info[0].value
    [drawn] = [element.proto.json for element in at.get("bidi_component") if "windows" in element.proto.component_name]
    assert json.loads(drawn)["rows"]["windows"] == [[0, 4], [3, 7], [6, 10]]


def test_average_pooling_has_no_dilation_to_ask_for(open_page: Open) -> None:
    at = open_page("shapes", shapes_layer="Average pooling")
    [table] = [text.value for text in at.markdown if text.value.startswith("| setting")]
    assert "dilation" not in table


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("same", ["true", "false"])
def test_every_kind_in_every_dimension(open_page: Open, kind: str, dims: int, same: str) -> None:
    at = open_page("shapes", shapes_layer=kind, shapes_dims=dims, shapes_same=same, shapes_length=9, shapes_depth=5)
    assert not at.error
    assert len(metrics(at)) == 3
    assert at.latex
    assert at.code[0].value.startswith("nn.")


@pytest.mark.parametrize("case", GOLDEN["output_sizes"])
def test_course_sizes_with_their_reason(open_page: Open, case: dict) -> None:
    query = {f"shapes_{name}": case[name] for name in ("kernel", "stride", "padding", "dilation")}
    at = open_page("shapes", shapes_height=case["size"], shapes_width=case["size"], **query)
    assert metrics(at)[0] == f"36 × {case['out']} × {case['out']}"
    assert formulas(at).count(f"= {case['out']}")
    if "note" in case:
        assert "The last row and column of the padded input are never visited" in at.info[0].value


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"shapes_height": 512, "shapes_width": 512, "shapes_kernel": 3, "shapes_stride": 1, "shapes_padding": 0,
          "shapes_wanted": 504}, "| kernel | 3 | **9** |"),
        ({"shapes_stride": 1, "shapes_padding": 0, "shapes_wanted": 32}, "| padding | 0 | **2** |"),
        ({"shapes_wanted": 16}, "| padding | 1 | **2** |"),
        ({"shapes_stride": 1, "shapes_kernel": 4, "shapes_wanted": 32},
         "| padding | 1 | **no value** alike on both sides; 1 before and 2 after would |"),
        ({"shapes_wanted": 1}, "| stride | 2 | **30 or more** |"),
        ({"shapes_wanted": 1000}, "| dilation | 1 | **no value** |"),
        ({"shapes_layer": "Max pooling", "shapes_wanted": 15}, "| kernel | 2 | **3, 4** |"),
        ({"shapes_layer": "Transposed convolution", "shapes_wanted": 126}, "| stride | 2 | **4** |"),
    ],
)  # fmt: skip
def test_questions_asked_backwards(open_page: Open, query: dict[str, object], line: str) -> None:
    at = open_page("shapes", **query)
    tables = [text.value for text in at.markdown if text.value.startswith("| setting")]
    assert line in tables[0]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            {"shapes_height": 3, "shapes_width": 3, "shapes_padding": 0},
            "Kernel 5 does not fit a 3-wide input with padding 0; padding 1 or more would.",
        ),
        ({"shapes_groups": 5}, "Groups is 5: it must divide both the 3 input channels and the 36 filters."),
        ({"shapes_layer": "Max pooling", "shapes_pool_padding": 2}, "Padding 2 is more than half of kernel 2"),
        (
            {"shapes_layer": "Transposed convolution", "shapes_up_output_padding": 2},
            "Output padding is 2: it must be smaller than the stride or the dilation, so at most 1.",
        ),
        ({"shapes_layer": "Transposed convolution", "shapes_up_padding": 64}, "Padding 64 cuts away all 66 cells"),
    ],
)
def test_impossible_settings_are_explained(open_page: Open, query: dict[str, object], sentence: str) -> None:
    at = open_page("shapes", **query)
    assert at.error[0].value.startswith(sentence)
    assert not at.metric


def test_a_hostile_link_opens_on_the_defaults(open_page: Open) -> None:
    hostile = {"height": -4, "width": 10**30, "padding": "abc", "layer": "<script>", "stride": "NaN", "bias": "maybe"}
    at = open_page("shapes", **{f"shapes_{name}": value for name, value in hostile.items()})
    assert metrics(at)[0] == "36 × 15 × 15"


def test_changing_a_control_changes_the_answer(open_page: Open) -> None:
    at = open_page("shapes")
    at.number_input("shapes_stride").set_value(1).run()
    at.number_input("shapes_padding").set_value(2).run()
    assert metrics(at)[0] == "36 × 32 × 32"
    assert "Stride 1 always fits" in at.info[0].value

"""The Kernel lab: defaults, extremes, hostile links and uploads."""

import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from streamlit.testing.v1 import AppTest

from cnn_core.images import PATTERNS, PHOTOS, load_photo, to_grey
from cnn_core.insight import first_layer
from cnn_core.kernels.chain import run_chain
from cnn_core.kernels.families import PARAMETERS
from cnn_core.kernels.filtering import FilterSettings, apply_kernel
from cnn_core.kernels.library import FAMILIES
from cnn_core.kernels.notation import NAMED_RECIPES, make_kernel, parse_kernel
from cnn_core.runs import default_store

OWN = "Your picture"


def drawn(at, component: str, **having: Any) -> dict[str, Any] | None:
    """What a component was given to draw; None while there is none."""
    for element in at.get("bidi_component"):
        if element.proto.component_name == component:
            data = json.loads(element.proto.json)
            if all(data[name] == value for name, value in having.items()):
                return data
    return None


def shown(at) -> dict[str, Any] | None:
    """What the lens was given to draw."""
    return drawn(at, "cnn_lab_lens")


def name_box(at):
    """The select box of the kernel's name: a new revision stands in its key whenever Python rewrote it."""
    [box] = [box for box in at.selectbox if box.key.startswith("kernels_name_")]
    return box


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_opens_on_a_filled_example(open_page):
    at = open_page("kernels")
    assert not at.error
    assert at.selectbox("kernels_photo").value == PHOTOS[0].title
    assert name_box(at).value == "Sobel x"
    picture = shown(at)
    assert picture["weights"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert picture["size"] == [512, 512]
    low, zero, high = picture["ends"]
    assert (low[0], low[1:], zero) == ("−", high[1:], "0")  # one scale, symmetric


@pytest.mark.parametrize("group", dict.fromkeys(family.group for family in FAMILIES.values()))
def test_every_kernel_can_be_chosen(open_page, group):
    at = open_page("kernels")
    for name, made_by in NAMED_RECIPES.items():
        family = FAMILIES[made_by.family]
        if family.group == group:
            name_box(at).select(name).run()
            assert not at.exception
            assert not at.error
            assert shown(at)["weights"] == make_kernel(made_by).weights.tolist()
            assert family.description in [text.value for text in at.markdown]
            labels = [dial["label"] for dial in drawn(at, "cnn_lab_dials")["dials"]]
            assert labels == ["Size", *(PARAMETERS[parameter].label for parameter in family.defaults)]
            assert name_box(at).value == name


def test_the_dials_of_own_numbers_are_their_rows_and_columns(open_page):
    at = open_page("kernels", kernels_weights="1 2 3; 4 5 6")
    dials = drawn(at, "cnn_lab_dials")["dials"]
    assert [(dial["label"], dial["value"], dial["high"]) for dial in dials] == [("Rows", 2, 11), ("Columns", 3, 11)]


def test_a_recipe_in_the_link_brings_its_dials(open_page):
    at = open_page("kernels", kernels_weights="Gabor 11 sigma=3 angle=30 wavelength=5 phase=90")
    assert name_box(at).value == "Gabor"
    values = {dial["name"]: dial["value"] for dial in drawn(at, "cnn_lab_dials")["dials"]}
    assert values == {"size": 11, "sigma": 3, "angle": 30, "wavelength": 5, "phase": 90}
    assert len(shown(at)["weights"]) == 11


EVERY_LAYER = {
    "kernels_stride": 4,
    "kernels_dilation": 4,
    "kernels_bias": -255,
    "kernels_relu": "true",
    "kernels_mode": "True convolution",
}


@pytest.mark.parametrize("view", ["Signed", "Absolute value", "0 to 255"])
@pytest.mark.parametrize("channels", ["Grey", "Each colour channel", "Blue"])
@pytest.mark.parametrize("padding", ["Circular", "None"])
@pytest.mark.parametrize("layer", [{}, EVERY_LAYER], ids=["plain", "extreme"])
def test_every_setting_with_huge_weights(open_page, view, channels, padding, layer):
    at = open_page(
        "kernels",
        kernels_photo="Coffee",
        kernels_view=view,
        kernels_channels=channels,
        kernels_padding=padding,
        kernels_weights="; ".join(["1e6 -1e6 1e6 -1e6 1e6"] * 5),
        **layer,
    )
    assert not at.error
    assert shown(at)["channels"] == (3 if channels == "Each colour channel" else 1)
    reach = 4 * 4 + 1 if layer else 5
    assert shown(at)["margin"] == [0 if padding == "None" else reach // 2] * 4


@pytest.mark.parametrize("size", ["1", "1 2", "1; 2", "1 2; 3 4", "Box blur 11", "; ".join(["1 2 3 4"] * 11)])
@pytest.mark.parametrize("photo", ["Impulse", "Noise", "Moon"])
def test_kernels_of_every_shape(open_page, size, photo):
    at = open_page("kernels", kernels_weights=size, kernels_photo=photo, kernels_side=32)
    assert not at.error
    assert shown(at)["size"] == [32, 32]


@pytest.mark.parametrize("together", ["Bank", "Chain"])
@pytest.mark.parametrize("layer", [{}, EVERY_LAYER], ids=["plain", "extreme"])
def test_eight_kernels_together(open_page, together, layer):
    text = " | ".join(
        ["Sobel 3", "Gaussian blur 11 sigma=4", "1", "1 2; 3 4", "Gabor 9", "0 0; 0 0", "Saddle 2", "2 1"]
    )
    at = open_page("kernels", kernels_weights=text, kernels_together=together, kernels_slot=8, **layer)
    assert not at.error
    gallery = drawn(at, "cnn_lab_thumbnails", label="Feature maps" if together == "Bank" else "Stages of the chain")
    assert len(gallery["pictures"]) == (8 if together == "Bank" else 5)
    words = " ".join(text.value for text in at.markdown)
    if together == "Bank":
        assert ("A stack of 8 feature maps, 8 × 512 × 512" in words) == (not layer)
    else:
        assert "the first 5 are used" in words
        assert ("No single kernel does the same" in words) == bool(layer)


def test_a_chain_that_grows_beyond_all_numbers_gets_a_sentence(open_page):
    huge = " | ".join(["; ".join(["1e6 " * 11] * 11)] * 5)
    at = open_page("kernels", kernels_weights=huge, kernels_together="Chain")
    assert "Filter 5: The results grow beyond" in at.error[0].value


def test_a_chain_that_runs_out_of_pixels_names_the_filter(open_page):
    query = {"kernels_padding": "None", "kernels_stride": 4, "kernels_side": 64, "kernels_together": "Chain"}
    at = open_page("kernels", kernels_weights=" | ".join(["Sobel 3"] * 4), **query)
    assert "Filter 4: The kernel reaches over 3 × 3 pixels and the picture has 1 × 1" in at.error[0].value


@pytest.mark.parametrize("operator", ["Sobel", "Prewitt", "Scharr", "Gaussian derivative"])
@pytest.mark.parametrize("photo", ["Coffee", "Rings"])
def test_edges(open_page, operator, photo):
    at = open_page("kernels", kernels_together="Edges", kernels_operator=operator, kernels_photo=photo, **EVERY_LAYER)
    assert not at.error
    titles = [picture["title"] for picture in drawn(at, "cnn_lab_thumbnails", label="Edges")["pictures"]]
    assert titles == ["Across", "Down", "Strength", "Direction"]
    assert any("Bias and ReLU are left out" in text.value for text in at.markdown)
    assert shown(at)["reach"] == [4 * 2 + 1] * 2


def test_the_sums_and_the_angle_of_one_pixel_of_an_edge(open_page):
    query = {"kernels_together": "Edges", "kernels_photo": "Coins", "kernels_padding": "Reflect"}
    at = open_page("kernels", kernels_row=2, kernels_column=200, **query)
    grey = to_grey(load_photo("coins"))
    across, down = (ndimage.sobel(grey.astype(float), axis=axis, mode="mirror")[1, 199] for axis in (1, 0))
    player = drawn(at, "cnn_lab_player")
    totals = [step["total"].replace("−", "-") for step in player["steps"]]
    assert totals == [f"{across:g}", f"{down:g}"]
    formula = at.latex[0].value
    assert f"= {np.hypot(across, down):.1f}".removesuffix(".0") in formula
    assert f"= {np.rad2deg(np.arctan2(down, across)):.1f}".removesuffix(".0") in formula
    assert shown(at)["at"] == [1, 199]


def test_the_view_of_a_kernel_changes_nothing_about_edges(open_page):
    at = open_page("kernels", kernels_together="Edges")
    assert at.segmented_control("kernels_view").disabled


def test_a_value_of_a_chain_is_framed_by_what_it_sees(open_page):
    query = {"kernels_weights": "Sobel 3 | Box blur 4", "kernels_slot": 2, "kernels_together": "Chain"}
    at = open_page("kernels", kernels_stride=2, **query)
    lens = shown(at)
    assert lens["reach"] == [3 + 3 * 2] * 2
    assert lens["stride"] == 2 * 2
    assert lens["offset"] == [1 + 1 * 2] * 2  # one pixel of padding, then one of every second
    assert any("| 2 | 128 × 128 | 9 × 9 pixels | 4 pixels further |" in text.value for text in at.markdown)


@pytest.mark.parametrize("look", ["One pixel", "Waves", "Histogram", "Factors", "Formula and code"])
@pytest.mark.parametrize("weights", ["Sobel 3", "Gabor 11", "0 0; 0 0", "5", "1 2 3 4 5 6 7 8 9 10 11"])
def test_every_look_at_every_kind_of_kernel(open_page, look, weights):
    at = open_page(
        "kernels", kernels_look=look, kernels_weights=weights, kernels_channels="Each colour channel", **EVERY_LAYER
    )
    assert not at.error
    if look == "One pixel":
        grids = {grid["name"]: grid for grid in drawn(at, "cnn_lab_player")["grids"]}
        assert len(grids["output"]["planes"]) == 3


def test_one_pixel_in_the_player_is_the_pixel_of_the_result(open_page):
    layer = FilterSettings(dilation=2, padding_mode="reflect", bias=5.0, flip=True)
    query = {"kernels_dilation": 2, "kernels_padding": "Reflect", "kernels_bias": 5, "kernels_mode": "True convolution"}
    place = {"kernels_row": 1, "kernels_column": 384, "kernels_photo": "Coins"}
    at = open_page("kernels", kernels_weights="1 2 3; 4 5 6", **place, **query)
    wanted = apply_kernel(to_grey(load_photo("coins")), np.array([[1.0, 2, 3], [4, 5, 6]]), layer)
    player = drawn(at, "cnn_lab_player")
    assert player["steps"][player["start"]["step"]]["total"] == f"{wanted[0, 383]:g}"
    at.number_input("kernels_row").set_value(150).run()
    at.number_input("kernels_column").set_value(33).run()
    player = drawn(at, "cnn_lab_player")
    assert player["steps"][player["start"]["step"]]["total"] == f"{wanted[149, 32]:g}"
    assert shown(at)["at"] == [149, 32]


def test_one_pixel_of_a_chain_reads_the_stage_before(open_page):
    query = {"kernels_weights": "Box blur 2 | -1 1", "kernels_slot": 2, "kernels_together": "Chain"}
    at = open_page("kernels", kernels_row=40, kernels_column=50, **query)
    kernels = [parse_kernel(text).weights for text in ("Box blur 2", "-1 1")]
    wanted = run_chain(to_grey(load_photo("camera")), kernels, FilterSettings())[-1][39, 49]
    player = drawn(at, "cnn_lab_player")
    assert float(player["steps"][player["start"]["step"]]["total"].replace("−", "-")) == pytest.approx(wanted)


def test_a_part_of_a_picture(open_page):
    at = open_page("kernels", kernels_photo="Coffee", kernels_side=64)
    assert max(shown(at)["size"]) == 64
    at.slider("kernels_rows").set_value((50, 50)).run()
    assert not at.error
    assert shown(at)["size"][1] == 64
    at.slider("kernels_columns").set_value((0, 25)).run()
    assert not at.exception


@pytest.mark.parametrize("pattern", [pattern.title for pattern in PATTERNS])
def test_every_pattern_with_everything_it_follows(open_page, pattern):
    extremes = {"kernels_pattern_period": 2, "kernels_pattern_text": "", "kernels_pattern_angle": -180}
    at = open_page("kernels", kernels_photo=pattern, **extremes)
    assert not at.error
    assert shown(at)["caption"] == f"{pattern}, grey"


def test_undo_and_redo(open_page):
    at = open_page("kernels")
    name_box(at).select("Saddle").run()
    name_box(at).select("Emboss").run()
    at.button("kernels_undo").click().run()
    assert name_box(at).value == "Saddle"
    at.button("kernels_undo").click().run()
    assert name_box(at).value == "Sobel x"
    assert at.button("kernels_undo").disabled
    at.button("kernels_redo").click().run()
    assert name_box(at).value == "Saddle"


def test_a_click_that_brings_the_old_text_along_changes_nothing_else(open_page):
    at = open_page("kernels")
    first = at.text_area("kernels_weights").value
    at.text_area("kernels_weights").set_value("0 1; 2 3").run()
    at.button("kernels_undo").click().run()
    assert at.text_area("kernels_weights").value == first
    # The answer is not on the screen yet: the browser sends what it still shows.
    at.text_area("kernels_weights").set_value("0 1; 2 3")
    at.button("kernels_redo").click().run()
    assert at.text_area("kernels_weights").value == "0 1; 2 3"
    assert at.button("kernels_redo").disabled
    at.text_area("kernels_weights").set_value(first)
    at.button("kernels_undo").click().run()
    assert at.text_area("kernels_weights").value == first
    assert at.button("kernels_undo").disabled


def test_a_click_that_brings_the_old_name_along_chooses_nothing(open_page):
    at = open_page("kernels")
    name_box(at).select("Saddle").run()
    before = name_box(at)
    at.button("kernels_undo").click().run()
    assert name_box(at).value == "Sobel x"
    assert name_box(at).key != before.key  # what is sent for the old key meets no control
    name_box(at).select("Saddle").run()  # the same name again is a choice at once
    assert name_box(at).value == "Saddle"


def test_the_name_box_stays_when_a_name_is_chosen_in_it(open_page):
    at = open_page("kernels")
    key = name_box(at).key
    for name in ("Saddle", "Gaussian blur", "Emboss"):
        name_box(at).select(name).run()
        assert name_box(at).key == key


def test_flipping_quickly_between_two_kernels_is_a_choice_each_time(open_page):
    at = open_page("kernels")
    for name in ("Saddle", "Emboss", "Saddle", "Emboss"):
        name_box(at).select(name).run()
        assert name_box(at).value == name


def test_kernels_are_added_and_removed(open_page):
    at = open_page("kernels")
    for _ in range(7):
        at.button("kernels_add").click().run()
    assert at.button("kernels_add").disabled
    assert at.segmented_control("kernels_slot").value == 8
    for left in range(7, 0, -1):
        at.button("kernels_drop").click().run()
        assert at.segmented_control("kernels_slot").value == left
    assert name_box(at).value == "Sobel x"
    for _ in range(14):
        at.button("kernels_undo").click().run()
        assert not at.exception
    assert at.segmented_control("kernels_slot").value == 1


def test_all_zero_weights_are_a_picture_of_zero(open_page):
    at = open_page("kernels", kernels_weights="0 0 0; 0 0 0; 0 0 0")
    assert not at.error
    assert shown(at)["ends"] == ["−1", "0", "+1"]


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ("1 2 3; 4 _ 6; 7 8 9", "row 2, column 2 of the kernel is empty: type a number"),
        ("1 2 3; 4 nan 6; 7 8 9", "out of range"),
        ("1 2 3; 4 5 6; 7 8 inf", "out of range"),
        ("1 2 3; 4 5", "Row 2 of the kernel has length 2"),
        ("; ".join(["1 2 3"] * 12), "The kernel is 12 × 3: at most 11 × 11"),
        ("Gaussian blur 5 sigma=wide", "“sigma=wide” of the kernel is no setting"),
        ("Gaussian blur 5 width=2", "Gaussian blur has no parameter “width”: it takes sigma."),
        ("<script>alert(1)</script>", "not a number"),
        ("1 " * 20_000, "at most 11 × 11"),
        ("' OR 1=1; DROP TABLE runs", "“'” in row 1, column 1 of the kernel is not a number"),
    ],
)
def test_a_hostile_kernel_in_the_link_gets_a_sentence(open_page, weights, words):
    at = open_page("kernels", kernels_weights=weights)
    assert words in at.error[0].value
    assert shown(at) is None


def test_an_empty_cell_leaves_the_last_picture(open_page):
    at = open_page("kernels")
    at.text_area("kernels_weights").set_value("-1 0 1; -2 _ 2; -1 0 1").run()
    assert "row 2, column 2 of the kernel is empty" in at.error[0].value
    assert "the last kernel is shown" in at.error[0].value
    assert shown(at)["weights"][1] == [-2, 0, 2]
    at.text_area("kernels_weights").set_value("-1 0 1; -2 1 2; -1 0 1").run()
    assert not at.error
    assert shown(at)["weights"][1] == [-2, 1, 2]


def test_unknown_settings_in_a_link_fall_back_to_the_defaults(open_page):
    at = open_page("kernels", kernels_photo="../../etc/passwd", kernels_view="heat", kernels_padding="9")
    assert not at.error
    assert at.selectbox("kernels_photo").value == PHOTOS[0].title
    assert shown(at)["margin"] == [1, 1, 1, 1]


def test_a_link_to_a_picture_of_someones_own_says_what_to_do(open_page):
    at = open_page("kernels", kernels_photo=OWN)
    assert "not in the link" in at.info[0].value
    assert shown(at) is None


def upload(at, data: bytes, name: str = "mine.png"):
    at.file_uploader("kernels_upload").set_value((name, data, "image/png")).run()
    assert not at.exception
    return at


def test_an_upload_takes_the_place_of_the_photograph(open_page):
    at = upload(open_page("kernels"), saved(Image.new("RGB", (1024, 512), "red")))
    assert at.selectbox("kernels_photo").value == OWN
    assert shown(at)["size"] == [256, 512]
    assert any("Shrunk from 1,024 × 512" in text.value for text in at.markdown)
    at.selectbox("kernels_photo").select("Cat").run()
    assert shown(at)["caption"] == "Cat, grey"


def test_one_pixel_is_filtered_or_refused(open_page):
    at = upload(open_page("kernels"), saved(Image.new("L", (1, 1), 200)))
    assert shown(at)["size"] == [1, 1]
    at.segmented_control("kernels_padding").set_value("None").run()
    assert "The kernel reaches over 3 × 3 pixels and the picture has 1 × 1" in at.error[0].value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"no picture", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (saved(Image.effect_noise((99, 99), 60))[:-4000], "damaged or cut off"),
    ],
)
def test_a_bad_upload_gets_a_sentence(open_page, data, words):
    at = upload(open_page("kernels"), data, "bad.png")
    assert words in at.error[0].value
    assert shown(at)["caption"] == f"{PHOTOS[0].title}, grey"  # what was there stays


def learned(workspace: str) -> AppTest:
    """The part of “More” that offers filters of one's own networks, which AppTest cannot open."""

    def script() -> None:
        import streamlit as st

        from pages.parts.kernels import stack
        from pages.parts.kernels.learned import show_learned_filters

        st.text_area("Weights", stack.TEXT.first, key=stack.TEXT.key)
        show_learned_filters()

    at = AppTest.from_function(script, default_timeout=60)
    at.query_params["workspace"] = workspace
    return at.run()


def test_a_learned_filter_becomes_the_kernel(digits_run):
    at = learned("tests")
    at.selectbox("kernels_run").select(digits_run).run()
    store = default_store()
    filters = first_layer(store.get_run(digits_run).spec, store.load_weights(digits_run)).weights
    titles = [picture["title"] for picture in drawn(at, "cnn_lab_thumbnails")["pictures"]]
    assert titles == [f"Filter {number + 1}" for number in range(len(filters))]
    at.button("kernels_learned").click().run()
    assert not at.exception
    taken = at.text_area("kernels_weights").value.split("|")
    assert len(taken) == min(len(filters), 8)
    for text, weights in zip(taken, filters, strict=False):
        np.testing.assert_allclose(parse_kernel(text).weights, weights[0], atol=1e-4)
    assert at.session_state["kernels_together"] == "Bank"


def test_without_a_run_it_is_said_where_learned_filters_come_from():
    at = learned("nobody")
    assert any("once you have trained one" in text.value for text in at.markdown)
    assert not at.exception

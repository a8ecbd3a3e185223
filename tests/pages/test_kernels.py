"""The Kernel lab: defaults, extremes, hostile links and uploads."""

import io
import json
from typing import Any

import pytest
from PIL import Image

from cnn_core.images import PHOTOS
from cnn_core.kernels import KERNELS

OWN = "Your picture"


def shown(at) -> dict[str, Any] | None:
    """What the lens was given to draw; None while there is none."""
    protos = {element.proto.component_name: element.proto for element in at.get("bidi_component")}
    proto = protos.get("cnn_lab_lens")
    return json.loads(proto.json) if proto else None


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_opens_on_a_filled_example(open_page):
    at = open_page("kernels")
    assert not at.error
    assert at.selectbox("kernels_photo").value == PHOTOS[0].title
    assert at.selectbox("kernels_name").value == "Sobel x"
    picture = shown(at)
    assert picture["weights"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert picture["size"] == [512, 512]
    low, zero, high = picture["ends"]
    assert (low[0], low[1:], zero) == ("−", high[1:], "0")  # one scale, symmetric


@pytest.mark.parametrize("family", dict.fromkeys(kernel.family for kernel in KERNELS))
def test_every_kernel_can_be_chosen(open_page, family):
    at = open_page("kernels")
    for kernel in KERNELS:
        if kernel.family == family:
            at.selectbox("kernels_name").select(kernel.name).run()
            assert not at.exception
            assert not at.error
            assert shown(at)["weights"] == kernel.weights.tolist()
            assert kernel.sees in [text.value for text in at.markdown]


def test_the_size_switch_keeps_the_middle(open_page):
    at = open_page("kernels", kernels_weights="1 2 3; 4 5 6; 7 8 9")
    at.segmented_control("kernels_size").set_value("5 × 5").run()
    grown = shown(at)["weights"]
    assert [row[1:4] for row in grown[1:4]] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert sum(map(sum, grown)) == 45
    at.segmented_control("kernels_size").set_value("3 × 3").run()
    assert shown(at)["weights"] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_the_width_of_a_gaussian(open_page):
    at = open_page("kernels")
    at.selectbox("kernels_name").select("Gaussian 5 × 5").run()
    narrow = shown(at)["weights"]
    at.select_slider("kernels_sigma").set_value(2.0).run()
    assert at.selectbox("kernels_name").value == "Gaussian 5 × 5"
    assert shown(at)["weights"][2][2] < narrow[2][2]
    assert at.select_slider("kernels_sigma").value == 2.0


@pytest.mark.parametrize("view", ["Signed", "Absolute value", "0 to 255"])
@pytest.mark.parametrize("channels", ["Grey", "Each colour channel"])
@pytest.mark.parametrize("padding", ["Circular", "None"])
def test_every_setting_with_huge_weights(open_page, view, channels, padding):
    at = open_page(
        "kernels",
        kernels_photo="Coffee",
        kernels_view=view,
        kernels_channels=channels,
        kernels_padding=padding,
        kernels_mode="True convolution",
        kernels_weights="; ".join(["1e6 -1e6 1e6 -1e6 1e6"] * 5),
    )
    assert not at.error
    assert shown(at)["channels"] == (1 if channels == "Grey" else 3)
    assert shown(at)["margin"] == (0 if padding == "None" else 2)


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
        ("1 2; 3 4", "The kernel is 2 × 2: make it 3 × 3 or 5 × 5."),
        ("1 2 3 4 5", "The kernel is 1 × 5"),
        ("; ".join(["1 2 3 4 5 6 7"] * 7), "at most 5 × 5"),
        ("<script>alert(1)</script>", "not a number"),
        ("1 " * 20_000, "at most 5 × 5"),
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
    assert shown(at)["margin"] == 1


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
    assert "The kernel is 3 × 3 and the picture 1 × 1" in at.error[0].value


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
    assert shown(at) is None

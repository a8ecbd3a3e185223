"""The Network designer: presets, editing, what is wrong, predicting, hostile links, and the way to Train."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.networks import PRESETS, preset
from cnn_core.networks.blocks import KINDS
from pages.parts.designer.form import parse_pair

Open = Callable[..., AppTest]


def table(at: AppTest) -> dict[str, Any]:
    """What the table was given to draw."""
    protos = {element.proto.component_name: element.proto for element in at.get("bidi_component")}
    return json.loads(protos["cnn_lab_network"].json)


def lines(at: AppTest) -> dict[str, dict[str, Any]]:
    return {line["title"]: line for line in table(at)["lines"]}


def control(widgets: Any, name: str) -> Any:
    """The one control of a setting; its key has a number behind the name."""
    [found] = [widget for widget in widgets if widget.key.startswith(f"designer_{name}_")]
    return found


def network(*layers: dict[str, Any], shape: tuple[int, int, int] = (3, 8, 8)) -> str:
    return json.dumps({"name": "Mine", "input_shape": shape, "layers": layers})


def test_opens_on_the_course_network(open_page: Open) -> None:
    at = open_page("designer")
    assert not at.error
    assert [metric.value for metric in at.metric][:3] == ["390,410", "28,803,712", "10"]
    counts = [line["cells"]["Parameters"] for line in table(at)["lines"] if line["cells"]["Parameters"] != "0"]
    assert counts == ["2,432", "51,264", "204,928", "131,136", "650"]
    assert table(at)["chosen"] == "0"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset(open_page: Open, name: str) -> None:
    at = open_page("designer")
    at.selectbox("designer_preset").select(name).run()
    assert not at.exception
    assert not at.error
    assert at.metric[0].value == f"{preset(name).total_parameters:,}"


def test_megabytes_of_the_course(open_page: Open) -> None:
    at = open_page("designer")
    at.selectbox("designer_preset").select("D-vgg").run()
    megabytes = next(text.value for text in at.markdown if text.value.startswith("| megabytes"))
    assert "**16.39**" in megabytes
    assert "131.96" in megabytes


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_added_and_deleted(open_page: Open, kind: str) -> None:
    at = open_page("designer")
    before = table(at)["shown"]
    at.selectbox("designer_kind").select(kind).run()
    at.button("designer_add").click().run()
    assert not at.exception
    assert table(at)["chosen"] == "1"
    assert len(json.loads(table(at)["shown"])["layers"]) == len(json.loads(before)["layers"]) + 1
    at.button("designer_delete").click().run()
    assert table(at)["shown"] == before
    at.button("designer_undo").click().run()
    assert table(at)["shown"] != before
    at.button("designer_redo").click().run()
    assert table(at)["shown"] == before


def test_a_setting_changes_every_number(open_page: Open) -> None:
    at = open_page("designer")
    control(at.number_input, "filters").set_value(16).run()
    assert lines(at)["conv1"]["cells"]["Output shape"] == "16×32×32"
    control(at.text_input, "kernel_size").set_value("3 5").run()
    assert lines(at)["conv1"]["cells"]["Parameters"] == f"{16 * 3 * 15 + 16}"
    control(at.text_input, "padding").set_value("same").run()
    assert lines(at)["conv1"]["cells"]["Output shape"] == "16×32×32"
    control(at.toggle, "bias").set_value(False).run()
    assert lines(at)["conv1"]["cells"]["Parameters"] == f"{16 * 3 * 15}"


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("kernel_size", "three", "Kernel is “three”: type one whole number, or two for height and width"),
        ("kernel_size", "0", "Kernel size is 0"),
        ("kernel_size", "9999", "Kernel size is 9999"),
        ("stride", "1 2 3", "Stride is “1 2 3”"),
        ("padding", "-1", "Padding is “-1”"),
    ],
)
def test_a_bad_setting_gets_a_sentence_and_nothing_is_lost(open_page: Open, name: str, typed: str, words: str) -> None:
    at = open_page("designer")
    before = table(at)["shown"]
    control(at.text_input, name).set_value(typed).run()
    assert at.error[0].value.startswith(words)
    assert control(at.text_input, name).value == typed
    assert table(at)["shown"] == before


def test_a_layer_that_does_not_fit_is_marked_and_the_rest_waits(open_page: Open) -> None:
    text = network({"kind": "Conv2d", "filters": 4, "kernel_size": 3}, {"kind": "Linear", "units": 5}, {"kind": "ReLU"})
    at = open_page("designer", designer_network=text)
    assert not at.exception
    found = lines(at)
    assert found["fc1"]["problem"] == "fc1: The layer needs flat input, but gets 4×6×6: put a flatten before it."
    assert found["relu1"]["waits"]
    assert not at.metric


def test_an_empty_network_can_be_begun(open_page: Open) -> None:
    at = open_page("designer", designer_network=network())
    assert not at.exception
    at.button("designer_add").click().run()
    assert "conv1" in lines(at)
    at.button("designer_delete").click().run()
    assert not at.exception
    assert table(at)["lines"] == []


def test_blocks_are_filled_and_emptied(open_page: Open) -> None:
    at = open_page("designer", designer_network=network({"kind": "Conv2d", "filters": 4, "kernel_size": 1}))
    at.selectbox("designer_kind").select("Branches").run()
    at.button("designer_add").click().run()
    assert "branches1" in lines(at)
    at.button("designer_branch").click().run()
    assert lines(at)["branches1"]["cells"]["Output shape"] == "32×8×8"
    at.selectbox("designer_kind").select("ReLU").run()
    at.selectbox("designer_where").select("Inside, at the end of its branch2").run()
    at.button("designer_add").click().run()
    assert "branch2.relu1" in lines(at)
    for _ in range(2):
        at.button("designer_delete").click().run()
        assert not at.exception


@pytest.mark.parametrize("column", ["Output shape", "Parameters", "Receptive field"])
@pytest.mark.parametrize("name", ["A", "E", "ResNet-18", "MobileNet-V2"])
def test_predicting_asks_for_every_layer(open_page: Open, column: str, name: str) -> None:
    at = open_page("designer", designer_predict=column)
    at.selectbox("designer_preset").select(name).run()
    asked = [line for line in table(at)["lines"] if line["question"]]
    assert len(asked) > 3
    for line in asked:
        assert line["question"]["answer"] == line["cells"][column].replace(",", "")


@pytest.mark.parametrize(("column", "answer"), [("Output shape", "64×56×56"), ("Receptive field", "43×43")])
def test_what_is_to_be_predicted_stands_nowhere_else(open_page: Open, column: str, answer: str) -> None:
    at = open_page("designer", designer_predict=column)
    at.selectbox("designer_preset").select("ResNet-18").run()
    block = lines(at)["block2"]
    assert block["question"] is None
    assert column not in block["cells"]
    assert column == "Receptive field" or not any(box["shape"] for box in table(at)["boxes"])
    assert column == "Receptive field" or not any("Takes" in text.value for text in at.markdown)
    assert "What a unit sees" not in [heading.value for heading in at.subheader]
    at = open_page("designer").selectbox("designer_preset").select("ResNet-18").run()
    assert lines(at)["block2"]["cells"][column] == answer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "This is not valid JSON"),
        ("[" * 5000, "nested too deeply|not valid JSON"),
        (network({"kind": "os.system"}), "is no layer"),
        (network(shape=(0, 8, 8)), "Input shape is 0"),
        (network({"kind": "Linear", "units": 10**12}), "Units is 1000000000000"),
    ],
)
def test_hostile_links_get_a_sentence_and_a_network(open_page: Open, text: str, words: str) -> None:
    at = open_page("designer", designer_network=text)
    assert any(part in at.error[0].value for part in words.split("|"))
    assert table(at)["lines"]


def test_an_input_that_no_layer_fits(open_page: Open) -> None:
    at = open_page("designer")
    control(at.number_input, "input_1").set_value(2).run()
    assert not at.exception
    assert any("does not fit" in line["problem"] for line in table(at)["lines"])
    control(at.number_input, "input_1").set_value(4096).run()
    assert not at.exception


def test_the_receptive_field_measured_beside_the_formula(open_page: Open) -> None:
    at = open_page("designer", designer_measure="true")
    assert any("the same as the formula's" in text.value for text in at.markdown)
    assert any("sees **5 × 5** pixels" in text.value for text in at.markdown)


def test_a_chosen_unit_is_measured_where_the_formula_knows_no_edges(open_page: Open) -> None:
    at = open_page("designer", designer_measure="true", designer_unit_row=0, designer_unit_column=100)
    assert any("row 1 of 32, column 32 of 32 has its centre at pixel (1, 32)" in text.value for text in at.markdown)
    assert any("rows 1 to 3 and columns 30 to 32 have a gradient, the same" in text.value for text in at.markdown)
    lost = network(
        {"kind": "MaxPool2d", "kernel_size": 2},
        {"kind": "Conv2d", "filters": 2, "kernel_size": 3, "padding": 1},
        shape=(1, 11, 11),
    )
    at = open_page("designer", designer_network=lost, designer_measure="true", designer_unit_row=100)
    at.session_state["designer_chosen"] = "1"
    at.run()
    assert any("smaller than the formula's, which ignores edges" in text.value for text in at.markdown)


def test_holes_of_a_dilated_kernel_are_said(open_page: Open) -> None:
    text = network({"kind": "Conv2d", "filters": 2, "kernel_size": 3, "dilation": 2})
    at = open_page("designer", designer_network=text, designer_measure="true")
    assert any("steps over them" in words.value for words in at.markdown)


def test_training_that_no_memory_holds_is_said_with_the_batch_that_fits(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.designer.view.free_mb", lambda: 100.0)
    at = open_page("designer", designer_batch=65_536)
    saved, weights = 0.3935, 1.4893
    assert f"a batch of {(100 - 4 * weights) // saved:.0f} would" in at.warning[0].value
    monkeypatch.setattr("pages.parts.designer.view.free_mb", lambda: 1.0)
    assert "not even one image does" in at.run().warning[0].value


def test_a_network_that_does_not_fit_is_not_measured(open_page: Open) -> None:
    text = network({"kind": "Conv2d", "filters": 4, "kernel_size": 3}, {"kind": "Linear", "units": 5})
    at = open_page("designer", designer_network=text, designer_measure="true")
    assert not at.exception
    assert any("needs flat input" in words.value for words in at.markdown)
    assert any("sees **3 × 3** pixels" in words.value for words in at.markdown)


def test_the_network_goes_to_train(open_page: Open) -> None:
    at = open_page("designer")
    at.switch_page("pages/train.py").run()
    at.selectbox("train_network").select("Your design").run()
    assert not at.exception
    assert any("Made in the Designer" in text.value for text in at.markdown)
    at.selectbox("train_dataset").select("textures").run()  # other images, other classes: it is fitted
    assert not at.exception


def test_pairs() -> None:
    assert parse_pair("3", "Kernel") == 3
    assert parse_pair("3 5", "Kernel") == parse_pair("3×5", "Kernel") == parse_pair("3, 5", "Kernel") == (3, 5)
    assert parse_pair("same", "Padding") == "same"
    assert parse_pair("kernel", "Stride") is None


def test_a_click_that_overtakes_the_drawing_meets_the_layer_that_is_chosen_by_then(open_page: Open) -> None:
    """A preset and a control's new value in one message: whichever comes first, one undo or two lead back."""
    at = open_page("designer")
    control(at.number_input, "filters").set_value(16).run()
    at.button("designer_undo").click().run()
    before = table(at)["shown"]
    assert lines(at)["conv1"]["cells"]["Output shape"] == "32×32×32"
    assert control(at.number_input, "filters").value == 32
    at.selectbox("designer_preset").select("B-base")
    control(at.number_input, "filters").set_value(8)
    at.run()
    assert not at.exception
    assert lines(at)["flatten"]["cells"]["Output shape"] == "2048"
    at.button("designer_undo").click().run()
    assert table(at)["shown"] == before


def test_a_click_that_brings_the_old_network_along_changes_nothing_else(open_page: Open) -> None:
    at = open_page("designer")
    at.selectbox("designer_preset").select("A").run()
    old = at.text_area("designer_network").value
    at.selectbox("designer_preset").select("C").run()
    new = at.text_area("designer_network").value
    assert new != old
    # The new network is not on the screen yet: the browser sends the JSON that it still shows, here with no callback.
    at.text_area("designer_network").set_value(old)
    at.selectbox("designer_kind").select("ReLU").run()
    assert at.text_area("designer_network").value == new
    at.text_area("designer_network").set_value(old)
    at.button("designer_add").click().run()
    assert '"kind": "ReLU"' in at.text_area("designer_network").value
    at.button("designer_undo").click().run()
    assert at.text_area("designer_network").value == new
    at.run()  # the browser has sent the network that is shown: the old one is now a choice
    at.text_area("designer_network").set_value(old).run()
    assert at.text_area("designer_network").value == old
    at.button("designer_undo").click().run()
    assert at.text_area("designer_network").value == new


def test_a_bias_before_batch_norm_is_called_useless(open_page: Open) -> None:
    conv, norm = {"kind": "Conv2d", "filters": 4, "kernel_size": 3}, {"kind": "BatchNorm"}
    useless = "The batch norm after it subtracts this bias again: it has no effect."
    for layer, said in ((conv, True), ({**conv, "bias": False}, False)):
        at = open_page("designer", designer_network=network(layer, norm))
        assert any(useless in text.value for text in at.markdown) == said

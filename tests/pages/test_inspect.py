"""The Inspect page: with no run, with a trained one, and with everything that can be wrong with one."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core import datasets
from cnn_core.networks import Conv2d, Flatten, Linear, MaxPool2d, NetworkSpec, ReLU, preset
from cnn_core.runs import default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import Failed, Snapshot, Started

Open = Callable[..., AppTest]
VIEWS = ("At a glance", "Feature maps", "Filters", "Development", "What a unit wants", "Attributions", "Map of images")
FILTERS, MAPS = {"inspect_view": "Filters"}, {"inspect_view": "Feature maps"}


def headings(at: AppTest) -> list[str]:
    return [subheader.value for subheader in at.subheader]


def scales(at: AppTest) -> list[str]:
    """What is said below each grid: its scale and how much of it is shown."""
    notes = [text.value.removeprefix(":small[").removesuffix("]") for text in at.markdown]
    return [note for note in notes if note.startswith("Scale ")]


def pictures(at: AppTest) -> list[str]:
    """The alt texts of all pictures."""
    return [image.alt for element in at.get("image") for image in element.proto.imgs]


def drawn(at: AppTest, component: str) -> dict[str, Any] | None:
    """What a component was given to draw."""
    found = [element.proto for element in at.get("bidi_component") if element.proto.component_name == component]
    return json.loads(found[0].json) if found else None


def maps_of(at: AppTest) -> dict[str, list[int]]:
    """Layer → the maps of it that are shown, from 0."""
    data = drawn(at, "cnn_lab_maps")
    assert data is not None
    return {data["graph"][column["node"]]["name"]: column["shown"] for column in data["columns"]}


def store_run(spec: NetworkSpec, *, weights: bool = True, spoil: float | None = None) -> str:
    """A run with the untrained network as its only checkpoint, every weight set to `spoil` if given."""
    store = default_store()
    run_id = store.create_run("inspect-test", spec, TrainConfig(dataset="digits", epochs=1))
    store.append_events(run_id, Started("cpu", spec.total_parameters, 1, 1, 2.3))
    if weights:
        state = {name: value.numpy().copy() for name, value in spec.build(seed=0).state_dict().items()}
        if spoil is not None:
            state = {name: np.full_like(value, spoil) for name, value in state.items()}
        store.append_events(run_id, Snapshot(0, state))
    return run_id


def test_without_a_run_an_untrained_network_is_shown(open_page: Open) -> None:
    at = open_page("inspect", **FILTERS)
    assert "No network of yours yet" in at.info[0].value
    assert "Filters of conv1" in headings(at)
    assert "Filters of conv1: 16 pictures" in pictures(at)


def test_a_trained_run_shows_answer_and_maps(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, **MAPS)
    assert not at.info
    assert not at.error
    shown = {node: len(maps) for node, maps in maps_of(at).items()}
    assert all(shown[layer] == 16 for layer in ("conv1", "relu1", "pool1", "pool2"))
    at.selectbox(key="inspect_map_page").select_index(1).run()
    assert maps_of(at)["pool2"] == list(range(16, 32))
    assert any(text.value.startswith("The network says **") for text in at.markdown)


def test_the_slider_goes_back_to_the_untrained_network(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, **FILTERS)
    trained = scales(at)[0]
    slider = at.select_slider(key="inspect_epoch")
    assert slider.value == 2
    slider.set_value(0).run()
    assert not at.exception
    weights = default_store().load_weights(digits_run, 0)["conv1.weight"]
    assert scales(at)[0] == f"Scale −{abs(weights).max():.3g} … +{abs(weights).max():.3g}: " + (
        "red negative, white 0, blue positive."
    )
    assert scales(at)[0] != trained


def test_each_filter_on_a_scale_of_its_own_says_so(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_filter_scale="each by itself", **FILTERS)
    assert scales(at)[0].startswith("Scale each its own, from ±")


def test_a_class_limits_the_choice_of_images(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_class="3", inspect_image=2)
    assert at.number_input(key="inspect_image").value == 2
    assert any("an example of class 3" in alt for alt in pictures(at))
    at.number_input(key="inspect_image").set_value(30).run()
    at.selectbox(key="inspect_class").select("all classes").run()
    at.number_input(key="inspect_image").set_value(360).run()
    at.selectbox(key="inspect_class").select("4").run()
    assert not at.exception
    assert any("an example of class 4" in alt for alt in pictures(at))


@pytest.mark.parametrize(
    "query",
    [
        {"run": "../../etc/passwd"},
        {"run": "' OR 1=1 --", "inspect_epoch": "-7"},
        {"inspect_image": "999999999", "inspect_class": "<script>"},
        {"inspect_image": "-1", "inspect_filter_scale": "none", "inspect_map_scale": "☃"},
    ],
)
def test_hostile_links_open_the_page(open_page: Open, query: dict[str, str]) -> None:
    at = open_page("inspect", **query)
    assert "Try this" in headings(at)


@pytest.mark.parametrize(
    "query", [{"inspect_epoch": "after epoch 99"}, {"inspect_image": "361"}, {"inspect_image": "x"}]
)
def test_links_beyond_the_run_fall_back(open_page: Open, digits_run: str, query: dict[str, str]) -> None:
    at = open_page("inspect", run=digits_run, **query)
    assert at.select_slider(key="inspect_epoch").value == 2
    assert at.number_input(key="inspect_image").value == 1


def test_a_linear_network_shows_a_template_a_class(open_page: Open) -> None:
    run_id = store_run(preset("Linear only"))
    at = open_page("inspect", run=run_id, **FILTERS)
    assert "Templates of fc1" in headings(at)
    assert "Without convolutions" in headings(at)
    at = open_page("inspect", run=run_id, **MAPS)
    assert any("no feature maps to show" in info.value for info in at.info)


def test_a_network_that_begins_otherwise_says_so(open_page: Open) -> None:
    spec = NetworkSpec("pooled", (1, 8, 8), (MaxPool2d(2), Flatten(), Linear(10)))
    run_id = store_run(spec)
    at = open_page("inspect", run=run_id, **FILTERS)
    assert any("no filters that can be seen" in info.value for info in at.info)
    at = open_page("inspect", run=run_id, **MAPS)
    assert maps_of(at) == {"pool1": [0]}


def test_long_networks_are_shown_in_parts(open_page: Open) -> None:
    spec = preset("D-resnet18", input_shape=(1, 8, 8), classes=10)
    at = open_page("inspect", run=store_run(spec), **MAPS)
    layers = at.selectbox(key="inspect_layers")
    assert str(layers.value).startswith("1 to 8 of ")
    assert len(maps_of(at)) == 8
    assert "1 to 16 of 64" in str(at.selectbox(key="inspect_map_page").value)
    first = set(maps_of(at))
    layers.select_index(1).run()
    assert not at.exception
    assert not first & set(maps_of(at))


def test_a_run_that_is_still_going_shows_its_latest_checkpoint(open_page: Open) -> None:
    at = open_page("inspect", run=store_run(preset("Tiny CNN")), **FILTERS)
    assert "still going" in at.info[0].value
    assert "Filters of conv1: 16 pictures" in pictures(at)


def test_a_run_without_weights_sends_to_train(open_page: Open) -> None:
    at = open_page("inspect", run=store_run(preset("Tiny CNN"), weights=False), **FILTERS)
    assert "has no saved weights" in at.info[0].value
    assert "Filters of conv1: 16 pictures" in pictures(at)


def test_a_failed_run_says_why(open_page: Open) -> None:
    run_id = store_run(preset("Tiny CNN"))
    default_store().append_events(run_id, Failed("The loss became NaN at step 3: lower the learning rate.", 3))
    at = open_page("inspect", run=run_id)
    assert "The loss became NaN at step 3" in at.warning[0].value


def test_weights_that_are_no_numbers_are_reported(open_page: Open) -> None:
    spec = preset("Tiny CNN")
    at = open_page("inspect", run=store_run(spec, spoil=float("nan")), **FILTERS)
    assert "weights holds values that are infinite or not a number" in at.error[0].value
    assert "Try this" in headings(at)


def findings(at: AppTest) -> dict[str, str]:
    """Letter → line of what the measures find."""
    lines = [text.value for text in at.markdown if text.value.startswith("**") and " · " in text.value[:8]]
    return {line[2]: line for line in lines}


def test_deeper_filters_are_shown_channel_by_channel(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_filter_layer="conv2", **FILTERS)
    assert "Filters of conv2" in headings(at)
    assert "Filters of conv2: 12 filters, 16 of 16 channels" in pictures(at)
    at.segmented_control(key="inspect_filter_order").set_value("similarity").run()
    at.selectbox(key="inspect_filter_rows").select_index(2).run()
    assert not at.exception
    assert "Filters of conv2: 8 filters, 16 of 16 channels" in pictures(at)


def test_findings_name_the_filters_that_were_made_for_them(open_page: Open) -> None:
    spec = preset("Tiny CNN")
    run_id = store_run(spec)
    weights = default_store().load_weights(run_id, 0)
    filters = np.array(weights["conv1.weight"])
    rows, columns = np.indices(filters.shape[2:])
    filters[0, 0] = (rows + columns) % 2 - 0.5
    filters[1, 0] = columns - columns.mean()
    filters[2, 0] = 0
    default_store().append_events(run_id, Snapshot(1, {**weights, "conv1.weight": filters}))
    found = findings(open_page("inspect", run=run_id, **FILTERS))
    assert "1 (" in found["N"]
    assert "2 (1.00, up towards 0°)" in found["G"]
    assert "3 (0.00)" in found["D"]


@pytest.mark.parametrize("query", [{"inspect_filter_layer": "conv99"}, {"inspect_filter_order": "colour"}])
def test_links_to_filters_that_are_not_there_fall_back(open_page: Open, digits_run: str, query: dict[str, str]) -> None:
    at = open_page("inspect", run=digits_run, **query, **FILTERS)
    assert "Filters of conv1: 16 pictures" in pictures(at)


def test_a_clicked_value_is_written_out(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_map_value="conv2 3 2 1", **MAPS)
    assert "conv2, map 4 of 32: row 3, column 2" in headings(at)
    assert drawn(at, "cnn_lab_player") is not None
    data = drawn(at, "cnn_lab_maps")
    assert data is not None
    assert (data["graph"][data["chosen"]["node"]]["name"], data["chosen"]["row"]) == ("conv2", 2)


@pytest.mark.parametrize(
    "value", ["conv9 0 0 0", "conv1 99 0 0", "conv1 -1 0 0", "fc1 0 0 0", "conv1", "conv1 " + "9" * 5000]
)
def test_values_that_are_not_there_are_left_out(open_page: Open, digits_run: str, value: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_map_value=value, **MAPS)
    assert drawn(at, "cnn_lab_player") is None
    assert "conv1" in maps_of(at)


def test_an_empty_pad_says_what_the_network_gets(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_source="Drawing pad")
    assert drawn(at, "cnn_lab_pad") is not None
    assert any("the network gets an empty image" in info.value for info in at.info)
    assert any(text.value.startswith("The network says **") for text in at.markdown)


def test_a_drawing_is_put_into_the_network(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_source="Drawing pad")
    empty = drawn(at, "cnn_lab_glance")
    sheet = np.full((112, 112), 255, np.uint8)
    sheet[20:90, 50:62] = 0
    at.session_state["inspect_drawing"] = sheet
    at.run()
    assert not at.exception
    assert not any("Nothing is on it" in info.value for info in at.info)
    shown = drawn(at, "cnn_lab_glance")
    assert empty is not None
    assert shown is not None
    assert shown["picture"]["pixels"] != empty["picture"]["pixels"]


@pytest.mark.parametrize("way", ["Upload", "Webcam"])
def test_without_a_picture_of_ones_own_what_to_do_is_said(open_page: Open, digits_run: str, way: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_source=way)
    assert any("Choose a picture" in info.value for info in at.info)
    assert drawn(at, "cnn_lab_glance") is None


def png(size: tuple[int, int], mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 255).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (300, 40), (8, 8)])
def test_uploads_of_any_size_are_fitted_and_what_was_done_is_said(
    open_page: Open, digits_run: str, size: tuple[int, int]
) -> None:
    at = open_page("inspect", run=digits_run, inspect_source="Upload", inspect_ink="false")
    at.file_uploader(key="inspect_upload").set_value(("own.png", png(size), "image/png")).run()
    assert not at.exception
    assert any("turned to grey" in text.value for text in at.markdown)
    assert drawn(at, "cnn_lab_glance") is not None


def test_a_damaged_upload_is_refused_in_a_sentence(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_source="Upload")
    at.file_uploader(key="inspect_upload").set_value(("own.png", png((30, 30))[:40], "image/png")).run()
    assert not at.exception
    assert at.error


def test_development_shows_all_four_at_the_checkpoint(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_view="Development")
    assert "The network after epoch 2" in headings(at)
    assert "Filters of conv1: 16 pictures" in pictures(at)
    assert "16 feature maps of conv1" in pictures(at)
    right = [text.value for text in at.markdown if text.value.startswith("**Validation images**")]
    at.select_slider(key="inspect_epoch").set_value(0).run()
    assert "The network untrained" in headings(at)
    assert right != [text.value for text in at.markdown if text.value.startswith("**Validation images**")]
    assert any("stay unseen until *Evaluate*" in text.value for text in at.markdown)


def test_development_plays_from_the_start_and_stops(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_view="Development")
    at.button(key="inspect_play").click().run()
    assert "The network untrained" in headings(at)
    at.run()
    assert "The network after epoch 1" in headings(at)
    at.button(key="inspect_play").click().run()
    assert "The network after epoch 2" in headings(at)
    assert at.button(key="inspect_play").label == "Play from the start"


@pytest.mark.parametrize("layers", [(Flatten(), Linear(10)), (MaxPool2d(2), Flatten(), Linear(10))])
def test_development_without_convolutions_says_what_is_missing(open_page: Open, layers: tuple[Any, ...]) -> None:
    at = open_page("inspect", run=store_run(NetworkSpec("plain", (1, 8, 8), layers)), inspect_view="Development")
    assert any("no f" in info.value for info in at.info)
    assert any(text.value.startswith("**Validation images**") for text in at.markdown)


def test_development_of_a_diverged_run_says_so(open_page: Open) -> None:
    run_id = store_run(preset("Tiny CNN"), spoil=float("nan"))
    at = open_page("inspect", run=run_id, inspect_view="Development")
    assert "infinite or not a number" in at.error[0].value


@pytest.mark.parametrize("view", VIEWS)
def test_a_data_set_of_one_class_opens_in_every_view(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    data = datasets.load("digits")
    alone = {name: getattr(data, name).labels == 0 for name in ("train", "val", "test")}
    parts = {
        name: datasets.Split(getattr(data, name).images[kept], getattr(data, name).labels[kept])
        for name, kept in alone.items()
    }
    cut = replace(data, class_names=("<b>only*</b>",), **parts)
    monkeypatch.setattr("pages.shared.state.load_dataset", lambda _name: cut)
    spec = NetworkSpec("One", (1, 8, 8), (Conv2d(2, 3), ReLU(), Flatten(), Linear(1)))
    at = open_page("inspect", run=store_run(spec), inspect_view=view)
    assert not at.exception
    assert not at.error

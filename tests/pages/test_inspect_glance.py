"""The network at a glance on the Inspect page: what is drawn, what a link opens, and networks that are hard to show."""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnn_core import datasets
from cnn_core.insight import feature_maps
from cnn_core.insight.load import load_network
from cnn_core.networks import (
    AdaptiveAvgPool2d,
    BatchNorm,
    Branches,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    NetworkSpec,
    ReLU,
    Residual,
    preset,
)
from cnn_core.runs import default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import Snapshot, Started
from cnn_core.training.inference import make_normaliser

Open = Callable[..., AppTest]
LAYER, MAP, ROW, COLUMN = (f"inspect_glance_{name}" for name in ("layer", "map", "row", "column"))
BLOCKS = NetworkSpec(
    "blocks",
    (1, 8, 8),
    (
        *(Conv2d(8, 3, padding=1), BatchNorm(), ReLU()),
        Residual((Conv2d(8, 3, padding=1, groups=2), BatchNorm())),
        Branches(((Conv2d(4, 1),), (Conv2d(4, 3, padding=2, dilation=2), ReLU()), ())),
        *(MaxPool2d(2), AdaptiveAvgPool2d(2), Flatten(), Linear(10)),
    ),
)


def drawn(at: AppTest, component: str = "cnn_lab_glance") -> dict[str, Any] | None:
    """What a component was given to draw."""
    found = [element.proto for element in at.get("bidi_component") if element.proto.component_name == component]
    return json.loads(found[0].json) if found else None


def glance(at: AppTest) -> dict[str, Any]:
    data = drawn(at)
    assert data is not None
    return data


def store_run(spec: NetworkSpec, *, spoil: float | None = None, **config: Any) -> str:
    """A run with the untrained network as its only checkpoint, every weight set to `spoil` if given."""
    store = default_store()
    run_id = store.create_run("glance-test", spec, TrainConfig(dataset="digits", epochs=1, **config))
    store.append_events(run_id, Started("cpu", spec.total_parameters, 1, 1, 2.3))
    state = {name: value.numpy().copy() for name, value in spec.build(seed=0).state_dict().items()}
    if spoil is not None:
        state = {name: np.full_like(value, spoil) for name, value in state.items()}
    store.append_events(run_id, Snapshot(0, state))
    return run_id


def test_the_page_opens_on_the_whole_network(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run)
    assert not at.error
    data = glance(at)
    titles = [node["title"] for node in data["graph"]]
    assert titles == ["input", "conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "fc1", "softmax"]
    assert len(data["columns"]) == len(titles)
    assert data["unfolded"]["title"] == "conv1, map 1 of 16"
    assert data["columns"][-1]["labels"] == [str(digit) for digit in range(10)]
    shares = [float(text.rstrip("%")) for text in data["columns"][-1]["texts"]]
    assert sum(shares) == pytest.approx(100, abs=0.5)


def test_the_maps_drawn_are_the_networks_own(open_page: Open, digits_run: str) -> None:
    data = glance(open_page("inspect", run=digits_run, inspect_image=5))
    digits, store = datasets.load("digits"), default_store()
    run = store.get_run(digits_run)
    model = load_network(run.spec, store.load_weights(digits_run, 2))
    normalise = make_normaliser(digits, torch.device("cpu"), run.config)
    maps = feature_maps(model, normalise(torch.from_numpy(digits.test.images[4:5]))[0].numpy())
    for name in ("conv1", "pool1", "relu2"):
        place = [node["name"] for node in data["graph"]].index(name)
        column = next(column for column in data["columns"] if column["node"] == place)
        sent = np.frombuffer(base64.b64decode(column["pixels"]), np.uint8).reshape(16, *column["picture"])
        own = np.array(column["own"])[:, None, None]
        assert np.abs((sent - 128.0) / 127 * own - maps[name][:16]).max() <= own.max() / 250


def test_a_link_opens_a_map_and_the_sum_behind_its_pixel(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, **{LAYER: "conv2", MAP: 7, ROW: 2, COLUMN: 3})
    data = glance(at)
    assert data["chosen"] == {"node": 4, "map": 6, "row": 1, "column": 2}
    unfolded = data["unfolded"]
    assert len(unfolded["parts"]) == 8
    assert "the other 8 are summed up" in unfolded["words"]
    played = drawn(at, "cnn_lab_player")
    assert played is not None
    total = played["steps"][played["start"]["step"]]["total"]
    assert any(text.value.startswith(f"The value is **{total}**") for text in at.markdown)
    assert played["corner"] == {"output": [1, 2]}


def test_every_layer_can_be_unfolded_and_every_value_asked_for(open_page: Open) -> None:
    at = open_page("inspect", run=store_run(BLOCKS))
    for layer in at.selectbox(LAYER).options:
        name = {"softmax": "softmax", "nothing": "nothing"}.get(layer, layer)
        at.selectbox(LAYER).select(name).run()
        assert not at.exception, layer
        assert not at.error, layer
        data = glance(at)
        if layer == "nothing":
            assert data["unfolded"] is None
            continue
        assert data["unfolded"]["title"].startswith(f"{layer}, ")
        if any(box.key == ROW for box in at.number_input):
            at.number_input(ROW).set_value(1).run()
            at.number_input(COLUMN).set_value(1).run()
            assert not at.exception, layer
            assert any(text.value.startswith("The value is **") for text in at.markdown), layer


def test_a_click_in_the_browser_chooses_what_it_hit(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts.inspect import glance as view

    state: dict[str, Any] = {}
    monkeypatch.setattr(view.st, "session_state", state)
    view._store_clicked_value({"layer": "conv2", "map": 3, "row": 0, "column": 7})
    assert state == {LAYER: "conv2", MAP: 4, ROW: 1, COLUMN: 8}
    view._store_clicked_value({"layer": "", "map": 0, "row": None, "column": None})
    assert state == {LAYER: "nothing", MAP: 1, ROW: None, COLUMN: None}
    view._store_clicked_value({"layer": ["x"], "map": "y", "row": -4, "column": 1.5})
    assert state == {LAYER: "nothing", MAP: 1, ROW: None, COLUMN: None}


@pytest.mark.parametrize(
    "query",
    [
        {LAYER: "conv9", MAP: "99", ROW: "99", COLUMN: "99"},
        {LAYER: "<script>", MAP: "x"},
        {LAYER: "conv2", MAP: "999", ROW: "5", COLUMN: "999"},
        {LAYER: "fc1", MAP: "-1", ROW: "1", COLUMN: "1"},
        {LAYER: "softmax", MAP: "11"},
        {"inspect_glance_maps": "17 to 99", "inspect_glance_scale": "☃"},
    ],
)
def test_hostile_links_open_the_page(open_page: Open, digits_run: str, query: dict[str, str]) -> None:
    at = open_page("inspect", run=digits_run, **query)
    assert not at.error
    assert glance(at)["unfolded"]


def test_another_network_with_fewer_maps_falls_back(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, **{LAYER: "conv2", MAP: 32, ROW: 4, COLUMN: 4})
    small = NetworkSpec("small", (1, 8, 8), (Conv2d(2, 5, stride=2), Conv2d(3, 2), Flatten(), Linear(10)))
    at.session_state["run"] = store_run(small)
    at.run()
    assert not at.exception
    assert glance(at)["chosen"] == {"node": 2, "map": 2, "row": 0, "column": 0}


def test_a_network_without_convolutions_shows_its_units(open_page: Open) -> None:
    data = glance(open_page("inspect", run=store_run(preset("Linear only"))))
    assert [node["title"] for node in data["graph"]] == ["input", "flatten", "fc1", "softmax"]
    unfolded = data["unfolded"]
    assert unfolded["title"] == "fc1, unit 1 of 10"
    assert len(unfolded["lines"]) == 12
    assert unfolded["others"][0] == "52 others"
    number = [
        float(text.replace("−", "-")) for text in (*[line[3] for line in unfolded["lines"]], unfolded["others"][1])
    ]
    assert sum(number) + float(unfolded["bias"].replace("−", "-")) == pytest.approx(
        float(unfolded["value"].replace("−", "-")), abs=1e-3
    )


@pytest.mark.parametrize("spoil", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(open_page: Open, spoil: float) -> None:
    run_id = store_run(preset("Tiny CNN"), spoil=spoil)
    at = open_page("inspect", run=run_id, **{LAYER: "conv2", MAP: 3, ROW: 1, COLUMN: 1})
    assert any("From **conv1** on, values are infinite or not a number" in text.value for text in at.warning)
    assert any("cannot be written out" in text.value for text in at.info)
    pixels = base64.b64decode(glance(at)["columns"][1]["pixels"])
    assert set(pixels) == {0}


def test_a_large_network_is_shown_in_pages_of_layers_and_maps(open_page: Open) -> None:
    spec = preset("D-resnet18", input_shape=(1, 32, 32), classes=10)
    at = open_page("inspect", run=store_run(spec, resize=32))
    assert len(glance(at)["columns"]) == 50
    assert len(json.dumps(glance(at))) < 600_000
    at.selectbox("inspect_glance_layers").select_index(1).run()
    at.selectbox("inspect_glance_maps").select("65 to 80").run()
    assert not at.exception
    data = glance(at)
    assert data["graph"][data["columns"][1]["node"]]["name"] == spec.summary()[48].name
    for column in data["columns"][1:-1]:
        maps = data["graph"][column["node"]]["maps"]
        assert column["shown"][0] == min(64, max(0, maps - 16))  # the last maps of layers that have fewer
    assert len(data["columns"][-1]["shown"]) == 10


def test_the_scale_can_be_each_maps_own(open_page: Open, digits_run: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_glance_scale="each map its own")
    assert glance(at)["scale"] == "map"

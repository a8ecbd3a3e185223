"""Inspect's map of images: what it says it shows, at both ends of its settings and with networks that have none."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import datasets
from cnn_core.insight.load import load_network
from cnn_core.networks import preset
from cnn_core.runs import default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import Snapshot
from cnn_core.training.inference import predict_logits

Open = Callable[..., AppTest]
MAP = {"inspect_view": "Map of images"}


def notes(at: AppTest) -> str:
    return "\n".join(element.value for element in at.markdown)


def test_it_counts_images_and_mistakes(open_page: Open, digits_run: str) -> None:
    store, data = default_store(), datasets.load("digits")
    epoch = store.get_run(digits_run).tested_epoch
    model = load_network(store.get_run(digits_run).spec, store.load_weights(digits_run, epoch))
    wrong = int((predict_logits(model, data.test.images, data).argmax(axis=1) != data.test.labels).sum())
    at = open_page("inspect", run=digits_run, **MAP)
    assert f"360 of 360 test images, drawn with the seed; a cross marks each of the {wrong} " in notes(at)
    assert "They lie by the input of fc1, 128 values" in notes(at)
    at.segmented_control(key="inspect_map_split").set_value("Train").run()
    assert not at.exception
    assert f"600 of {len(data.train):,} train images" in notes(at)


@pytest.mark.parametrize(
    "query",
    [
        {"inspect_map": "t-SNE", "inspect_map_split": "Validation", "inspect_perplexity": "2"},
        {"inspect_map": "t-SNE", "inspect_perplexity": "99999"},
        {"inspect_map": "<b>", "inspect_map_split": "none", "inspect_map_seed": "-1", "inspect_map_class": "x"},
    ],
)
def test_extreme_and_hostile_settings(open_page: Open, digits_run: str, query: dict[str, str]) -> None:
    at = open_page("inspect", run=digits_run, **MAP, **query)
    assert not at.error
    assert "drawn with the seed" in notes(at)


def test_a_network_without_convolutions_is_mapped_by_its_pixels(open_page: Open) -> None:
    spec, store = preset("Linear only", input_shape=(1, 8, 8)), default_store()
    run_id = store.create_run("map-test", spec, TrainConfig(dataset="digits", epochs=1))
    store.append_events(run_id, Snapshot(0, {k: v.numpy() for k, v in spec.build(seed=0).state_dict().items()}))
    assert "the input of fc1, 64 values" in notes(open_page("inspect", run=run_id, **MAP))


def test_a_diverged_checkpoint_says_so(open_page: Open) -> None:
    spec, store = preset("Tiny CNN"), default_store()
    run_id = store.create_run("map-test", spec, TrainConfig(dataset="digits", epochs=1))
    broken = {name: np.full(value.shape, np.nan) for name, value in spec.build(seed=0).state_dict().items()}
    store.append_events(run_id, Snapshot(0, broken))
    at = open_page("inspect", run=run_id, **MAP)
    assert any("no longer numbers" in error.value for error in at.error)

"""The Evaluate page: figures, matrix and mistakes of a stored run, and links that cannot be right."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core import datasets
from cnn_core.insight import confusion_matrix
from cnn_core.insight.network import load_network
from cnn_core.spec import preset
from cnn_core.training import TrainConfig
from cnn_core.training.evaluation import predict_logits
from cnn_core.training.events import Snapshot
from cnn_core.training.store import default_store

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def answers(digits_run: str) -> np.ndarray:
    """What the network of the run says to every test image."""
    store, data = default_store(), datasets.load("digits")
    model = load_network(store.get(digits_run).spec, store.load_weights(digits_run))
    return predict_logits(model, data.test.images, data).argmax(axis=1)


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def gallery(at: AppTest) -> list[str]:
    """What the images shown are said to be."""
    return [image.alt for element in at.get("image") for image in element.proto.imgs]


def test_without_a_run_the_page_explains_itself(open_page: Open) -> None:
    at = open_page("evaluate")
    assert "No network of yours yet" in at.info[0].value
    assert [heading.value for heading in at.subheader] == ["How to read it", "Try this"]


def test_figures_are_those_of_the_run(open_page: Open, digits_run: str, answers: np.ndarray) -> None:
    run = default_store().get(digits_run)
    labels = datasets.load("digits").test.labels
    at = open_page("evaluate", run=digits_run)
    found = metrics(at)
    assert run.test_accuracy == pytest.approx((answers == labels).mean())
    assert found["Test accuracy"] == f"{run.test_accuracy:.1%}"
    assert found["Test loss"] == f"{run.test_loss:.3f}"
    assert found["Test images"] == "360"
    low, high = (float(end.strip("%")) for end in found["95 % interval"].split(" – "))
    assert low < 100 * run.test_accuracy < high


def test_table_has_every_class_and_the_means(open_page: Open, digits_run: str, answers: np.ndarray) -> None:
    at = open_page("evaluate", run=digits_run)
    table = at.table[0].value
    assert list(table["class"]) == [*"0123456789", "Macro mean", "Weighted mean"]
    matrix = confusion_matrix(datasets.load("digits").test.labels, answers, 10)
    assert table["recall"][3] == f"{matrix[3, 3] / matrix[3].sum():.3f}"
    assert table["images"].iloc[-1] == "360"


def test_mistakes_are_shown_and_a_cell_can_be_chosen(open_page: Open, digits_run: str, answers: np.ndarray) -> None:
    labels = datasets.load("digits").test.labels
    at = open_page("evaluate", run=digits_run)
    mistakes = int((answers != labels).sum())
    assert len(gallery(at)) == min(mistakes, 24)
    assert all(words.split(" → ")[0] != words.split(" → ")[1].split(",")[0] for words in gallery(at))
    at.selectbox(key="evaluate_true").select("0").run()
    at.selectbox(key="evaluate_predicted").select("0").run()
    assert not at.exception
    hits = int(((labels == 0) & (answers == 0)).sum())
    assert any(text.value.startswith(f":small[{hits} such images") for text in at.markdown)
    assert len(gallery(at)) == min(hits, 24)
    assert all(words.startswith("0 → 0, ") for words in gallery(at))


def test_an_early_checkpoint_knows_less(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run)
    trained = float(metrics(at)["Test accuracy"].strip("%"))
    at.select_slider(key="evaluate_epoch").set_value(0).run()
    assert not at.exception
    assert float(metrics(at)["Test accuracy"].strip("%")) < trained


@pytest.mark.parametrize(
    "query",
    [
        {"run": "../../etc/passwd"},
        {"run": "x" * 5000},
        {"evaluate_true": "<b>", "evaluate_predicted": "-1", "evaluate_numbers": "no", "evaluate_epoch": "-1"},
    ],
)
def test_hostile_links_open_the_page(open_page: Open, query: dict[str, str]) -> None:
    assert open_page("evaluate", **query).subheader[-1].value == "Try this"


def test_links_to_classes_that_do_not_exist_fall_back(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_true="cat", evaluate_numbers="% of the row")
    assert at.selectbox(key="evaluate_true").value == "any class"
    assert at.segmented_control(key="evaluate_numbers").value == "% of the row"


def test_answers_that_are_no_numbers_are_reported(open_page: Open) -> None:
    spec, store = preset("Tiny CNN"), default_store()
    run_id = store.create("evaluate-test", spec, TrainConfig(dataset="digits", epochs=1))
    weights = {name: np.full(value.shape, np.nan) for name, value in spec.build(seed=0).state_dict().items()}
    store.append(run_id, Snapshot(0, weights))
    at = open_page("evaluate", run=run_id)
    assert "no longer numbers" in at.error[0].value

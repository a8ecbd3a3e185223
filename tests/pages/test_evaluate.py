"""The Evaluate page: figures, matrix, mistakes, two runs and one's own picture; and links that cannot be right."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core import datasets
from cnn_core.evaluation.metrics import confusion_matrix
from cnn_core.insight.load import load_network
from cnn_core.networks import Conv2d, Flatten, Linear, NetworkSpec, ReLU, preset
from cnn_core.runs import default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import Failed, Snapshot
from cnn_core.training.inference import predict_logits

Open = Callable[..., AppTest]
VIEWS = ("Mistakes", "Class by class", "How sure", "Two runs", "Your own image")


@pytest.fixture(scope="module")
def answers(digits_run: str) -> np.ndarray:
    """What the network of the run says to every test image."""
    store, data = default_store(), datasets.load("digits")
    model = load_network(store.get_run(digits_run).spec, store.load_weights(digits_run))
    return predict_logits(model, data.test.images, data).argmax(axis=1)


def stored(spec: NetworkSpec, *, fill: float | None = None, **config: object) -> str:
    """Id of a run with one checkpoint: the weights it would start from, or all of them `fill`."""
    store = default_store()
    run_id = store.create_run("evaluate-test", spec, TrainConfig(**({"dataset": "digits", "epochs": 1} | config)))
    weights = {name: value.numpy() for name, value in spec.build(seed=0).state_dict().items()}
    if fill is not None:
        weights = {name: np.full_like(value, fill) for name, value in weights.items()}
    store.append_events(run_id, Snapshot(0, weights))
    return run_id


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def html(at: AppTest) -> list[str]:
    """The cards on the page."""
    return [text for element in at.get("html") if "<figure" in (text := element.proto.body)]


def titles(at: AppTest) -> list[str]:
    """What the images of the cards are said to be, without the close-up."""
    return [re.search(r">([^<]* taken for [^<]*), \d+% sure", card)[1] for card in html(at)[:-1]]


def notes(at: AppTest) -> str:
    return "\n".join(element.value for element in at.markdown)


def test_without_a_run_the_page_explains_itself(open_page: Open) -> None:
    at = open_page("evaluate")
    assert "No network of yours yet" in at.info[0].value
    assert [heading.value for heading in at.subheader] == ["How to read it", "Try this"]


def test_figures_are_those_of_the_run(open_page: Open, digits_run: str, answers: np.ndarray) -> None:
    run = default_store().get_run(digits_run)
    labels = datasets.load("digits").test.labels
    at = open_page("evaluate", run=digits_run)
    found = metrics(at)
    assert run.test_accuracy == pytest.approx((answers == labels).mean())
    assert found["Test accuracy"] == f"{run.test_accuracy:.1%}"
    assert found["Test loss"] == f"{run.test_loss:.3f}"
    assert found["Test images"] == "360"
    low, high = re.search(r"interval: ([\d.]+) – ([\d.]+)% \(Wilson\)", notes(at)).groups()
    assert float(low) < 100 * run.test_accuracy < float(high)
    low, high = re.search(r"interval: ([\d.]+) – ([\d.]+) \(normal", notes(at)).groups()
    assert float(low) < run.test_loss < float(high)


def test_validation_is_another_split_and_says_what_it_is_for(open_page: Open, digits_run: str) -> None:
    store = default_store()
    at = open_page("evaluate", run=digits_run, evaluate_split="Validation")
    tested = store.get_run(digits_run).tested_epoch
    expected = next(epoch for epoch in store.load_epochs(digits_run) if epoch.epoch == tested)
    assert metrics(at)["Validation accuracy"] == f"{expected.val_accuracy:.1%}"
    assert metrics(at)["Validation loss"] == f"{expected.val_loss:.3f}"
    assert "chose settings and checkpoint" in notes(at)
    assert not at.get("page_link") or all("inspect" not in link.proto.page for link in at.get("page_link"))


def test_table_has_every_class_and_the_means(open_page: Open, digits_run: str, answers: np.ndarray) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_view="Class by class")
    means, table = (element.value for element in at.table)
    assert list(means["class"]) == ["Macro mean", "Weighted mean"]
    assert list(table["class"]) == [*"0123456789"]
    matrix = confusion_matrix(datasets.load("digits").test.labels, answers, 10)
    assert table["recall"][3] == f"{matrix[3, 3] / matrix[3].sum():.3f}"
    assert means["images"].iloc[-1] == "360"
    at.segmented_control(key="evaluate_scores_order").set_value("F1").run()
    scores = [float(value) for value in at.table[1].value["F1"]]
    assert scores == sorted(scores)


def test_mistakes_are_shown_and_a_cell_can_be_chosen(open_page: Open, digits_run: str, answers: np.ndarray) -> None:
    labels = datasets.load("digits").test.labels
    at = open_page("evaluate", run=digits_run)
    mistakes = int((answers != labels).sum())
    assert len(titles(at)) == min(mistakes, 6)
    assert all(len(set(words.split(" taken for "))) == 2 for words in titles(at))
    for card in html(at)[:-1]:
        assert len(re.findall("Grad-CAM at relu2 for true|Grad-CAM at relu2 for predicted", card)) == 2
        assert len(re.findall(r"Training image \d+, class", card)) == 4
    searched = f"of all {len(datasets.load('digits').train):,} those with the largest cosine (1: same direction)"
    assert f"{searched} of the input of fc1, 128 values" in notes(at)
    at.selectbox(key="evaluate_true").select("0").run()
    at.selectbox(key="evaluate_predicted").select("0").run()
    assert not at.exception
    hits = int(((labels == 0) & (answers == 0)).sum())
    assert f"{hits} such images" in notes(at)
    assert titles(at) == ["0 taken for 0"] * min(hits, 6)
    at.selectbox(key="evaluate_page").select_index(1).run()
    assert not at.exception
    assert len(titles(at)) == min(hits - 6, 6)


def test_a_card_opens_closely_and_leads_to_inspect(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_true="3", evaluate_predicted="3")
    second = next(button for i, button in enumerate(b for b in at.button if b.label == "Look closer") if i == 1)
    place = int(second.key.removeprefix("evaluate_open_"))
    second.click().run()
    assert not at.exception
    assert at.number_input(key="evaluate_number").value == 2
    assert f"test image {place}<" in html(at)[-1]
    at.selectbox(key="evaluate_layer").select("conv1").run()
    assert "Grad-CAM at conv1" in html(at)[-1]
    links = [link.proto.query_string for link in at.get("page_link")]
    assert f"inspect_image={place + 1}" in links


@pytest.mark.parametrize("order", ["class", "confusion", "clustering"])
@pytest.mark.parametrize("numbers", ["images", "% of the row", "% of the column"])
def test_every_way_to_look_at_the_matrix(open_page: Open, digits_run: str, order: str, numbers: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_order=order, evaluate_numbers=numbers)
    assert at.segmented_control(key="evaluate_order").value == order
    assert at.segmented_control(key="evaluate_numbers").value == numbers
    assert "share of its column" in notes(at) or "column" not in numbers


def test_how_sure_it_is(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_view="How sure", evaluate_bins="5")
    assert re.search(r"ECE = 0\.\d{3}, 5 bins of equal width", notes(at))
    assert "Top-1 " in notes(at)


def test_two_runs_are_compared_on_the_same_images_only(open_page: Open, digits_run: str) -> None:
    untrained = stored(preset("Tiny CNN"))
    at = open_page("evaluate", run=digits_run, evaluate_view="Two runs", evaluate_other=untrained)
    assert metrics(at)["A: this run"] == metrics(at)["Test accuracy"]
    assert "**A is better** than B" in notes(at)
    gain = float(metrics(at)["B − A"].removesuffix(" points").replace("−", "-"))
    assert gain == pytest.approx(
        float(metrics(at)["B"].strip("%")) - float(metrics(at)["A: this run"].strip("%")), abs=0.11
    )
    other = stored(preset("Tiny CNN", input_shape=(1, 32, 32), classes=6), dataset="textures")
    at = open_page("evaluate", run=digits_run, evaluate_view="Two runs", evaluate_other=other)
    assert "B was trained on Textures, this run on Digits" in at.info[-1].value


def test_two_runs_without_a_second_one(open_page: Open) -> None:
    at = open_page("evaluate", run=stored(preset("Tiny CNN")), evaluate_view="Two runs", workspace="nobody-else")
    assert "no other run with weights" in at.info[-1].value


def png(rgb: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_picture_of_ones_own_is_classified(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_view="Your own image")
    assert "A picture of one of these: 0, 1" in notes(at)
    assert "Choose a picture" in at.info[-1].value
    paper = np.full((60, 80, 3), 255, dtype=np.uint8)
    paper[10:50, 36:44] = 0
    at.file_uploader(key="evaluate_own_upload").upload("one.png", png(paper), "image/png").run()
    assert not at.exception
    assert "As it came: 80 × 60 pixels." in notes(at)
    assert "8 × 8 pixels, grey: inverted" in notes(at)
    assert "The network says **" in notes(at)
    at.toggle(key="evaluate_own_ink").set_value(False).run()
    assert not at.exception


@pytest.mark.parametrize("source", ["Drawing pad", "Webcam"])
def test_a_picture_is_drawn_or_photographed_too(open_page: Open, digits_run: str, source: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_view="Your own image", evaluate_own_source=source)
    assert not at.exception
    assert not at.error
    assert ("The network says **" in notes(at)) == (source == "Drawing pad")  # an empty pad is a black image


def test_an_empty_sheet_is_said_to_be_empty(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_view="Your own image")
    sheet = png(np.full((30, 30, 3), 250, dtype=np.uint8))
    at.file_uploader(key="evaluate_own_upload").upload("empty.png", sheet, "image/png").run()
    assert not at.exception
    assert "Nothing is on it yet" in at.info[-1].value


def test_an_upload_that_is_no_picture_is_refused_beside_the_control(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_view="Your own image")
    at.file_uploader(key="evaluate_own_upload").upload("x.png", b"not a picture", "image/png").run()
    assert "no picture that can be read" in at.error[0].value


def test_an_early_checkpoint_knows_less_and_is_not_to_be_chosen_by_the_test_set(
    open_page: Open, digits_run: str
) -> None:
    at = open_page("evaluate", run=digits_run)
    trained = float(metrics(at)["Test accuracy"].strip("%"))
    assert not at.warning
    at.select_slider(key="evaluate_epoch").set_value(0).run()
    assert not at.exception
    assert float(metrics(at)["Test accuracy"].strip("%")) < trained
    assert "do not choose it because its **test** figures are better" in at.warning[0].value


@pytest.mark.parametrize(
    "query",
    [
        {"run": "../../etc/passwd"},
        {"run": "x" * 5000},
        {"evaluate_true": "<b>", "evaluate_predicted": "-1", "evaluate_numbers": "no", "evaluate_epoch": "-1"},
        {"evaluate_view": "<script>", "evaluate_split": "train", "evaluate_order": "size", "evaluate_bins": "0"},
        {"evaluate_number": "-5", "evaluate_page": "9 to 1", "evaluate_layer": "x", "evaluate_other": "../.."},
        {"evaluate_number": "99999999", "evaluate_view": "Two runs", "evaluate_other": "z" * 5000},
    ],
)
@pytest.mark.parametrize("with_run", [False, True])
def test_hostile_links_open_the_page(open_page: Open, digits_run: str, query: dict[str, str], with_run: bool) -> None:
    query = {"run": digits_run} | query if with_run else query
    assert open_page("evaluate", **query).subheader[-1].value == "Try this"


def test_links_to_classes_that_do_not_exist_fall_back(open_page: Open, digits_run: str) -> None:
    at = open_page("evaluate", run=digits_run, evaluate_true="cat", evaluate_numbers="% of the row")
    assert at.selectbox(key="evaluate_true").value == "any class"
    assert at.segmented_control(key="evaluate_numbers").value == "% of the row"


@pytest.mark.parametrize("view", VIEWS)
def test_answers_that_are_no_numbers_are_reported(open_page: Open, view: str) -> None:
    at = open_page("evaluate", run=stored(preset("Tiny CNN"), fill=np.nan), evaluate_view=view)
    assert "no longer numbers" in at.error[0].value


def test_a_failed_run_without_weights_says_why(open_page: Open) -> None:
    store = default_store()
    run_id = store.create_run("evaluate-test", preset("Tiny CNN"), TrainConfig(dataset="digits"))
    store.append_events(run_id, Failed("The loss is no longer a number.", 7))
    at = open_page("evaluate", run=run_id)
    assert "no saved weights. The loss is no longer a number." in at.info[0].value


@pytest.mark.parametrize("view", VIEWS)
def test_a_network_without_convolutions_says_what_cannot_be_shown(open_page: Open, view: str) -> None:
    at = open_page("evaluate", run=stored(preset("Linear only", input_shape=(1, 8, 8))), evaluate_view=view)
    if view == "Mistakes":
        assert "no convolution, so there is no Grad-CAM" in notes(at)
        assert "the input of fc1, 64 values" in notes(at)


def test_a_heat_map_of_zeros_is_reported_as_such(open_page: Open) -> None:
    at = open_page("evaluate", run=stored(preset("Tiny CNN"), fill=0.0))
    assert all("all zero" in card for card in html(at))
    assert "All zero is a finding" in notes(at)


def test_images_of_another_size_are_named(open_page: Open) -> None:
    at = open_page("evaluate", run=stored(preset("Tiny CNN", input_shape=(3, 16, 16), classes=10)))
    expected = "takes images of 3 channels × 16 × 16 pixels, these have 1 channel × 8 × 8 pixels"
    assert expected in at.error[0].value


def few_classes(monkeypatch: pytest.MonkeyPatch, present: list[int], names: tuple[str, ...]) -> None:
    """Digits of which only some classes are in the test set, under other names."""
    data = datasets.load("digits")
    kept = np.isin(data.test.labels, present)
    test = datasets.Split(data.test.images[kept], data.test.labels[kept])
    cut = replace(data, test=test, class_names=names)
    monkeypatch.setattr("pages.shared.state.load_dataset", lambda _name: cut)


@pytest.mark.parametrize("view", VIEWS)
def test_classes_absent_from_the_test_set_are_named(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    few_classes(monkeypatch, [0, 1], tuple("0123456789"))
    at = open_page("evaluate", run=stored(preset("Tiny CNN")), evaluate_view=view)
    assert any("hold none of: 2, 3, 4, 5, 6, 7, 8, 9" in info.value for info in at.info)


@pytest.mark.parametrize("view", VIEWS)
def test_a_data_set_of_one_class_has_nothing_to_mix_up(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    few_classes(monkeypatch, [0], ("<b>only*</b>",))
    spec = NetworkSpec("One", (1, 8, 8), (Conv2d(2, 3), ReLU(), Flatten(), Linear(1)))
    at = open_page("evaluate", run=stored(spec), evaluate_view=view)
    assert any("a single class" in info.value for info in at.info)
    assert metrics(at)["Test accuracy"] == "100.0%"


@pytest.mark.parametrize("view", VIEWS)
def test_a_hundred_classes(open_page: Open, monkeypatch: pytest.MonkeyPatch, view: str) -> None:
    data = datasets.load("digits")
    random = np.random.default_rng(0)
    test = datasets.Split(data.test.images, random.integers(0, 90, len(data.test)))
    wide = replace(data, test=test, class_names=tuple(f"class <{k}>" for k in range(100)))
    monkeypatch.setattr("pages.shared.state.load_dataset", lambda _name: wide)
    spec = preset("Tiny CNN", classes=100)
    at = open_page("evaluate", run=stored(spec), evaluate_view=view, evaluate_order="clustering")
    assert "of 90 of 100 classes" in notes(at)
    if view == "Mistakes":
        at.segmented_control(key="evaluate_classes").set_value("the 15 most confused").run()
        assert not at.exception
        assert "15 of 100 classes are shown" in notes(at)
        assert all("<0>" not in card for card in html(at))

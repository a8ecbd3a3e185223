"""The Train page: defaults, extremes, bad settings and hostile links. What jobs do is tested elsewhere."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.spec import preset
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone, Failed, Finished, Snapshot, Started, StepDone
from cnn_core.training.store import default_store
from pages.shared.training.charts import curve_rows
from pages.shared.training.choose import one_line

Open = Callable[..., AppTest]
SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that the page hands to a worker; no cluster is started."""
    runs: list[str] = []
    monkeypatch.setattr("cnn_core.training.jobs.submit", lambda store, run_id: runs.append(run_id))
    return runs


def stored_run(*events, workspace: str = "somebody") -> str:
    run_id = default_store().create(workspace, SPEC, TrainConfig())
    default_store().append(run_id, Started("CPU", SPEC.total_parameters, 10, 34, 2.33), *events)
    return run_id


def words(at: AppTest) -> str:
    return "\n".join(e.value for e in (*at.info, *at.success, *at.warning, *at.error, *at.markdown))


def test_opens_ready_to_start(open_page: Open) -> None:
    at = open_page("train")
    assert "6,090 parameters" in words(at)
    assert at.number_input("train_rate").value == 0.002
    assert not at.error


def test_start_hands_the_run_to_a_worker_and_shows_it(open_page: Open, submitted: list[str]) -> None:
    at = open_page("train", train_dataset="Shapes", train_epochs=3)
    at.button("train_start").click().run()
    assert not at.exception
    run = default_store().get(submitted[0])
    assert (run.config.dataset, run.config.epochs, run.spec.input_shape) == ("shapes", 3, (3, 32, 32))
    assert at.session_state.run == submitted[0]
    assert "Starting on a free worker" in words(at)


def test_a_setting_typed_just_before_the_click_counts(open_page: Open, submitted: list[str]) -> None:
    at = open_page("train")
    at.number_input("train_epochs").set_value(3)
    at.button("train_start").click().run()
    assert default_store().get(submitted[0]).config.epochs == 3


@pytest.mark.parametrize("dataset", ["digits", "textures", "shapes"])
def test_every_offered_network_fits_the_images(open_page: Open, submitted: list[str], dataset: str) -> None:
    at = open_page("train", train_dataset=dataset.capitalize())
    for network in at.selectbox("train_network").options:
        at.selectbox("train_network").select(network).run()
        at.button("train_start").click().run()
        assert not at.exception
    assert {default_store().get(run_id).config.dataset for run_id in submitted} == {dataset}


def test_extreme_settings_are_taken(open_page: Open, submitted: list[str]) -> None:
    query = {"train_rate": 1e6, "train_batch": 4096, "train_epochs": 1000, "train_seed": 2**31 - 1}
    at = open_page("train", train_optimizer="SGD with momentum", **query)
    assert not at.error
    at.button("train_start").click().run()
    config = default_store().get(submitted[0]).config
    assert config.optimizer == "sgd"
    assert (config.learning_rate, config.batch_size, config.epochs, config.seed) == (1e6, 4096, 1000, 2**31 - 1)


@pytest.mark.parametrize("rate", [0, 1e7])
def test_an_impossible_learning_rate_gets_a_sentence(open_page: Open, rate: float) -> None:
    at = open_page("train", train_rate=rate)
    assert at.error[0].value.startswith("Learning rate is")


@pytest.mark.parametrize(
    "query",
    [
        {"train_dataset": "imagenet"},
        {"train_network": "<script>"},
        {"train_epochs": "-5", "train_batch": "1e99", "train_seed": "x"},
        {"workspace": "x" * 5000},
        {"workspace": "'; DROP TABLE runs; --"},
    ],
)
def test_hostile_links_open_the_page(open_page: Open, query: dict[str, str]) -> None:
    at = open_page("train", **query)
    assert not at.exception
    assert at.button("train_start")


def test_an_unknown_run_in_the_link_gets_a_sentence(open_page: Open) -> None:
    assert "There is no run 'nobody'" in words(open_page("train", run="nobody"))


def test_a_finished_run_in_the_link_is_found_from_elsewhere(open_page: Open) -> None:
    epochs = [EpochDone(n, 1 / n, 0.5, 1.1 / n, 0.6, 0.002, n) for n in (1, 2)]
    done = (StepDone(68, 2, 0.4, 0.9, 0.002, 2.0), *epochs, Snapshot(2, {}), Finished("completed", 2, 0.3, 0.9638, 2.1))
    at = open_page("train", run=stored_run(*done))
    assert "**96.4%** of the test images" in words(at)
    assert "2 epochs in 2.1 s on CPU" in words(at)


def test_a_failed_run_says_why_and_can_be_started_again(open_page: Open, submitted: list[str]) -> None:
    at = open_page("train", run=stored_run(Failed("loss became NaN at step 3: lower the learning rate", 3)))
    assert "loss became NaN at step 3: lower the learning rate" in words(at)
    at.button("train_again").click().run()
    assert default_store().get(submitted[0]).status == "queued"
    assert at.session_state.run == submitted[0]


def test_a_running_run_can_be_stopped(open_page: Open) -> None:
    run_id = stored_run(StepDone(17, 1, 2.0, 0.3, 0.002, 1.7))
    at = open_page("train", run=run_id)
    assert not at.exception
    at.button("train_stop").click().run()
    assert default_store().orders(run_id).stop


def test_only_this_workspaces_runs_are_listed(open_page: Open) -> None:
    mine = stored_run(Finished("completed", 1, 0.3, 0.9, 1.0), workspace="mine-only")
    stored_run(Finished("completed", 1, 0.3, 0.8, 1.0), workspace="theirs")
    at = open_page("train", workspace="mine-only")
    assert at.session_state.run == mine
    assert len(at.selectbox("run_choice").options) == 1


def test_the_chosen_run_stays_chosen_when_names_change_and_on_other_pages(open_page: Open) -> None:
    done = Finished("completed", 1, 0.3, 0.91, 1.0)
    older = stored_run(Snapshot(0, {"w": np.zeros(1, np.float32)}), done, workspace="two-runs")
    newer = stored_run(workspace="two-runs")
    at = open_page("train", workspace="two-runs")
    assert at.session_state.run == newer
    at.selectbox("run_choice").select_index(1).run()
    assert "**91.0%** of the test images" in words(at)
    default_store().append(newer, done)  # "in progress" becomes "91.0%": the same name as the other's
    at.run()
    assert at.session_state.run == older
    at.switch_page("pages/shapes.py").run()
    at.switch_page("pages/train.py").run()
    assert at.session_state.run == older
    assert at.selectbox("run_choice").index == 1


def test_a_stop_that_is_under_way_is_shown(open_page: Open) -> None:
    run_id = stored_run()
    default_store().request_stop(run_id)
    at = open_page("train", run=run_id)
    assert "Stopping …" in words(at)
    assert at.button("train_stop").disabled


def test_a_new_optimiser_brings_its_usual_learning_rate(open_page: Open) -> None:
    at = open_page("train")
    at.selectbox("train_optimizer").select("sgd").run()
    assert at.number_input("train_rate").value == 0.05
    at.number_input("train_rate").set_value(0.3).run()
    at.selectbox("train_optimizer").select("adam").run()
    assert at.number_input("train_rate").value == 0.3  # the learner's own stays


def test_networks_are_told_in_one_line() -> None:
    shapes = "image 1×8×8 → conv 16×8×8 → pool 16×4×4 → conv 32×4×4 → pool 32×2×2 → linear 10"
    assert one_line(SPEC) == shapes
    long = one_line(preset("ResNet-34")).split(" → ")
    assert (len(long), long[0], long[-1]) == (9, "image 3×224×224", "linear 1000")
    assert long[4].startswith("… ")


def test_a_run_too_long_to_draw_whole_stays_within_two_thousand_points() -> None:
    run_id = stored_run(*(StepDone(n, 1, 1.0, 0.5, 0.002, n) for n in range(1, 3001)))
    rows = curve_rows(default_store().steps(run_id), (), steps_per_epoch=34, total_epochs=100, classes=10)
    assert len(rows) <= 2000
    assert rows["loss"].iloc[0] == pytest.approx(math.log(10))

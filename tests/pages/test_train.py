"""The Train page: defaults, extremes, bad settings and hostile links. What jobs do is tested elsewhere."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.networks import preset
from cnn_core.runs import default_store
from cnn_core.runs.database import UNAVAILABLE_MESSAGE, StoreUnavailableError
from cnn_core.runs.recipes import RECIPES, Recipe
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone, Failed, Filters, Finished, Paused, Snapshot, Started, StepDone
from pages.parts.train.charts import training_rows
from pages.parts.train.choose import summarise_network

Open = Callable[..., AppTest]
SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that the page hands to a worker; no cluster is started."""
    runs: list[str] = []
    monkeypatch.setattr("cnn_core.runs.jobs.JobQueue.submit_run", lambda self, run_id: runs.append(run_id))
    return runs


def stored_run(*events, workspace: str = "somebody") -> str:
    run_id = default_store().create_run(workspace, SPEC, TrainConfig())
    default_store().append_events(run_id, Started("CPU", SPEC.total_parameters, 10, 34, 2.33), *events)
    return run_id


def picker(at: AppTest):
    [found] = [box for box in at.selectbox if box.label == "Run"]
    return found


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
    run = default_store().get_run(submitted[0])
    assert (run.config.dataset, run.config.epochs, run.spec.input_shape) == ("shapes", 3, (3, 32, 32))
    assert at.session_state.run == submitted[0]
    assert "Starting on a free worker" in words(at)


def test_a_setting_typed_just_before_the_click_counts(open_page: Open, submitted: list[str]) -> None:
    at = open_page("train")
    at.number_input("train_epochs").set_value(3)
    at.button("train_start").click().run()
    assert default_store().get_run(submitted[0]).config.epochs == 3


@pytest.mark.parametrize("dataset", ["digits", "textures", "shapes"])
def test_every_offered_network_fits_the_images(open_page: Open, submitted: list[str], dataset: str) -> None:
    at = open_page("train", train_dataset=dataset.capitalize())
    for network in at.selectbox("train_network").options:
        at.selectbox("train_network").select(network).run()
        at.button("train_start").click().run()
        assert not at.exception
    assert {default_store().get_run(run_id).config.dataset for run_id in submitted} == {dataset}


def test_extreme_settings_are_taken(open_page: Open, submitted: list[str]) -> None:
    query = {"train_rate": 1e6, "train_batch": 4096, "train_epochs": 1000, "train_seed": 2**31 - 1}
    at = open_page("train", train_optimizer="SGD with momentum", **query)
    assert not at.error
    at.button("train_start").click().run()
    config = default_store().get_run(submitted[0]).config
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
    at = open_page("train", run=stored_run(Failed("The loss became NaN at step 3: lower the learning rate.", 3)))
    assert "loss became NaN at step 3: lower the learning rate." in words(at)
    at.button("train_again").click().run()
    assert default_store().get_run(submitted[0]).status == "queued"
    assert at.session_state.run == submitted[0]


def test_a_running_run_can_be_stopped(open_page: Open) -> None:
    run_id = stored_run(StepDone(17, 1, 2.0, 0.3, 0.002, 1.7))
    at = open_page("train", run=run_id)
    assert not at.exception
    at.button("train_stop").click().run()
    assert default_store().load_orders(run_id).stop


def test_only_this_workspaces_runs_are_listed(open_page: Open) -> None:
    mine = stored_run(Finished("completed", 1, 0.3, 0.9, 1.0), workspace="mine-only")
    stored_run(Finished("completed", 1, 0.3, 0.8, 1.0), workspace="theirs")
    at = open_page("train", workspace="mine-only")
    assert at.session_state.run == mine
    assert len(picker(at).options) == 1


def test_the_chosen_run_stays_chosen_when_names_change_and_on_other_pages(open_page: Open) -> None:
    done = Finished("completed", 1, 0.3, 0.91, 1.0)
    older = stored_run(Snapshot(0, {"w": np.zeros(1, np.float32)}), done, workspace="two-runs")
    newer = stored_run(workspace="two-runs")
    at = open_page("train", workspace="two-runs")
    assert at.session_state.run == newer
    picker(at).select_index(1).run()
    assert "**91.0%** of the test images" in words(at)
    default_store().append_events(newer, done)  # "in progress" becomes "91.0%": the same name as the other's
    at.run()
    assert at.session_state.run == older
    at.switch_page("pages/shapes.py").run()
    at.switch_page("pages/train.py").run()
    assert at.session_state.run == older
    assert picker(at).index == 1


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
    assert summarise_network(SPEC) == shapes
    long = summarise_network(preset("ResNet-34")).split(" → ")
    assert (len(long), long[0], long[-1]) == (9, "image 3×224×224", "linear 1000")
    assert long[4].startswith("… ")


def test_a_run_too_long_to_draw_whole_stays_within_two_thousand_points() -> None:
    run_id = stored_run(*(StepDone(n, 1, 1.0, 0.5, 0.002, n) for n in range(1, 3001)))
    rows = training_rows(default_store().load_steps(run_id), (), steps_per_epoch=34, total_epochs=100, classes=10)
    assert len(rows) <= 2000
    assert rows["loss"].iloc[0] == pytest.approx(math.log(10))


def test_every_setting_reaches_the_run(open_page: Open, submitted: list[str]) -> None:
    query = {
        "train_dataset": "Shapes",
        "train_optimizer": "SGD with momentum",
        "train_rate": 0.1,
        "train_momentum": 0.8,
        "train_nesterov": "true",
        "train_schedule": "Step",
        "train_step_every": 3,
        "train_step_factor": 0.5,
        "train_decay": 0.001,
        "train_patience": 4,
        "train_smoothing": 0.1,
        "train_images": 500,
        "train_loss": "Cross-entropy",
        "train_initialisation": "He",
        "train_precision": "Mixed",
        "train_dropout": 0.3,
        "train_norm": "true",
    }
    at = open_page("train", **query)
    at.multiselect("train_augmentation").select("flip").select("cutout").run()
    at.button("train_start").click().run()
    run = default_store().get_run(submitted[0])
    config = run.config
    assert (config.momentum, config.nesterov, config.schedule) == (0.8, True, "step")
    assert (config.step_every, config.step_factor, config.weight_decay, config.patience) == (3, 0.5, 0.001, 4)
    assert (config.label_smoothing, config.train_images, config.initialisation) == (0.1, 500, "he")
    assert (config.precision, config.augmentation) == ("mixed", ("flip", "cutout"))
    kinds = [row.kind for row in run.spec.summary()]
    assert "BatchNorm" in kinds
    assert "Dropout" in kinds
    assert run.spec.name == "Tiny CNN + batch norm + dropout 0.3"


def test_the_sentence_on_an_impossible_setting_is_shown_as_it_was_raised() -> None:
    def choose_impossible_settings() -> None:
        from cnn_core.datasets import load
        from pages.parts.train.settings import choose_settings

        choose_settings(load("digits"), "Frozen_A", 0)

    at = AppTest.from_function(choose_impossible_settings).run()
    assert at.error[0].value == "Pretrained is 'Frozen_A': choose 'frozen' or 'fine-tuned', or leave it empty."


def test_settings_that_do_not_go_together_get_a_sentence(open_page: Open) -> None:
    at = open_page("train", train_loss="Quadratic", train_smoothing=0.1)
    assert at.error[0].value == "Label smoothing is 0.1: it needs the loss 'cross-entropy'."


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_every_recipe_starts_its_runs_together(open_page: Open, submitted: list[str], recipe: Recipe) -> None:
    at = open_page("train", train_way="A recipe", train_recipe=recipe.title)
    button = at.button("train_start")
    if button.disabled:  # its networks do not fit the built-in images: then it says so
        assert at.error
        return
    button.click().run()
    assert not at.exception
    if any("memory" in error.value for error in at.error):
        return
    runs = [default_store().get_run(run_id) for run_id in submitted]
    assert len({run.batch for run in runs}) == 1
    assert len(runs) == 1 or all(run.batch and run.name for run in runs)
    assert len(runs) == 1 or "Started together" in words(at)


def test_a_run_too_large_for_the_memory_is_not_started(
    open_page: Open, submitted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnn_core.runs.memory_check.free_mb", lambda: 700.0)
    at = open_page("train", train_dataset="Shapes", train_network="VGG-16", train_batch=512)
    at.button("train_start").click().run()
    assert "This run needs about" in at.error[0].value
    assert "0.7 GB are free: no batch size is small enough: a smaller network would fit." in at.error[0].value
    assert submitted == []


def test_pausing_stepping_and_changing_are_asked_of_the_run(open_page: Open) -> None:
    run_id = stored_run(StepDone(17, 1, 2.0, 0.3, 0.002, 1.7))
    at = open_page("train", run=run_id)
    at.button("train_pause").click().run()
    assert default_store().load_orders(run_id).paused
    default_store().append_events(run_id, Paused(17))
    at.run()
    at.button("train_step").click().run()
    assert default_store().load_orders(run_id).step_until == 18
    at.number_input(f"train_new_rate_{run_id}").set_value(0.01).run()
    at.button("train_set_rate").click().run()
    assert default_store().load_orders(run_id).learning_rate == 0.01
    at.number_input(f"train_new_rate_{run_id}").set_value(0.0).run()
    at.button("train_set_rate").click().run()
    assert at.error[0].value.startswith("The learning rate is 0")
    at.number_input(f"train_more_{run_id}").set_value(40).run()
    at.button("train_set_epochs").click().run()
    assert default_store().get_run(run_id).epochs == 40
    at.button("train_resume").click().run()
    assert not default_store().load_orders(run_id).paused


def test_an_interrupted_run_goes_on_and_a_finished_one_is_extended_and_forked(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        "cnn_core.runs.jobs.JobQueue.resume_run", lambda self, run_id, epochs=None: asked.append((run_id, epochs))
    )
    state = {"0.step": np.ones((), np.float32)}
    epoch = EpochDone(1, 1.0, 0.5, 1.1, 0.6, 0.002, 3.0)
    run_id = stored_run(epoch, Snapshot(1, {"w": np.zeros(1, np.float32)}, state))
    default_store().mark_interrupted(run_id)
    at = open_page("train", run=run_id)
    at.button("train_go_on").click().run()
    assert asked == [(run_id, None)]
    at.number_input(f"train_more_{run_id}").set_value(9).run()
    at.button("train_extend").click().run()
    assert asked[-1] == (run_id, 9)
    forks: list[tuple[object, ...]] = []

    def fork(self, parent, epoch, config, workspace, *, load_data) -> str:
        forks.append((parent, epoch, config.dataset, config.learning_rate))
        return stored_run()

    monkeypatch.setattr("cnn_core.runs.jobs.JobQueue.fork_run", fork)
    at.number_input("train_rate").set_value(0.5).run()
    at.button("train_fork").click().run()
    assert forks == [(run_id, 1, "digits", 0.5)]


def test_the_coach_speaks_and_the_filters_are_shown(open_page: Open) -> None:
    steps = [StepDone(n, 1, 2.3 - n / 20, 0.3, 0.002, n / 10, 0.5) for n in range(1, 35)]
    epoch = EpochDone(1, 1.5, 0.5, 1.4, 0.6, 0.002, 3.4, 0.1)
    weights = np.random.default_rng(0).normal(size=(16, 1, 3, 3)).astype(np.float32)
    at = open_page("train", run=stored_run(*steps, epoch, Filters(30, weights)))
    assert "What the curves say" in words(at)
    assert "It begins as it should" in words(at)
    assert "Filters of the first convolution after step 30" in words(at)


def test_a_database_that_is_away_gets_a_sentence(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_):
        raise StoreUnavailableError(UNAVAILABLE_MESSAGE)

    monkeypatch.setattr("cnn_core.runs.store.RunStore.list_runs", away)
    at = open_page("train")
    assert UNAVAILABLE_MESSAGE in words(at)

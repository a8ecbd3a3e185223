"""The Compare page: side by side, experiments, one's own runs; other people's links; a database that is away."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.networks import preset
from cnn_core.runs import comparison, database, default_store
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone, Failed, Finished, Snapshot, Started, StepDone
from pages.parts.compare.charts import MAX_POINTS, UNSMOOTHED, comparison_rows
from pages.shared.curves import VALIDATION
from pages.shared.palette import RUN_COLOURS
from pages.shared.site import PAGES
from tests.project.test_theme import VISION, contrast, seen

Open = Callable[..., AppTest]
SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
LINEAR = preset("Linear only", input_shape=(1, 8, 8), classes=10)
CONFUSION = tuple(
    tuple(int(9 if row == column else row == 0 and column == 1) for column in range(10)) for row in range(10)
)


def box(at: AppTest, name: str) -> Any:
    """The one box whose key begins with the name: the rest of the key tells what it shows."""
    [found] = [widget for widget in at.selectbox if widget.key.startswith(f"{name}_")]
    return found


def stored_run(workspace: str, *, spec=SPEC, done=True, val: float = 0.6, config=None, **how) -> str:
    store = default_store()
    run_id = store.create_run(workspace, spec, config or TrainConfig(), **how)
    epochs = [EpochDone(n, 1 / n, 0.5, 1.1 / n, val, 0.002, n) for n in (1, 2)]
    store.append_events(
        run_id, Started("CPU", spec.total_parameters, 10, 34, 2.33), StepDone(68, 2, 0.4, 0.9, 0.002, 2.0)
    )
    store.append_events(run_id, *epochs, Snapshot(2, {"w": np.zeros(1, np.float32)}))
    if done:
        store.append_events(run_id, Finished("completed", 2, 0.3, 0.9638, 2.1, CONFUSION))
    return run_id


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs that the page hands to a worker; no cluster is started."""
    runs: list[str] = []
    monkeypatch.setattr("cnn_core.runs.jobs.JobQueue.submit_run", lambda self, run_id: runs.append(run_id))
    return runs


def words(at: AppTest) -> str:
    shown = (*at.info, *at.success, *at.warning, *at.error, *at.markdown)
    return "\n".join(element.value for element in shown).replace("\\", "")


def cells(at: AppTest) -> dict[str, list[str]]:
    """First column → the rest, over all tables of the page."""
    return {
        str(row[0]).replace("\\", ""): [str(cell).replace("\\", "") for cell in row[1:]]
        for table in at.table
        for row in table.value.itertuples(index=False)
    }


def test_stands_after_train() -> None:
    names = [info.file for info in PAGES]
    assert names[names.index("train") + 1] == "compare"


@pytest.mark.parametrize("view", ["Side by side", "Change one factor", "My runs"])
def test_without_runs_the_page_says_what_will_be_here(open_page: Open, view: str) -> None:
    at = open_page("compare", workspace="nobody-here", compare_view=view)
    assert "yet" in words(at) or "No run of yours" in words(at)
    assert "Reading two curves" in [heading.value for heading in at.subheader]
    assert [link.proto.page for link in at.get("page_link")][-1] == "inspect"


def test_the_newest_runs_are_compared_at_first(open_page: Open) -> None:
    ids = [stored_run("first", val=0.5 + n / 10) for n in range(4)]
    at = open_page("compare", workspace="first")
    assert at.session_state.compare_runs == ids[:0:-1]
    assert cells(at)["Validation accuracy"] == ["80.0%", "70.0%", "60.0%"]
    assert len(at.multiselect[0].options) == 4


def test_what_differed_and_what_came_out(open_page: Open) -> None:
    other = replace(TrainConfig(), learning_rate=0.1)
    ids = [stored_run("differ", name="small"), stored_run("differ", config=other, spec=LINEAR, name="a|b *c*")]
    at = open_page("compare", workspace="differ", runs=",".join(ids))
    found = cells(at)
    assert found["Learning rate"] == ["0.002", "0.1"]
    assert found["Network"] == ["Tiny CNN", "Linear only"]
    assert found["Test accuracy"] == ["96.4%", "96.4%"]
    assert found["Parameters"] == ["6,090", "650"]
    assert float(found["Recall"][0]) == pytest.approx(0.99, abs=0.0005)
    assert "Optimizer" not in found
    assert "differ in size" in words(at)
    assert "1. small: 6,090; 2. a|b *c*: 650" in words(at)


def test_equal_sizes_give_no_warning(open_page: Open) -> None:
    stored_run("same"), stored_run("same")
    at = open_page("compare", workspace="same")
    assert "differ in size" not in words(at)
    assert "all settings are the same" in words(at)


def test_a_run_that_has_just_begun_and_one_that_failed_are_shown(open_page: Open) -> None:
    store = default_store()
    begun = store.create_run("early", SPEC, TrainConfig())
    at = open_page("compare", workspace="early")
    assert "No epoch of these runs is finished yet" in words(at)
    assert cells(at)["Test accuracy"] == ["–"]
    store.append_events(begun, Failed("The loss became NaN at step 3: lower the learning rate.", 3))
    at.run()
    assert cells(at)["State"] == ["failed"]
    assert not at.exception


@pytest.mark.parametrize("axis", ["epochs", "steps", "seconds"])
@pytest.mark.parametrize("more", [{}, {"compare_smooth": 0.95, "compare_training": "each step", "compare_log": "true"}])
def test_every_way_to_draw_the_curves(open_page: Open, axis: str, more: dict) -> None:
    stored_run("ways"), stored_run("ways", done=False)
    at = open_page("compare", workspace="ways", compare_axis=axis, **more)
    assert not at.error
    assert not at.exception


@pytest.mark.parametrize(
    "query",
    [
        {"runs": ",".join(f"nobody{n}" for n in range(100))},
        {"runs": "../../etc/passwd,\x00,'; DROP TABLE runs; --"},
        {"runs": ",,,", "compare_view": "Everything", "compare_axis": "hours", "compare_smooth": "7"},
        {"compare_view": "Change one factor", "compare_factor": "seed", "compare_seeds": "99", "compare_base": "x"},
        {"compare_view": "Change one factor", "compare_values_learning_rate": "x" * 500, "compare_batch": "nothing"},
        {"compare_view": "My runs", "compare_run": "nobody"},
        {"workspace": "x" * 5000},
    ],
)
def test_hostile_links_open_the_page(open_page: Open, query: dict[str, str]) -> None:
    stored_run("hostile")
    at = open_page("compare", **{"workspace": "hostile", **query})
    assert not at.exception
    assert at.title[0].value == "Compare"


def test_a_link_with_a_hundred_runs_shows_eight(open_page: Open) -> None:
    ids = [stored_run("hundred") for _ in range(10)]
    at = open_page("compare", workspace="hundred", runs=",".join([*ids, *(f"nobody{n}" for n in range(90))]))
    assert "The link names 100 runs" in words(at)
    assert at.session_state.compare_runs == ids[:8]


def test_unknown_runs_are_counted_in_one_sentence(open_page: Open) -> None:
    known = stored_run("some")
    at = open_page("compare", workspace="some", runs=f"nobody,{known},noone")
    assert "2 runs of the link are not here" in words(at)
    assert at.session_state.compare_runs == [known]


def test_anothers_run_is_shown_from_a_link_and_cannot_be_changed(open_page: Open) -> None:
    theirs, mine = stored_run("theirs-1", name="their run"), stored_run("mine-1")
    at = open_page("compare", workspace="mine-1", runs=f"{mine},{theirs}")
    assert at.session_state.compare_runs == [mine, theirs]
    assert len(cells(at)["Test accuracy"]) == 2
    at = open_page("compare", workspace="mine-1", runs=f"{mine},{theirs}", compare_view="My runs", compare_run=theirs)
    assert len(box(at, "compare_run").options) == 1
    assert at.text_input(f"compare_name_{mine}")
    with pytest.raises(KeyError):
        at.text_input(f"compare_name_{theirs}")
    at = open_page("compare", workspace="mine-1", runs=theirs, compare_view="Change one factor", compare_base=theirs)
    assert len(box(at, "compare_base").options) == 1
    assert default_store().get_run(theirs).name == "their run"


@pytest.mark.parametrize("view", ["My runs", "Change one factor"])
def test_an_older_run_in_the_link_is_the_one_that_is_chosen(open_page: Open, view: str) -> None:
    older, _ = stored_run("older", config=TrainConfig(learning_rate=0.4)), stored_run("older")
    at = open_page("compare", workspace="older", compare_view=view, compare_run=older, compare_base=older)
    if view == "My runs":
        assert at.text_input(f"compare_name_{older}")
    else:
        assert at.text_input("compare_values_learning_rate").value == "0.1, 0.4, 1.6"


def test_name_note_delete_and_undo(open_page: Open) -> None:
    kept, run_id = stored_run("manage"), stored_run("manage")
    at = open_page("compare", workspace="manage", compare_view="My runs")
    at.text_input(f"compare_name_{run_id}").set_value("wider").run()
    at.text_area(f"compare_note_{run_id}").set_value("as expected").run()
    assert (default_store().get_run(run_id).name, default_store().get_run(run_id).note) == ("wider", "as expected")
    assert "2. wider" in box(at, "compare_run").options[0]
    at.button("compare_delete").click().run()
    assert [run.id for run in default_store().list_runs("manage")] == [kept]
    assert "Deleted: 2. wider" in words(at)
    at.button("compare_delete").click().run()
    assert default_store().list_runs("manage") == ()
    at.button("compare_undo").click().run()
    at.button("compare_undo").click().run()
    assert [run.id for run in default_store().list_runs("manage")] == [run_id, kept]
    assert "Deleted" not in words(at)
    assert not at.exception


def test_a_run_names_its_data_set_by_its_title(open_page: Open) -> None:
    stored_run("titles", config=TrainConfig(dataset="cifar10"))
    at = open_page("compare", workspace="titles", compare_view="My runs")
    assert "parameters, on CIFAR-10" in words(at)


def test_a_deleted_run_leaves_the_comparison_without_a_warning(open_page: Open) -> None:
    kept, run_id = stored_run("leaves"), stored_run("leaves")
    at = open_page("compare", workspace="leaves")
    at.segmented_control("compare_view").set_value("My runs").run()
    at.button("compare_delete").click().run()
    at.segmented_control("compare_view").set_value("Side by side").run()
    assert at.session_state.compare_runs == [kept]
    assert not at.warning
    assert run_id not in at.session_state.compare_runs


def test_a_run_that_goes_on_is_not_deleted(open_page: Open) -> None:
    stored_run("goes-on", done=False)
    assert open_page("compare", workspace="goes-on", compare_view="My runs").button("compare_delete").disabled


def test_a_locked_database_gets_a_sentence(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SQLITE_WAIT_S", 0.05)
    monkeypatch.setattr(database, "_engines", {})
    run_id = stored_run("locked")
    at = open_page("compare", workspace="locked", compare_view="My runs")
    other = sqlite3.connect(default_store().folder / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    at.text_input(f"compare_name_{run_id}").set_value("lost?").run()
    assert "perhaps because it is locked: try again" in words(at)
    assert at.text_input(f"compare_name_{run_id}").value == "lost?"  # what was typed is still there
    other.execute("ROLLBACK")
    other.close()
    assert not at.exception


def test_an_experiment_starts_every_value_with_every_seed(open_page: Open, submitted: list[str]) -> None:
    base = stored_run("experiment", config=TrainConfig(epochs=3, seed=9))
    query = {"compare_view": "Change one factor", "compare_values_learning_rate": "0.1, 0.2", "compare_seeds": 2}
    at = open_page("compare", workspace="experiment", **query)
    assert "**4 runs**: 2 values × 2 seeds" in words(at)
    at.button("compare_start").click().run()
    assert not at.exception
    runs = [default_store().get_run(run_id) for run_id in submitted]
    assert [(r.config.learning_rate, r.config.seed) for r in runs] == [(0.1, 0), (0.2, 0), (0.1, 1), (0.2, 1)]
    assert {(r.parent, r.config.epochs, r.workspace) for r in runs} == {(base, 3, "experiment")}
    assert len({r.batch for r in runs}) == 1
    assert "Learning rate: 0.1, 0.2 · 4 runs" in box(at, "compare_batch").options[0]
    at.button("compare_stop").click().run()
    assert all(default_store().load_orders(run_id).stop for run_id in submitted)


@pytest.mark.parametrize(
    ("target", "limit", "sentence"),
    [
        ("cnn_core.runs.jobs.MAX_WORKSPACE_RUNS", 3, "4 more would exceed the limit of 3"),
        ("cnn_core.runs.memory_check.free_mb", lambda: 100.0, "This run needs about"),
    ],
)
def test_an_experiment_past_the_limit_or_too_large_is_refused(
    open_page: Open, submitted: list[str], monkeypatch: pytest.MonkeyPatch, target: str, limit: object, sentence: str
) -> None:
    monkeypatch.setattr(target, limit)
    base = stored_run("refused")
    query = {"compare_view": "Change one factor", "compare_values_learning_rate": "0.1, 0.2", "compare_seeds": 2}
    at = open_page("compare", workspace="refused", **query)
    at.button("compare_start").click().run()
    assert not at.exception
    assert sentence in at.error[0].value
    assert submitted == []
    assert default_store().list_runs("refused")[0].id == base


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ("0.1", "There are 1 different values"),
        ("", "There are 0 different values"),
        ("0.1, fast", "'fast' is not a number"),
        ("0.1, -1", "Learning rate is -1"),
        ("1,2,3,4,5,6", "There are 6 different values"),
    ],
)
def test_an_impossible_experiment_gets_a_sentence(open_page: Open, values: str, sentence: str) -> None:
    stored_run("impossible")
    query = {"compare_view": "Change one factor", "compare_values_learning_rate": values}
    at = open_page("compare", workspace="impossible", **query)
    assert sentence in words(at).replace("learning rate", "learning_rate")
    assert "compare_start" not in [button.key for button in at.button]


def test_every_factor_opens_with_values_that_work(open_page: Open) -> None:
    stored_run("factors", config=TrainConfig(optimizer="sgd"))
    at = open_page("compare", workspace="factors", compare_view="Change one factor")
    for factor in ("network", *comparison.experiment_factors()):
        at.selectbox("compare_factor").select(factor).run()
        assert not at.exception, factor
        assert not at.error, (factor, [e.value for e in at.error])


def finished_experiment(workspace: str, figures: dict[float, Sequence[float]]) -> list[str]:
    return [
        stored_run(workspace, config=TrainConfig(learning_rate=rate, seed=seed), val=value, batch=f"b-{workspace}")
        for rate, values in figures.items()
        for seed, value in enumerate(values)
    ]


def test_the_spread_of_an_experiment_is_told(open_page: Open) -> None:
    ids = finished_experiment("spread", {0.1: [0.7, 0.72, 0.71], 0.2: [0.9, 0.92, 0.94]})
    at = open_page("compare", workspace="spread", compare_view="Change one factor")
    assert "Every seed of **0.2** did better than every seed of **0.1**" in words(at)
    assert "1 of 10 such experiments: try more seeds" in words(at)
    assert cells(at)["0.2"] == ["3", "92.0%", "2.0%", "90.0%–94.0%"]
    at.segmented_control("compare_figure").set_value("Test accuracy").run()
    assert "within the spread of the seeds" in words(at)
    assert "uses them up" in words(at)
    at.button("compare_curves").click().run()
    assert at.session_state.compare_runs == ids
    assert len(cells(at)["Test accuracy"]) == 6


def test_runs_without_a_result_are_not_left_out_in_silence(open_page: Open) -> None:
    finished_experiment("lost", {0.1: [0.7, 0.72]})
    failed = default_store().create_run("lost", SPEC, TrainConfig(learning_rate=9.0, seed=1), batch="b-lost")
    default_store().append_events(failed, Failed("The loss became NaN", 3))
    at = open_page("compare", workspace="lost", compare_view="Change one factor")
    assert "Without a result, so not counted: 9, seed 1" in words(at)
    assert not at.exception


def test_rows_stay_few_and_smoothing_keeps_what_was_before() -> None:
    epochs = [EpochDone(n, 1 / n, 0.5, 1.1 / n, n % 2, 0.002, n) for n in range(1, 1001)]
    steps = [StepDone(n, 1, 1.0, 0.5, 0.002, n) for n in range(1, 1001)]
    rows = comparison_rows({f"run {n}": (34, epochs, steps) for n in range(8)}, "seconds", 0.9)
    assert len(rows) <= MAX_POINTS
    assert rows["last"].sum() == 8
    last = rows[(rows["series"] == VALIDATION) & rows["last"]]
    assert set(last["x"]) == {1000}
    assert last["accuracy"].iloc[0] == pytest.approx(0.47, abs=0.03)
    behind = rows[(rows["series"] == UNSMOOTHED) & (rows["of"] == VALIDATION)]
    assert set(behind["accuracy"]) <= {0, 1}


def test_colours_are_apart_for_every_eye_and_on_both_backgrounds() -> None:
    for vision in VISION:
        tones = [seen(colour, vision) for colour in RUN_COLOURS]
        least = min(np.linalg.norm(a - b) for i, a in enumerate(tones) for b in tones[:i])
        assert least > 18, vision
    for colour in RUN_COLOURS:
        assert contrast(colour, "#FFFFFF") > 2.9
        assert contrast(colour, "#11151F") > 2.9

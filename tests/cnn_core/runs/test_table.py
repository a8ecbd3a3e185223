"""The rows of the runs: they come back as they were written, and workspaces see only their own."""

import multiprocessing
import time
from pathlib import Path

import pytest

from cnn_core.runs import RunStore
from cnn_core.runs.store import KEPT_DELETED_S
from cnn_core.training.events import EpochDone, Failed, Finished, Started
from tests.cnn_core.runs.running import count_statements
from tests.cnn_core.runs.storing import CONFIG, SPEC, finished, sql, step


def test_a_run_comes_back_as_it_was_told(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    assert store.get_run(run_id).status == "queued"
    epoch = EpochDone(1, 1.5, 0.4, 1.2, 0.5, 0.002, 3.0)
    store.append_events(run_id, Started("CPU", 6090, 3, 34, 2.3), step(1), step(2), epoch)
    run = store.get_run(run_id)
    assert (run.status, run.device, run.steps_per_epoch, run.initial_loss) == ("running", "CPU", 34, 2.3)
    assert (run.spec, run.config, run.workspace) == (SPEC, CONFIG, "mine")
    assert store.load_steps(run_id) == (step(1), step(2))
    assert store.load_epochs(run_id) == (epoch,)
    store.append_events(run_id, Finished("completed", 3, 0.1, 0.97, 4.5))
    run = store.get_run(run_id)
    assert (run.status, run.test_loss, run.test_accuracy, run.seconds, run.is_active) == (
        "finished",
        0.1,
        0.97,
        4.5,
        False,
    )


def test_a_failed_run_says_why(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    store.append_events(run_id, Failed("The loss became NaN at step 3: lower the learning rate.", 3))
    assert (store.get_run(run_id).status, store.get_run(run_id).message[:19]) == ("failed", "The loss became NaN")


def test_many_steps_are_thinned_evenly_and_end_with_the_last(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    store.append_events(run_id, *(step(n) for n in range(1, 5001)))
    steps = [s.step for s in store.load_steps(run_id, at_most=100)]
    assert steps == [1, *range(50, 5001, 50)]


def test_workspaces_do_not_see_each_other(store):
    mine = [store.create_run("mine", SPEC, CONFIG) for _ in range(2)]
    theirs = store.create_run("theirs", SPEC, CONFIG)
    assert [run.id for run in store.list_runs("mine")] == mine[::-1]
    assert [run.id for run in store.list_runs("theirs")] == [theirs]
    assert len({*mine, theirs}) == 3
    assert all(len(run_id) > 20 for run_id in mine)


def test_stop_is_asked_for_one_run_only(store):
    first, second = (store.create_run("mine", SPEC, CONFIG) for _ in range(2))
    store.request_stop(first)
    assert store.load_orders(first).stop
    assert not store.load_orders(second).stop


@pytest.mark.parametrize("run_id", ["nobody", "", "../../etc/passwd", "'; DROP TABLE runs; --", "\0", "ü" * 500])
def test_unknown_runs_get_a_sentence(store, run_id):
    with pytest.raises(ValueError, match="There is no run"):
        store.get_run(run_id)
    assert store.load_steps(run_id) == ()


def _write(url: str, folder: str, run_id: str, first: int) -> None:
    store = RunStore(url, Path(folder))
    for number in range(first, first + 100):
        store.append_events(run_id, step(number))


def test_two_processes_write_at_once_and_nothing_is_lost(store):
    run_ids = [store.create_run("mine", SPEC, CONFIG) for _ in range(2)]
    spawn = multiprocessing.get_context("spawn")
    jobs = [spawn.Process(target=_write, args=(store.url, str(store.folder), run_id, 1)) for run_id in run_ids]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(120)
    assert [job.exitcode for job in jobs] == [0, 0]
    for run_id in run_ids:
        assert [s.step for s in store.load_steps(run_id)] == list(range(1, 101))


def test_names_notes_and_where_a_run_comes_from(store):
    parent = store.create_run("mine", SPEC, CONFIG, name=" wide ")
    run_id = store.create_run("mine", SPEC, CONFIG, batch="b1", parent=parent)
    assert (store.get_run(parent).name, store.get_run(parent).batch, store.get_run(parent).parent) == ("wide", "", "")
    assert (store.get_run(run_id).name, store.get_run(run_id).batch, store.get_run(run_id).parent) == ("", "b1", parent)
    store.rename_run(run_id, "näher <b>'; --\0")
    store.annotate_run(run_id, "two\nlines")
    assert (store.get_run(run_id).name, store.get_run(run_id).note) == ("näher <b>'; --", "two\nlines")
    with pytest.raises(ValueError, match="The name has 81 characters: at most 80 fit"):
        store.rename_run(run_id, "x" * 81)
    with pytest.raises(ValueError, match="The note has 2,001 characters: at most 2,000 fit"):
        store.annotate_run(run_id, "x" * 2001)
    with pytest.raises(ValueError, match="The name has"):
        store.create_run("mine", SPEC, CONFIG, name="x" * 81)
    assert store.get_run(run_id).name.startswith("näher")
    for write in (store.rename_run, store.annotate_run):
        with pytest.raises(ValueError, match="There is no run 'nobody'"):
            write("nobody", "x")


def test_the_confusion_matrix_comes_back(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    assert store.get_run(run_id).confusion is None
    store.append_events(run_id, Finished("completed", 1, 0.1, 0.9, 1.0, ((5, 1), (0, 4))))
    assert store.get_run(run_id).confusion == ((5, 1), (0, 4))
    other = store.create_run("mine", SPEC, CONFIG)
    store.append_events(other, Finished("stopped", 1, None, None, 1.0))
    assert store.get_run(other).confusion is None


def test_a_deleted_run_is_gone_until_it_is_restored(store):
    kept, deleted = finished(store), finished(store)
    store.delete_run(deleted)
    assert [run.id for run in store.list_runs("mine")] == [kept]
    with pytest.raises(ValueError, match="There is no run"):
        store.get_run(deleted)
    with pytest.raises(ValueError, match="There is no run"):
        store.delete_run(deleted)
    store.restore_run(deleted)
    assert [run.id for run in store.list_runs("mine")] == [deleted, kept]
    assert len(store.load_weights(deleted)) == len(store.load_epochs(deleted)) == 1


def test_a_run_that_goes_on_is_not_deleted(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    with pytest.raises(ValueError, match="still going on: stop it first"):
        store.delete_run(run_id)
    assert store.get_run(run_id).is_active


def test_a_list_of_runs_changes_nothing(store):
    kept, old = finished(store), finished(store)
    store.delete_run(old)
    sql(store, "UPDATE runs SET deleted_at = :then WHERE id = :id", then=time.time() - KEPT_DELETED_S - 1, id=old)
    with count_statements() as statements:
        assert [run.id for run in store.list_runs("mine")] == [kept]
    assert [statement.split()[0] for statement in statements] == ["SELECT"]
    assert {path.name for path in (store.folder / "runs").iterdir()} == {kept, old}
    store.restore_run(old)

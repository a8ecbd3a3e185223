"""The run store keeps what it is told, for every reader and writer at once."""

import json
import multiprocessing
import os
import secrets
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from cnn_core.networks import preset
from cnn_core.runs import RunStore, database, default_store
from cnn_core.runs.checkpoints import MAX_CHECKPOINTS
from cnn_core.runs.database import StoreUnavailableError
from cnn_core.runs.schema import LOST_AFTER_S
from cnn_core.runs.store import KEPT_DELETED_S
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone, Failed, Finished, Snapshot, Started, StepDone
from tests.cnn_core.runs.running import count_statements

SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
CONFIG = TrainConfig(epochs=3, seed=7)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> RunStore:
    """An empty store in each of the two databases."""
    if request.param == "sqlite":
        return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    server, name = request.getfixturevalue("postgres"), f"t{secrets.token_hex(8)}"
    admin = sa.create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return RunStore(server.format(name=name), tmp_path)


def sql(store: RunStore, statement: str, **values: object) -> list[tuple]:
    """What the statement gives, past the store."""
    engine = sa.create_engine(store.url)
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement), values)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def step(number: int) -> StepDone:
    return StepDone(number, 1, 1 / number, 0.5, 0.002, number / 10)


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
    store.append_events(run_id, Failed("loss became NaN at step 3: lower the learning rate", 3))
    assert (store.get_run(run_id).status, store.get_run(run_id).message[:15]) == ("failed", "loss became NaN")


def test_weights_come_back_bit_by_bit(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    rng = np.random.default_rng(0)
    weights = {"conv1.weight": rng.random((4, 1, 3, 3), np.float32), "bn1.num_batches_tracked": np.array(7)}
    transposed = rng.random((3, 5), np.float32).T  # not contiguous
    store.append_events(run_id, Snapshot(0, weights), Snapshot(2, {**weights, "fc1.weight": transposed}))
    assert store.checkpoint_epochs(run_id) == (0, 2)
    np.testing.assert_array_equal(store.load_weights(run_id, 0)["conv1.weight"], weights["conv1.weight"])
    np.testing.assert_array_equal(store.load_weights(run_id)["fc1.weight"], transposed)
    assert store.load_weights(run_id)["bn1.num_batches_tracked"] == 7
    with pytest.raises(ValueError, match="of the epochs 0, 2 weights are stored"):
        store.load_weights(run_id, 1)


def test_a_run_without_weights_says_so(store):
    with pytest.raises(ValueError, match="no weights are stored"):
        store.load_weights(store.create_run("mine", SPEC, CONFIG))


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


def test_a_run_that_nobody_works_on_is_shown_as_interrupted(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    sql(store, "UPDATE runs SET heard_at = :then", then=time.time() - LOST_AFTER_S - 1)
    assert store.get_run(run_id).status == "interrupted"
    assert "it can go on from" in store.get_run(run_id).message
    store.record_heartbeat(run_id)  # the worker was only slow
    assert store.get_run(run_id).status == "queued"


@pytest.mark.parametrize("run_id", ["nobody", "", "../../etc/passwd", "'; DROP TABLE runs; --", "\0", "ü" * 500])
def test_unknown_runs_get_a_sentence(store, run_id):
    with pytest.raises(ValueError, match="There is no run"):
        store.get_run(run_id)
    assert store.load_steps(run_id) == ()


def test_a_hostile_id_reaches_no_other_folder(store):
    with pytest.raises(ValueError, match="There is no run"):
        store.checkpoint_epochs("../..")


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


def test_the_default_store_lies_in_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.delenv("CNN_LAB_DATABASE_URL", raising=False)
    store = default_store()
    store.create_run("mine", SPEC, CONFIG)
    assert (tmp_path / "elsewhere" / "runs.sqlite").exists()
    monkeypatch.setenv("CNN_LAB_DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert default_store().list_runs("mine") == ()


def test_what_is_stored_is_json_and_safetensors_only(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    store.append_events(run_id, Snapshot(0, {"w": np.zeros(3, np.float32)}))
    spec, config = sql(store, "SELECT spec, config FROM runs")[0]
    assert json.loads(config)["seed"] == 7
    assert json.loads(spec)
    files = sorted(name for _, _, names in os.walk(store.folder / "runs") for name in names)
    assert files == ["epoch-0000.safetensors", "state-0000.safetensors"]


def test_nothing_is_written_for_unknown_runs(store):
    for write in (lambda: store.append_events("nobody", step(1)), lambda: store.request_stop("nobody")):
        with pytest.raises(ValueError, match="There is no run 'nobody'"):
            write()
    assert store.load_steps("nobody") == ()


def test_of_many_checkpoints_some_are_kept_evenly_with_the_first_and_the_last(store):
    run_id = store.create_run("mine", SPEC, CONFIG)
    for epoch in range(2 * MAX_CHECKPOINTS + 2):
        store.append_events(run_id, Snapshot(epoch, {"w": np.full(1, epoch, np.float32)}))
    last = 2 * MAX_CHECKPOINTS + 1
    assert store.checkpoint_epochs(run_id) == (*range(0, last, 4), last)
    assert store.load_weights(run_id)["w"] == last


def test_a_large_network_keeps_fewer_checkpoints(store, monkeypatch):
    monkeypatch.setattr("cnn_core.runs.checkpoints.MAX_CHECKPOINT_BYTES", 10_000)
    run_id = store.create_run("mine", SPEC, CONFIG)
    for epoch in range(12):
        store.append_events(run_id, Snapshot(epoch, {"w": np.zeros(1000, np.float32)}))
    assert store.checkpoint_epochs(run_id) == (0, 8, 11)
    assert sum(file.stat().st_size for file in (store.folder / "runs" / run_id).iterdir()) < 15_000


def test_many_threads_may_open_a_new_store_at_once(tmp_path):
    stores = [RunStore(f"sqlite:///{tmp_path / f'{n}.sqlite'}", tmp_path) for n in range(5)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: stores[n % 5].list_runs("mine"), range(40)))
    assert found == [()] * 40


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


def finished(store: RunStore, workspace: str = "mine") -> str:
    run_id = store.create_run(workspace, SPEC, CONFIG)
    weights = Snapshot(0, {"w": np.zeros(3, np.float32)})
    epoch = EpochDone(1, 1.5, 0.4, 1.2, 0.5, 0.002, 3.0)
    store.append_events(
        run_id, Started("CPU", 6090, 3, 34, 2.3), step(1), epoch, weights, Finished("completed", 1, 1, 1, 1)
    )
    return run_id


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


def test_after_a_day_a_deleted_run_is_removed_with_all_that_belongs_to_it(store):
    kept, recent, old = finished(store), finished(store), finished(store, "theirs")
    for run_id in (recent, old):
        store.delete_run(run_id)
    then = time.time() - KEPT_DELETED_S - 1
    sql(store, "UPDATE runs SET deleted_at = :then WHERE id = :id", then=then, id=old)
    assert [run.id for run in store.list_runs("mine")] == [kept]
    store.purge_deleted()
    for table, column in (("runs", "id"), ("steps", "run_id"), ("epochs", "run_id")):
        assert {row[0] for row in sql(store, f"SELECT {column} FROM {table}")} == {kept, recent}
    assert {path.name for path in (store.folder / "runs").iterdir()} == {kept, recent}
    with pytest.raises(ValueError, match="There is no run"):
        store.restore_run(old)
    store.restore_run(recent)


def test_a_list_of_runs_changes_nothing(store):
    kept, old = finished(store), finished(store)
    store.delete_run(old)
    sql(store, "UPDATE runs SET deleted_at = :then WHERE id = :id", then=time.time() - KEPT_DELETED_S - 1, id=old)
    with count_statements() as statements:
        assert [run.id for run in store.list_runs("mine")] == [kept]
    assert [statement.split()[0] for statement in statements] == ["SELECT"]
    assert {path.name for path in (store.folder / "runs").iterdir()} == {kept, old}
    store.restore_run(old)


# As version 0.3 made it.
OLD = """CREATE TABLE runs (id VARCHAR(40) NOT NULL PRIMARY KEY, workspace VARCHAR(80) NOT NULL,
status VARCHAR(12) NOT NULL, message TEXT NOT NULL, created_at FLOAT NOT NULL, heard_at FLOAT NOT NULL,
stop_requested BOOLEAN NOT NULL, spec TEXT NOT NULL, config TEXT NOT NULL, device VARCHAR(100) NOT NULL,
steps_per_epoch INTEGER NOT NULL, initial_loss FLOAT, test_loss FLOAT, test_accuracy FLOAT, seconds FLOAT)"""


def test_a_database_of_an_older_version_goes_on_working(store):
    sql(store, OLD)
    sql(
        store,
        "INSERT INTO runs VALUES ('old', 'mine', 'finished', '', 1, 1, false, :spec, :config, 'CPU', 34, 2.3, 1, 1, 1)",
        spec=SPEC.to_json(),
        config=json.dumps(CONFIG.to_dict()),
    )
    (old,) = store.list_runs("mine")
    assert (old.name, old.note, old.batch, old.confusion, old.spec) == ("", "", "", None, SPEC)
    store.rename_run("old", "the old one")
    store.append_events(store.create_run("mine", SPEC, CONFIG), step(1))
    store.delete_run("old")
    store.restore_run("old")
    assert [run.name for run in store.list_runs("mine")] == ["", "the old one"]


def _open(url: str, folder: str) -> None:
    RunStore(url, Path(folder)).create_run("mine", SPEC, CONFIG)


@pytest.mark.parametrize("older", [True, False])
def test_many_processes_may_open_an_older_database_at_once(store, older):
    if older:
        sql(store, OLD)
    spawn = multiprocessing.get_context("spawn")
    jobs = [spawn.Process(target=_open, args=(store.url, str(store.folder))) for _ in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(120)
    assert [job.exitcode for job in jobs] == [0] * 4
    assert len(store.list_runs("mine")) == 4


def test_a_locked_database_is_told_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "SQLITE_WAIT_S", 0.05)
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = finished(store)
    other = sqlite3.connect(tmp_path / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="perhaps because it is locked: try again"):
        store.rename_run(run_id, "x")
    assert store.get_run(run_id).name == ""  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    store.rename_run(run_id, "x")
    assert store.get_run(run_id).name == "x"


def test_a_server_that_is_not_there_is_told_in_a_sentence(tmp_path):
    pytest.importorskip("psycopg")
    store = RunStore(f"postgresql+psycopg://nobody@/runs?host={tmp_path}", tmp_path)
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        store.list_runs("mine")

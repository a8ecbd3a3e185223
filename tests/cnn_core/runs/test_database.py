"""One database for many threads and processes, older versions, and a database that is away."""

import json
import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cnn_core.runs import RunStore, database
from cnn_core.runs.database import StoreUnavailableError
from cnn_core.training.events import StepDone
from tests.cnn_core.runs.storing import CONFIG, SPEC, finished, sql, step


def test_many_threads_may_open_a_new_store_at_once(tmp_path):
    stores = [RunStore(f"sqlite:///{tmp_path / f'{n}.sqlite'}", tmp_path) for n in range(5)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: stores[n % 5].list_runs("mine"), range(40)))
    assert found == [()] * 40


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


# As version 0.6 made it.
OLD_STEPS = """CREATE TABLE steps (run_id VARCHAR(40) NOT NULL, step INTEGER NOT NULL, epoch INTEGER NOT NULL,
loss FLOAT NOT NULL, accuracy FLOAT NOT NULL, learning_rate FLOAT NOT NULL, seconds FLOAT NOT NULL, gradient_norm FLOAT,
PRIMARY KEY (run_id, step))"""


def test_steps_stored_before_their_images_were_counted_are_read_and_added_to(store):
    sql(store, OLD_STEPS)
    sql(store, "INSERT INTO steps VALUES ('old', 1, 1, 2.3, 0.1, 0.002, 0.5, 1.5)")
    assert store.load_steps("old") == (StepDone(1, 1, 2.3, 0.1, 0.002, 0.5, 1.5, images=0),)
    run_id = store.create_run("mine", SPEC, CONFIG)
    store.append_events(run_id, StepDone(1, 1, 2.3, 0.1, 0.002, 0.5, 1.5, images=32))
    assert [step.images for step in store.load_steps(run_id)] == [32]


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

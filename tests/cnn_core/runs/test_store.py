"""The store as a whole: what is written where, and what is removed for good."""

import json
import os
import time

import numpy as np
import pytest

from cnn_core.runs import default_store
from cnn_core.runs.store import KEPT_DELETED_S
from cnn_core.training.events import Snapshot
from tests.cnn_core.runs.storing import CONFIG, SPEC, finished, sql, step


def test_a_hostile_id_reaches_no_other_folder(store):
    with pytest.raises(ValueError, match="There is no run"):
        store.checkpoint_epochs("../..")


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

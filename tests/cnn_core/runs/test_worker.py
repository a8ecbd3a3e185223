"""What a worker does with a run: orders, errors, a full disk, a database that is locked."""

import errno
import math
import sqlite3
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cnn_core.runs import JobQueue, RunStore, database, worker
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone, Snapshot, Started, StepDone
from tests.cnn_core.runs.running import LONG, SPEC, curve, start, wait

pytestmark = pytest.mark.xdist_group("dask")


def test_events_are_written_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction a step would cost more than the step."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    writes: list[int] = []
    append = RunStore.append_events
    monkeypatch.setattr(
        RunStore, "append_events", lambda self, run_id, *e: (writes.append(len(e)), append(self, run_id, *e))
    )
    run_id = store.create_run("class", SPEC, TrainConfig(epochs=3))
    worker.run_job(store.url, str(tmp_path), run_id)
    assert isinstance(store.get_run(run_id).test_accuracy, float)
    assert sum(writes) > 3 * 34
    assert len(writes) < sum(writes) / 3


def test_an_unexpected_error_is_told_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    monkeypatch.setattr("cnn_core.datasets.load", lambda name: 1 / 0)
    run_id = store.create_run("class", SPEC, LONG)
    worker.run_job(store.url, str(Path(tmp_path)), run_id)
    run = store.get_run(run_id)
    assert run.status == "failed"
    assert "ZeroDivisionError" in run.message
    assert "Traceback" not in run.message


def test_a_job_that_is_handed_out_twice_is_not_run_again(tmp_path: Path) -> None:
    """What a scheduler does by itself when a worker dies, unless it is told not to."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, TrainConfig(epochs=1))
    store.append_events(run_id, Started("CPU", 6090, 1, 34, 2.3))
    worker.run_job(store.url, str(tmp_path), run_id)
    assert (store.get_run(run_id).status, store.get_run(run_id).message) == ("failed", worker.KILLED_MESSAGE)
    assert store.load_steps(run_id) == ()


def test_a_validation_loss_that_is_no_number_fails_with_what_to_change(tmp_path: Path) -> None:
    """All images in one batch: the epoch's only loss is fine, and what its step made of the weights is not."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    config = TrainConfig(optimizer="sgd", learning_rate=1e6, batch_size=2000)
    run_id = store.create_run("class", SPEC, config)
    worker.run_job(store.url, str(tmp_path), run_id)
    run = store.get_run(run_id)
    assert run.status == "failed"
    assert run.message.endswith(": lower the learning rate.")
    assert all(math.isfinite(epoch.val_loss) for epoch in store.load_epochs(run_id))


def test_pause_single_step_and_resume(queue: JobQueue) -> None:
    store = queue.store
    run_id = start(queue, TrainConfig(epochs=3))
    store.change_orders(run_id, paused=True)
    wait(store, run_id, lambda run: run.status == "paused")
    before = store.load_steps(run_id)[-1].step if store.load_steps(run_id) else 0
    store.change_orders(run_id, step_until=before + 1)
    wait(store, run_id, lambda run: run.status == "paused" and bool(store.load_steps(run_id)))
    deadline = time.monotonic() + 10
    while store.load_steps(run_id)[-1].step != before + 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.5)
    assert store.load_steps(run_id)[-1].step == before + 1
    store.change_orders(run_id, paused=False)
    run = wait(store, run_id, lambda run: not run.is_active)
    assert run.status == "finished"
    again = start(queue, TrainConfig(epochs=3))
    wait(store, again, lambda run: not run.is_active)
    assert curve(store, again) == curve(store, run_id)


def test_a_full_disk_is_told_and_what_was_stored_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, TrainConfig(epochs=5))
    from safetensors import numpy as safetensors

    save, calls = safetensors.save_file, []

    def full(arrays: object, path: Path) -> None:
        calls.append(path)
        if "epoch-0003" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(arrays, path)

    monkeypatch.setattr(safetensors, "save_file", full)
    worker.run_job(store.url, str(tmp_path), run_id)
    run = store.get_run(run_id)
    assert (run.status, run.message) == ("failed", worker.DISK_FULL_MESSAGE)
    assert store.checkpoint_epochs(run_id) == (0, 1, 2)
    monkeypatch.undo()
    assert store.rewind_run(run_id) == 2
    worker.run_job(store.url, str(tmp_path), run_id)
    assert store.get_run(run_id).status == "finished"
    assert [epoch.epoch for epoch in store.load_epochs(run_id)] == [1, 2, 3, 4, 5]


def test_a_locked_database_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SQLITE_WAIT_S", 0.05)
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, TrainConfig(epochs=2))
    store.append_events(run_id, Started("CPU", 1, 2, 5, 2.3))
    other = sqlite3.connect(tmp_path / "runs.sqlite", check_same_thread=False)
    locked = threading.Event()

    def events():
        for step in range(1, 11):
            if step == 4:
                other.execute("BEGIN EXCLUSIVE")
                locked.set()
            if step == 9:
                other.rollback()
            yield StepDone(step, 1 + (step > 5), 1.0, 0.5, 0.1, step / 10)
            if step == 5:
                yield Snapshot(1, {"w": np.zeros(2, dtype=np.float32)})
            if step % 5 == 0:
                yield EpochDone(step // 5, 1.0, 0.5, 1.0, 0.5, 0.1, step / 10)

    monkeypatch.setattr(worker, "WRITE_EVERY_S", 0.0)
    worker.record_events(store, run_id, events())
    assert locked.is_set()
    assert [step.step for step in store.load_steps(run_id)] == list(range(1, 11))
    assert [epoch.epoch for epoch in store.load_epochs(run_id)] == [1, 2]

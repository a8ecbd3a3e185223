"""Runs that are paused, stepped, changed, extended, forked, cut off and let go on; taking turns; a store that fails."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.networks import preset
from cnn_core.runs import database, jobs, worker
from cnn_core.runs.store import INTERRUPTED_MESSAGE, LOST_AFTER_S, Run, RunStore
from cnn_core.runs.turns import MAX_WORKSPACE_RUNS, fair_order, waiting_time
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone, Snapshot, Started, StepDone

SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
ROOT = Path(__file__).resolve().parents[3]
LONG = TrainConfig(epochs=1000)
pytestmark = pytest.mark.xdist_group("dask")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    folder = tmp_path_factory.mktemp("orders")
    return RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)


def start(store: RunStore, config: TrainConfig, workspace: str = "class") -> str:
    run_id = store.create_run(workspace, SPEC, config)
    jobs.submit_run(store, run_id)
    return run_id


def wait(store: RunStore, run_id: str, until: Callable[[Run], bool], seconds: float = 90) -> Run:
    deadline = time.monotonic() + seconds
    while not until(run := store.get_run(run_id)):
        assert time.monotonic() < deadline, f"still {run.status}: {run.message}"
        time.sleep(0.02)
    return run


def stop(store: RunStore, *run_ids: str) -> None:
    for run_id in run_ids:
        store.request_stop(run_id)
        wait(store, run_id, lambda run: not run.is_active)


def curve(store: RunStore, run_id: str) -> list[tuple[float, ...]]:
    return [(e.epoch, e.train_loss, e.val_loss, e.val_accuracy) for e in store.load_epochs(run_id)]


def test_pause_single_step_and_resume(store: RunStore) -> None:
    run_id = start(store, TrainConfig(epochs=3))
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
    again = start(store, TrainConfig(epochs=3))
    wait(store, again, lambda run: not run.is_active)
    assert curve(store, again) == curve(store, run_id)


def test_the_learning_rate_is_changed_and_epochs_are_added_while_it_runs(store: RunStore) -> None:
    run_id = start(store, LONG)
    wait(store, run_id, lambda run: bool(store.load_epochs(run_id)))
    store.change_orders(run_id, learning_rate=0.123)
    wait(store, run_id, lambda run: store.load_steps(run_id)[-1].learning_rate == 0.123)
    done = len(store.load_epochs(run_id))
    jobs.resume_run(store, run_id, epochs=done + 30)
    run = wait(store, run_id, lambda run: not run.is_active)
    assert (run.status, len(store.load_epochs(run_id)), run.epochs) == ("finished", done + 30, done + 30)


def test_a_finished_run_is_extended_and_equals_the_longer_run(store: RunStore) -> None:
    run_id = start(store, TrainConfig(epochs=2))
    wait(store, run_id, lambda run: not run.is_active)
    with pytest.raises(ValueError, match="epochs is 2: the run has 2 behind it"):
        jobs.resume_run(store, run_id)
    jobs.resume_run(store, run_id, epochs=4)
    wait(store, run_id, lambda run: not run.is_active)
    whole = start(store, TrainConfig(epochs=4))
    wait(store, whole, lambda run: not run.is_active)
    assert curve(store, run_id) == curve(store, whole)
    assert store.get_run(run_id).test_loss == store.get_run(whole).test_loss
    assert [s.step for s in store.load_steps(run_id)] == [s.step for s in store.load_steps(whole)]


def test_a_killed_run_goes_on_from_its_last_epoch_as_if_nothing_had_been(store: RunStore) -> None:
    config = TrainConfig(epochs=25, patience=30)
    run_id = start(store, config)
    wait(store, run_id, lambda run: len(store.load_epochs(run_id)) >= 2)
    client = jobs._connect_client()
    address = next(a for a, keys in client.processing().items() if any(run_id in key for key in keys))
    os.kill(client.run(os.getpid, workers=[address])[address], signal.SIGKILL)
    run = wait(store, run_id, lambda run: not run.is_active, seconds=20)
    assert (run.status, run.message) == ("failed", worker.KILLED_MESSAGE)
    assert store.can_resume(run_id)
    jobs.resume_run(store, run_id)
    run = wait(store, run_id, lambda run: not run.is_active)
    assert (run.status, run.message) == ("finished", "")
    whole = start(store, config)
    wait(store, whole, lambda run: not run.is_active)
    assert curve(store, run_id) == curve(store, whole)
    assert store.get_run(run_id).confusion == store.get_run(whole).confusion
    assert store.get_run(run_id).tested_epoch == min(store.load_epochs(whole), key=lambda e: e.val_loss).epoch


def test_a_fork_begins_with_its_parents_weights(store: RunStore) -> None:
    parent = start(store, TrainConfig(epochs=3))
    wait(store, parent, lambda run: not run.is_active)
    child = jobs.fork_run(store, parent, 2, TrainConfig(epochs=1, learning_rate=0.0001), "class")
    run = wait(store, child, lambda run: not run.is_active)
    assert (run.status, run.parent, run.parent_epoch) == ("finished", parent, 2)
    for name, array in store.load_weights(parent, 2).items():
        np.testing.assert_array_equal(store.load_weights(child, 0)[name], array)
    assert store.load_epochs(child)[0].val_loss < 1.2 * store.load_epochs(parent)[1].val_loss
    with pytest.raises(ValueError, match="epoch is 9"):
        jobs.fork_run(store, parent, 9, TrainConfig(), "class")


def test_workspaces_take_turns_and_everybody_sees_the_place_in_line(store: RunStore) -> None:
    slots = sum(jobs._connect_client().nthreads().values())
    busy = [start(store, LONG, "first") for _ in range(slots)]
    for run_id in busy:
        wait(store, run_id, lambda run, run_id=run_id: bool(store.load_epochs(run_id)))
    more = [start(store, LONG, "first") for _ in range(2)]
    other = start(store, TrainConfig(epochs=1), "second")
    places = {run_id: jobs.queue_position(run_id) for run_id in [*more, other]}
    assert [places[run_id][0] for run_id in [other, *more]] == [1, 2, 3]
    assert places[other][1] is not None
    assert places[other][1] > 0
    assert jobs.queue_position(busy[0]) is None
    stop(store, busy[0])
    assert wait(store, other, lambda run: not run.is_active).status == "finished"
    stop(store, *more, *busy[1:])


def test_a_workspace_cannot_queue_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    many = {str(n): jobs._Job(None, str(n), "greedy") for n in range(MAX_WORKSPACE_RUNS)}
    monkeypatch.setattr(jobs, "_jobs", many)
    jobs.check_run_limit("modest", MAX_WORKSPACE_RUNS)
    with pytest.raises(ValueError, match=f"{MAX_WORKSPACE_RUNS} of your runs are waiting or going on"):
        jobs.check_run_limit("greedy")


@given(st.lists(st.sampled_from("abc"), max_size=12), st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)))
def test_turns_are_fair(waiting: list[str], running: dict[str, int]) -> None:
    order = fair_order(waiting, running)
    assert sorted(order) == list(range(len(waiting)))
    served = Counter(running)
    for turn, number in enumerate(order):
        still = {waiting[n] for n in order[turn:]}
        assert served[waiting[number]] == min(served[workspace] for workspace in still)
        served[waiting[number]] += 1
    for workspace in set(waiting):  # within a workspace: first come, first served
        own = [number for number in order if waiting[number] == workspace]
        assert own == sorted(own)


def test_waiting_times_by_hand() -> None:
    assert waiting_time(1, [30.0, 10.0], 20.0, slots=2) == 10.0
    assert waiting_time(2, [30.0, 10.0], 20.0, slots=2) == 30.0
    assert waiting_time(3, [30.0, 10.0], 20.0, slots=2) == 30.0
    assert waiting_time(1, [30.0], 20.0, slots=2) == 0.0


def test_an_app_that_is_killed_leaves_its_runs_interrupted_and_they_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, LONG)
    script = tmp_path / "app.py"
    script.write_text(f"""
import time
from pathlib import Path
from cnn_core.runs import jobs
from cnn_core.runs.store import RunStore
if __name__ == "__main__":
    jobs.submit_run(RunStore({store.url!r}, Path({str(tmp_path)!r})), {run_id!r})
    time.sleep(600)
""")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    app = subprocess.Popen([sys.executable, script], env=environment, cwd=ROOT)
    wait(store, run_id, lambda run: len(store.load_epochs(run_id)) >= 2)
    app.kill()
    app.wait()
    deadline, seen = time.monotonic() + 30, -1
    while seen != (seen := len(store.load_epochs(run_id))):  # the workers end with it
        assert time.monotonic() < deadline
        time.sleep(1)
    now = time.time
    monkeypatch.setattr("cnn_core.runs.schema.time.time", lambda: now() + LOST_AFTER_S + 1)
    run = store.get_run(run_id)
    assert (run.status, run.message) == ("interrupted", INTERRUPTED_MESSAGE)
    assert len(store.load_epochs(run_id)) == seen >= 2
    monkeypatch.undo()
    store.mark_interrupted(run_id)
    jobs.resume_run(store, run_id, epochs=seen + 2)
    run = wait(store, run_id, lambda run: not run.is_active)
    assert run.status == "finished"
    assert [epoch.epoch for epoch in store.load_epochs(run_id)] == list(range(1, seen + 3))


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
    jobs.run_job(store.url, str(tmp_path), run_id)
    run = store.get_run(run_id)
    assert (run.status, run.message) == ("failed", worker.DISK_FULL_MESSAGE)
    assert store.checkpoint_epochs(run_id) == (0, 1, 2)
    monkeypatch.undo()
    assert store.rewind_run(run_id) == 2
    jobs.run_job(store.url, str(tmp_path), run_id)
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

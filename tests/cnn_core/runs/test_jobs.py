"""Jobs run in other processes: they finish, stop, fail and die without taking anything else with them."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cnn_core.networks import preset
from cnn_core.runs import jobs
from cnn_core.runs.store import INTERRUPTED_MESSAGE, Run, RunStore
from cnn_core.training import TrainConfig
from cnn_core.training.events import Started

SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
ROOT = Path(__file__).resolve().parents[3]
LONG = TrainConfig(epochs=1000)
pytestmark = pytest.mark.xdist_group("dask")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> RunStore:
    folder = tmp_path_factory.mktemp("jobs")
    return RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)


def start(store: RunStore, config: TrainConfig) -> str:
    run_id = store.create_run("class", SPEC, config)
    jobs.submit_run(store, run_id)
    return run_id


def wait(store: RunStore, run_id: str, until: Callable[[Run], bool], seconds: float = 90) -> Run:
    deadline = time.monotonic() + seconds
    while not until(run := store.get_run(run_id)):
        assert time.monotonic() < deadline, f"still {run.status}: {run.message}"
        time.sleep(0.02)
    return run


def worker_of(store: RunStore, run_id: str) -> int:
    """The process that trains the run."""
    client = jobs._connect_client()
    address = next(a for a, keys in client.processing().items() if any(run_id in key for key in keys))
    return client.run(os.getpid, workers=[address])[address]


def test_a_run_trains_to_its_end_in_another_process(store):
    run = wait(store, start(store, TrainConfig(epochs=5)), lambda run: not run.is_active)
    assert (run.status, run.message) == ("finished", "")
    assert run.test_accuracy > 0.9
    assert [epoch.epoch for epoch in store.load_epochs(run.id)] == [1, 2, 3, 4, 5]
    assert store.checkpoint_epochs(run.id) == (0, 1, 2, 3, 4, 5)
    assert store.load_steps(run.id)[-1].step == 5 * run.steps_per_epoch


def test_a_run_stops_when_asked(store):
    run_id = start(store, LONG)
    wait(store, run_id, lambda run: bool(store.load_epochs(run_id)))
    store.request_stop(run_id)
    run = wait(store, run_id, lambda run: not run.is_active, seconds=5)
    assert run.status == "stopped"
    assert store.checkpoint_epochs(run_id)[-1] == len(store.load_epochs(run_id))


def test_a_queued_run_can_be_stopped_before_it_starts(store):
    run_id = store.create_run("class", SPEC, LONG)
    store.request_stop(run_id)
    jobs.submit_run(store, run_id)
    assert wait(store, run_id, lambda run: not run.is_active).status == "stopped"
    assert store.load_epochs(run_id) == ()


def test_a_run_that_diverges_fails_with_what_to_change(store):
    run_id = start(store, TrainConfig(optimizer="sgd", learning_rate=1e6))
    run = wait(store, run_id, lambda run: not run.is_active)
    assert run.status == "failed"
    assert run.message.startswith("loss became NaN at step ")
    assert run.message.endswith(": lower the learning rate")


def test_a_network_that_does_not_fit_fails_with_a_sentence(store):
    run_id = start(store, TrainConfig(dataset="shapes"))
    run = wait(store, run_id, lambda run: not run.is_active)
    assert run.status == "failed"
    assert "The network takes images of shape (1, 8, 8)" in run.message


def test_a_killed_worker_fails_its_own_run_only_and_the_run_can_be_started_again(store):
    doomed, other = start(store, LONG), start(store, LONG)
    for run_id in (doomed, other):
        wait(store, run_id, lambda run, run_id=run_id: bool(store.load_epochs(run_id)))
    os.kill(worker_of(store, doomed), signal.SIGKILL)
    run = wait(store, doomed, lambda run: not run.is_active, seconds=20)
    assert (run.status, run.message) == ("failed", jobs.KILLED_MESSAGE)
    seen = len(store.load_epochs(other))
    wait(store, other, lambda run: len(store.load_epochs(other)) > seen)
    assert len(store.load_epochs(doomed)) >= 1  # what was finished is kept
    again = start(store, run.config)
    wait(store, again, lambda run: bool(store.load_epochs(again)))
    for run_id in (other, again):
        store.request_stop(run_id)
        wait(store, run_id, lambda run: not run.is_active)


def test_events_are_written_in_batches(tmp_path, monkeypatch):
    """A transaction a step would cost more than the step."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    writes: list[int] = []
    append = RunStore.append_events
    monkeypatch.setattr(
        RunStore, "append_events", lambda self, run_id, *e: (writes.append(len(e)), append(self, run_id, *e))
    )
    run_id = store.create_run("class", SPEC, TrainConfig(epochs=3))
    jobs.run_job(store.url, str(tmp_path), run_id)
    assert isinstance(store.get_run(run_id).test_accuracy, float)
    assert sum(writes) > 3 * 34
    assert len(writes) < sum(writes) / 3


def test_an_unexpected_error_is_told_without_a_traceback(tmp_path, monkeypatch):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    monkeypatch.setattr("cnn_core.datasets.load", lambda name: 1 / 0)
    run_id = store.create_run("class", SPEC, LONG)
    jobs.run_job(store.url, str(Path(tmp_path)), run_id)
    run = store.get_run(run_id)
    assert run.status == "failed"
    assert "ZeroDivisionError" in run.message
    assert "Traceback" not in run.message


def test_a_queued_run_stops_at_once_while_all_workers_are_busy(store):
    workers = len(jobs._connect_client().scheduler_info()["workers"])
    busy = [start(store, LONG) for _ in range(workers)]
    for run_id in busy:
        wait(store, run_id, lambda run, run_id=run_id: bool(store.load_epochs(run_id)))
    queued = start(store, LONG)
    store.request_stop(queued)
    assert wait(store, queued, lambda run: not run.is_active).status == "stopped"
    assert [store.get_run(run_id).status for run_id in busy] == ["running"] * workers
    for run_id in busy:
        store.request_stop(run_id)
        wait(store, run_id, lambda run: not run.is_active)


def test_a_step_that_takes_long_is_cut_off_by_a_stop(store):
    """One batch of this network holds the worker for many seconds."""
    spec = preset("VGG-16", input_shape=(3, 32, 32), classes=5)
    run_id = store.create_run("class", spec, TrainConfig(dataset="shapes", batch_size=1000, device="cpu"))
    jobs.submit_run(store, run_id)
    wait(store, run_id, lambda run: run.status == "running")
    store.request_stop(run_id)
    assert wait(store, run_id, lambda run: not run.is_active).status == "stopped"
    assert store.load_steps(run_id) == ()
    again = wait(store, start(store, TrainConfig(epochs=1)), lambda run: not run.is_active)
    assert again.status == "finished"


def test_a_job_that_is_handed_out_twice_is_not_run_again(tmp_path):
    """What a scheduler does by itself when a worker dies, unless it is told not to."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, TrainConfig(epochs=1))
    store.append_events(run_id, Started("CPU", 6090, 1, 34, 2.3))
    jobs.run_job(store.url, str(tmp_path), run_id)
    assert (store.get_run(run_id).status, store.get_run(run_id).message) == ("failed", jobs.KILLED_MESSAGE)
    assert store.load_steps(run_id) == ()


def test_a_scheduler_that_does_not_answer_is_named(tmp_path, monkeypatch):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    monkeypatch.setattr(jobs, "_client", None)
    monkeypatch.setattr(jobs, "CONNECT_WITHIN_S", 0.1)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    run = store.get_run(start(store, LONG))
    assert run.status == "failed"
    assert run.message.startswith("No Dask scheduler answers at tcp://127.0.0.1:9")


def test_a_validation_loss_that_is_no_number_fails_with_what_to_change(tmp_path):
    """All images in one batch: the epoch's only loss is fine, and what its step made of the weights is not."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    config = TrainConfig(optimizer="sgd", learning_rate=1e6, batch_size=2000)
    run_id = store.create_run("class", SPEC, config)
    jobs.run_job(store.url, str(tmp_path), run_id)
    run = store.get_run(run_id)
    assert run.status == "failed"
    assert run.message.endswith(": lower the learning rate")
    assert all(math.isfinite(epoch.val_loss) for epoch in store.load_epochs(run_id))


def test_an_app_that_ends_takes_its_workers_along_and_says_so_of_their_runs(tmp_path):
    """In a process of its own, which ends while its run goes on."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, LONG)
    pid_file = tmp_path / "worker.pid"
    script = tmp_path / "app.py"
    script.write_text(f"""
import os, time
from pathlib import Path
from cnn_core.runs import jobs
from cnn_core.runs.store import RunStore
if __name__ == "__main__":
    store = RunStore({store.url!r}, Path({str(tmp_path)!r}))
    jobs.submit_run(store, {run_id!r})
    while not store.load_epochs({run_id!r}):
        time.sleep(0.05)
    pids = jobs._connect_client().run(os.getpid)
    Path({str(pid_file)!r}).write_text(" ".join(map(str, pids.values())))
""")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, script], env=environment, cwd=ROOT, check=True, timeout=120)
    assert (store.get_run(run_id).status, store.get_run(run_id).message) == ("interrupted", INTERRUPTED_MESSAGE)
    assert store.checkpoint_epochs(run_id)
    for pid in map(int, pid_file.read_text().split()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

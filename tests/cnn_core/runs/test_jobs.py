"""Runs as jobs in other processes: they finish, stop, fail, die, are resumed and forked, and take turns."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cnn_core.networks import preset
from cnn_core.runs import JobQueue, Planned, RunStore, cluster, jobs, worker
from cnn_core.runs.comparison import plan_factor_runs
from cnn_core.runs.schema import INTERRUPTED_MESSAGE, LOST_AFTER_S
from cnn_core.runs.turns import MAX_WORKSPACE_RUNS
from cnn_core.training import TrainConfig
from cnn_core.training.events import Finished
from tests.cnn_core.runs.running import LONG, SPEC, count_statements, curve, start, stop, wait, worker_of

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.xdist_group("dask")


def test_a_run_trains_to_its_end_in_another_process(queue: JobQueue) -> None:
    store = queue.store
    run = wait(store, start(queue, TrainConfig(epochs=5)), lambda run: not run.is_active)
    assert (run.status, run.message) == ("finished", "")
    assert run.test_accuracy > 0.9
    assert [epoch.epoch for epoch in store.load_epochs(run.id)] == [1, 2, 3, 4, 5]
    assert store.checkpoint_epochs(run.id) == (0, 1, 2, 3, 4, 5)
    assert store.load_steps(run.id)[-1].step == 5 * run.steps_per_epoch


def test_a_run_stops_when_asked(queue: JobQueue) -> None:
    store = queue.store
    run_id = start(queue, LONG)
    wait(store, run_id, lambda run: bool(store.load_epochs(run_id)))
    store.request_stop(run_id)
    run = wait(store, run_id, lambda run: not run.is_active, seconds=5)
    assert run.status == "stopped"
    assert store.checkpoint_epochs(run_id)[-1] == len(store.load_epochs(run_id))


def test_a_queued_run_can_be_stopped_before_it_starts(queue: JobQueue) -> None:
    store = queue.store
    run_id = store.create_run("class", SPEC, LONG)
    store.request_stop(run_id)
    queue.submit_run(run_id)
    assert wait(store, run_id, lambda run: not run.is_active).status == "stopped"
    assert store.load_epochs(run_id) == ()


def test_a_run_that_diverges_fails_with_what_to_change(queue: JobQueue) -> None:
    store = queue.store
    run_id = start(queue, TrainConfig(optimizer="sgd", learning_rate=1e6))
    run = wait(store, run_id, lambda run: not run.is_active)
    assert run.status == "failed"
    assert run.message.startswith("The loss became NaN at step ")
    assert run.message.endswith(": lower the learning rate.")


def test_a_network_that_does_not_fit_fails_with_a_sentence(queue: JobQueue) -> None:
    store = queue.store
    run_id = start(queue, TrainConfig(dataset="shapes"))
    run = wait(store, run_id, lambda run: not run.is_active)
    assert run.status == "failed"
    assert "The network takes images of shape (1, 8, 8)" in run.message


def test_a_killed_worker_fails_its_own_run_only_and_the_run_can_be_started_again(queue: JobQueue) -> None:
    store = queue.store
    doomed, other = start(queue, LONG), start(queue, LONG)
    for run_id in (doomed, other):
        wait(store, run_id, lambda run, run_id=run_id: bool(store.load_epochs(run_id)))
    os.kill(worker_of(queue, doomed), signal.SIGKILL)
    run = wait(store, doomed, lambda run: not run.is_active, seconds=20)
    assert (run.status, run.message) == ("failed", worker.KILLED_MESSAGE)
    seen = len(store.load_epochs(other))
    wait(store, other, lambda run: len(store.load_epochs(other)) > seen)
    assert len(store.load_epochs(doomed)) >= 1  # what was finished is kept
    again = start(queue, run.config)
    wait(store, again, lambda run: bool(store.load_epochs(again)))
    for run_id in (other, again):
        store.request_stop(run_id)
        wait(store, run_id, lambda run: not run.is_active)


def test_a_queued_run_stops_at_once_while_all_workers_are_busy(queue: JobQueue) -> None:
    store = queue.store
    workers = len(queue.connect().scheduler_info()["workers"])
    busy = [start(queue, LONG) for _ in range(workers)]
    for run_id in busy:
        wait(store, run_id, lambda run, run_id=run_id: bool(store.load_epochs(run_id)))
    queued = start(queue, LONG)
    store.request_stop(queued)
    assert wait(store, queued, lambda run: not run.is_active).status == "stopped"
    assert [store.get_run(run_id).status for run_id in busy] == ["running"] * workers
    for run_id in busy:
        store.request_stop(run_id)
        wait(store, run_id, lambda run: not run.is_active)


def test_a_step_that_takes_long_is_cut_off_by_a_stop(queue: JobQueue) -> None:
    """One batch of this network holds the worker for many seconds."""
    store = queue.store
    spec = preset("VGG-16", input_shape=(3, 32, 32), classes=5)
    run_id = store.create_run("class", spec, TrainConfig(dataset="shapes", batch_size=1000, device="cpu"))
    queue.submit_run(run_id)
    wait(store, run_id, lambda run: run.status == "running")
    store.request_stop(run_id)
    assert wait(store, run_id, lambda run: not run.is_active).status == "stopped"
    assert store.load_steps(run_id) == ()
    again = wait(store, start(queue, TrainConfig(epochs=1)), lambda run: not run.is_active)
    assert again.status == "finished"


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    monkeypatch.setattr(cluster, "CONNECT_WITHIN_S", 0.1)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    run = store.get_run(start(JobQueue(store), LONG))
    assert run.status == "failed"
    assert run.message.startswith("No Dask scheduler answers at tcp://127.0.0.1:9")


def test_an_app_that_ends_takes_its_workers_along_and_says_so_of_their_runs(tmp_path: Path) -> None:
    """In a process of its own, which ends while its run goes on."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, LONG)
    pid_file = tmp_path / "worker.pid"
    script = tmp_path / "app.py"
    script.write_text(f"""
import os, time
from pathlib import Path
from cnn_core.runs import JobQueue, RunStore
if __name__ == "__main__":
    store = RunStore({store.url!r}, Path({str(tmp_path)!r}))
    queue = JobQueue(store)
    queue.submit_run({run_id!r})
    while not store.load_epochs({run_id!r}):
        time.sleep(0.05)
    pids = queue.connect().run(os.getpid)
    Path({str(pid_file)!r}).write_text(" ".join(map(str, pids.values())))
""")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, script], env=environment, cwd=ROOT, check=True, timeout=120)
    assert (store.get_run(run_id).status, store.get_run(run_id).message) == ("interrupted", INTERRUPTED_MESSAGE)
    assert store.checkpoint_epochs(run_id)
    for pid in map(int, pid_file.read_text().split()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_the_learning_rate_is_changed_and_epochs_are_added_while_it_runs(queue: JobQueue) -> None:
    store = queue.store
    run_id = start(queue, LONG)
    wait(store, run_id, lambda run: bool(store.load_epochs(run_id)))
    store.change_orders(run_id, learning_rate=0.123)
    wait(store, run_id, lambda run: store.load_steps(run_id)[-1].learning_rate == 0.123)
    done = len(store.load_epochs(run_id))
    queue.resume_run(run_id, epochs=done + 30)
    run = wait(store, run_id, lambda run: not run.is_active)
    assert (run.status, len(store.load_epochs(run_id)), run.epochs) == ("finished", done + 30, done + 30)


def test_a_finished_run_is_extended_and_equals_the_longer_run(queue: JobQueue) -> None:
    store = queue.store
    run_id = start(queue, TrainConfig(epochs=2))
    wait(store, run_id, lambda run: not run.is_active)
    with pytest.raises(ValueError, match="Epochs is 2: the run has 2 behind it"):
        queue.resume_run(run_id)
    queue.resume_run(run_id, epochs=4)
    wait(store, run_id, lambda run: not run.is_active)
    whole = start(queue, TrainConfig(epochs=4))
    wait(store, whole, lambda run: not run.is_active)
    assert curve(store, run_id) == curve(store, whole)
    assert store.get_run(run_id).test_loss == store.get_run(whole).test_loss
    assert [s.step for s in store.load_steps(run_id)] == [s.step for s in store.load_steps(whole)]


def test_a_killed_run_goes_on_from_its_last_epoch_as_if_nothing_had_been(queue: JobQueue) -> None:
    store = queue.store
    config = TrainConfig(epochs=25, patience=30)
    run_id = start(queue, config)
    wait(store, run_id, lambda run: len(store.load_epochs(run_id)) >= 2)
    client = queue.connect()
    address = next(a for a, keys in client.processing().items() if any(run_id in key for key in keys))
    os.kill(client.run(os.getpid, workers=[address])[address], signal.SIGKILL)
    run = wait(store, run_id, lambda run: not run.is_active, seconds=20)
    assert (run.status, run.message) == ("failed", worker.KILLED_MESSAGE)
    assert store.can_resume(run_id)
    queue.resume_run(run_id)
    run = wait(store, run_id, lambda run: not run.is_active)
    assert (run.status, run.message) == ("finished", "")
    whole = start(queue, config)
    wait(store, whole, lambda run: not run.is_active)
    assert curve(store, run_id) == curve(store, whole)
    assert store.get_run(run_id).confusion == store.get_run(whole).confusion
    assert store.get_run(run_id).tested_epoch == min(store.load_epochs(whole), key=lambda e: e.val_loss).epoch


def test_a_fork_begins_with_its_parents_weights(queue: JobQueue) -> None:
    store = queue.store
    parent = start(queue, TrainConfig(epochs=3))
    wait(store, parent, lambda run: not run.is_active)
    child = queue.fork_run(parent, 2, TrainConfig(epochs=1, learning_rate=0.0001), "class")
    run = wait(store, child, lambda run: not run.is_active)
    assert (run.status, run.parent, run.parent_epoch) == ("finished", parent, 2)
    for name, array in store.load_weights(parent, 2).items():
        np.testing.assert_array_equal(store.load_weights(child, 0)[name], array)
    assert store.load_epochs(child)[0].val_loss < 1.2 * store.load_epochs(parent)[1].val_loss
    with pytest.raises(ValueError, match="Epoch is 9"):
        queue.fork_run(parent, 9, TrainConfig(), "class")


def test_workspaces_take_turns_and_everybody_sees_the_place_in_line(queue: JobQueue) -> None:
    store = queue.store
    slots = sum(queue.connect().nthreads().values())
    busy = [start(queue, LONG, "first") for _ in range(slots)]
    for run_id in busy:
        wait(store, run_id, lambda run, run_id=run_id: bool(store.load_epochs(run_id)))
    more = [start(queue, LONG, "first") for _ in range(2)]
    other = start(queue, TrainConfig(epochs=1), "second")
    places = {run_id: queue.queue_position(run_id) for run_id in [*more, other]}
    assert [places[run_id][0] for run_id in [other, *more]] == [1, 2, 3]
    assert places[other][1] is not None
    assert places[other][1] > 0
    assert queue.queue_position(busy[0]) is None
    stop(store, busy[0])
    assert wait(store, other, lambda run: not run.is_active).status == "finished"
    stop(store, *more, *busy[1:])


def test_a_workspace_cannot_queue_without_end(idle_queue: JobQueue) -> None:
    for _ in range(MAX_WORKSPACE_RUNS):
        start(idle_queue, LONG, "greedy")
    idle_queue.check_run_limit("modest", MAX_WORKSPACE_RUNS)
    with pytest.raises(ValueError, match=f"You have {MAX_WORKSPACE_RUNS} runs waiting or in progress; 1 more"):
        idle_queue.check_run_limit("greedy")


def test_an_experiment_past_the_limit_is_refused_as_a_whole(idle_queue: JobQueue) -> None:
    experiment = plan_factor_runs(SPEC, TrainConfig(), "learning_rate", [0.1, 0.2, 0.3, 0.4, 0.5], range(5))
    assert len(idle_queue.start_runs(experiment, "greedy", parent="base")) == 25
    with pytest.raises(ValueError, match="You have 25 runs waiting or in progress; 25 more would exceed the limit"):
        idle_queue.start_runs(experiment, "greedy")
    stored = idle_queue.store.list_runs("greedy")
    assert len(stored) == 25
    assert len({run.batch for run in stored}) == 1
    assert {run.parent for run in stored} == {"base"}
    assert [run.name for run in stored[::-1]] == [one.name for one in experiment]


def test_runs_that_cannot_be_trained_are_refused_as_a_whole(
    idle_queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, large = Planned("", SPEC, TrainConfig()), Planned("", SPEC, TrainConfig(pretrained="frozen"))
    with pytest.raises(ValueError, match="Pretrained weights"):
        idle_queue.start_runs([small, large], "hopeful")
    monkeypatch.setattr("cnn_core.runs.memory_check.free_mb", lambda: 100.0)
    with pytest.raises(ValueError, match=r"This run needs about .* GB of memory"):
        idle_queue.start_runs([small], "hopeful")
    assert idle_queue.store.list_runs("hopeful") == ()


def test_a_round_over_many_runs_is_one_statement(idle_queue: JobQueue) -> None:
    for _ in range(MAX_WORKSPACE_RUNS):
        start(idle_queue, LONG)
    idle_queue.look_after_runs()  # sends a heartbeat for all of them
    with count_statements() as statements:
        idle_queue.look_after_runs()
    assert [statement.split()[0] for statement in statements] == ["SELECT"]


def test_all_waiting_runs_send_one_heartbeat(idle_queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    run_ids = [start(idle_queue, LONG) for _ in range(3)]
    idle_queue.look_after_runs()
    monkeypatch.setattr(jobs, "HEARTBEAT_S", 0.0)
    now = time.time
    monkeypatch.setattr("cnn_core.runs.table.time.time", lambda: now() + LOST_AFTER_S)
    with count_statements() as statements:
        idle_queue.look_after_runs()
    assert [statement.split()[0] for statement in statements] == ["SELECT", "UPDATE"]
    monkeypatch.setattr("cnn_core.runs.schema.time.time", lambda: now() + LOST_AFTER_S + 5)
    assert [idle_queue.store.get_run(run_id).status for run_id in run_ids] == ["queued"] * 3


def test_the_scheduler_is_never_asked_while_pages_wait(idle_queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock that `queue_position` needs is free while the number of workers comes over the network."""
    client = idle_queue.connect()
    ask, locked = client.nthreads, []
    monkeypatch.setattr(client, "nthreads", lambda: (locked.append(idle_queue._lock.locked()), ask())[1])
    start(idle_queue, LONG)
    idle_queue.look_after_runs()
    assert locked
    assert not any(locked)


def test_deleted_runs_are_purged_once_an_hour(idle_queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    store = idle_queue.store

    def delete_long_ago() -> str:
        run_id = store.create_run("class", SPEC, LONG)
        store.append_events(run_id, Finished("stopped", 0, None, None, 0.0))
        with monkeypatch.context() as past:
            past.setattr("cnn_core.runs.table.time.time", lambda: 1e9)
            store.delete_run(run_id)
        return run_id

    first = delete_long_ago()
    idle_queue.look_after_runs()
    with pytest.raises(ValueError, match="There is no run"):
        store.restore_run(first)
    second = delete_long_ago()
    idle_queue.look_after_runs()
    store.restore_run(second)
    store.delete_run(second)
    monkeypatch.setattr(jobs, "PURGE_EVERY_S", 0.0)
    third = delete_long_ago()
    idle_queue.look_after_runs()
    with pytest.raises(ValueError, match="There is no run"):
        store.restore_run(third)
    store.restore_run(second)


def test_an_app_that_is_killed_leaves_its_runs_interrupted_and_they_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    run_id = store.create_run("class", SPEC, LONG)
    script = tmp_path / "app.py"
    script.write_text(f"""
import time
from pathlib import Path
from cnn_core.runs import JobQueue, RunStore
if __name__ == "__main__":
    JobQueue(RunStore({store.url!r}, Path({str(tmp_path)!r}))).submit_run({run_id!r})
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
    queue = JobQueue(store)
    queue.resume_run(run_id, epochs=seen + 2)
    run = wait(store, run_id, lambda run: not run.is_active)
    queue.close()
    assert run.status == "finished"
    assert [epoch.epoch for epoch in store.load_epochs(run_id)] == list(range(1, seen + 3))

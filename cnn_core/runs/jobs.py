"""Runs as jobs outside the app: an embedded Dask cluster, or the one whose scheduler DASK_SCHEDULER_ADDRESS names.

The worker writes every event to the store itself, so a closed page or a reload loses nothing. Runs wait here, in the
app, and are handed to Dask when a worker is free: so workspaces can take turns.
"""

import atexit
import logging
import os
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from cnn_core.hardware import cpu_cores, detect_device
from cnn_core.runs.database import StoreUnavailableError
from cnn_core.runs.store import Run, RunStore
from cnn_core.runs.turns import MAX_WORKSPACE_RUNS, fair_order, waiting_time
from cnn_core.runs.worker import ENDED_STATUSES, KILLED_MESSAGE, STOP_GRACE_S, run_job, warm_up_worker
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import Failed, Finished

CONNECT_WITHIN_S = 10.0
WATCH_EVERY_S = 0.1
GPU_SLOTS = 4
"""Runs that share a GPU as threads of one process: each process would take memory for a context of its own."""
UNREACHABLE_MESSAGE = (
    "No Dask scheduler answers at {address}: start it, or ask who runs this app. Then start the run again."
)

log = logging.getLogger(__name__)
_lock = threading.RLock()
_connecting = threading.Lock()
_client: Any = None


@dataclass
class _Job:
    """A run that this process looks after: waiting without a `future`, else handed to Dask."""

    store: RunStore
    run_id: str
    workspace: str
    future: Any = None
    heartbeat_at: float = 0.0


_jobs: dict[str, _Job] = {}


def check_run_limit(workspace: str, count: int = 1) -> None:
    """Raises ValueError when `count` more runs would be too many for this workspace."""
    with _lock:
        now = sum(job.workspace == workspace for job in _jobs.values())
    if now + count > MAX_WORKSPACE_RUNS:
        raise ValueError(
            f"{now} of your runs are waiting or going on, and at most {MAX_WORKSPACE_RUNS} may be: wait for some to "
            "end, or stop them."
        )


def warm_up_cluster() -> None:
    """Start the cluster, and let its workers take a first step: the first run then begins at once.

    Returns immediately; nothing happens the second time, and a scheduler that does not answer is told at `submit`.
    """
    threading.Thread(target=_run_warm_up, daemon=True).start()


def _run_warm_up() -> None:
    try:
        if _client is None:
            _connect_client().run(warm_up_worker)
    except OSError:
        log.warning("no scheduler")


def submit_run(store: RunStore, run_id: str) -> None:
    """Queue the run: it starts when it is its turn. Starts the embedded cluster if there is none yet."""
    try:
        _connect_client()
    except OSError:
        log.exception("no scheduler")
        store.append_events(
            run_id, Failed(UNREACHABLE_MESSAGE.format(address=os.environ.get("DASK_SCHEDULER_ADDRESS")), 0)
        )
        return
    with _lock:
        _jobs[run_id] = _Job(store, run_id, store.get_run(run_id).workspace)
    _hand_out_runs()


def resume_run(store: RunStore, run_id: str, epochs: int | None = None) -> None:
    """Let a run that has ended go on from its last checkpoint, up to `epochs` epochs in all.

    Raises ValueError when it goes on already, or has nothing left to do.
    """
    run = store.get_run(run_id)
    done = len(store.load_epochs(run_id))
    wanted = epochs or run.epochs
    if epochs is not None:
        TrainConfig(epochs=epochs)  # says what is wrong with the number
    if wanted <= done and (run.is_active or run.status == "finished"):
        raise ValueError(f"epochs is {wanted}: the run has {done} behind it; choose more.")
    if epochs is not None:
        store.change_orders(run_id, epochs=epochs)
    if not run.is_active:
        check_run_limit(run.workspace)
        store.rewind_run(run_id)
        submit_run(store, run_id)
    elif epochs is None:
        raise ValueError("The run is going on already.")


def fork_run(store: RunStore, run_id: str, epoch: int, config: TrainConfig, workspace: str) -> str:
    """A new run of the same network that begins with the weights after `epoch` of this one; returns its id.

    Raises ValueError when there are no such weights.
    """
    parent = store.get_run(run_id)
    store.load_weights(run_id, epoch)
    check_run_limit(workspace)
    new = store.create_run(workspace, parent.spec, config, parent=run_id, parent_epoch=epoch)
    submit_run(store, new)
    return new


def queue_position(run_id: str) -> tuple[int, float | None] | None:
    """The run's place in line, from 1, and the seconds until its turn; None when it does not wait here.

    The time is None as long as nobody knows how long the others take.
    """
    with _lock:
        waiting, running = _split_jobs()
        job = _jobs.get(run_id)
        if job is None or job.future is not None:
            return None
        order = fair_order([waits.workspace for waits in waiting], Counter(runs.workspace for runs in running))
        number = order.index(waiting.index(job)) + 1
        slots = _count_slots()
    times = [_run_durations(other.store, other.store.get_run(other.run_id)) for other in running]
    if not times or any(known is None for known in times):
        return number, None
    known = [pair for pair in times if pair is not None]
    typical = sum(whole for whole, _ in known) / len(known)
    return number, waiting_time(number, [left for _, left in known], typical, slots)


def _run_durations(store: RunStore, run: Run) -> tuple[float, float] | None:
    """Seconds the whole run takes, and what is left of them; None before its first epoch is over."""
    epochs = store.load_epochs(run.id)
    if not epochs:
        return None
    each = epochs[-1].seconds / epochs[-1].epoch
    return each * run.epochs, each * max(0, run.epochs - epochs[-1].epoch)


def _split_jobs() -> tuple[list[_Job], list[_Job]]:
    """Those that wait, the longest-waiting first, and those handed out."""
    waiting = [job for job in _jobs.values() if job.future is None]
    return waiting, [job for job in _jobs.values() if job.future is not None]


def _count_slots() -> int:
    """How many runs can go on at once."""
    return max(1, sum(_client.nthreads().values())) if _client is not None else 1


def _hand_out_runs() -> None:
    """Give waiting runs to Dask while there are free workers, workspace by workspace."""
    with _lock:
        waiting, running = _split_jobs()
        free = _count_slots() - len(running) if waiting else 0
        order = fair_order([job.workspace for job in waiting], Counter(job.workspace for job in running))
        for number in order[: max(0, free)]:
            job = waiting[number]
            # a key of its own each time: Dask answers a known key with the result it has, and would not run it again
            key = f"run-{job.run_id}-{secrets.token_hex(4)}"
            job.future = _client.submit(run_job, job.store.url, str(job.store.folder), job.run_id, key=key, pure=False)


def _connect_client() -> Any:
    """The client of this process, made at the first call."""
    global _client
    with _connecting:
        if _client is None:
            _client = _make_client()
            threading.Thread(target=_watch_jobs, daemon=True).start()
        return _client


def _make_client() -> Any:
    import dask
    from distributed import Client, LocalCluster

    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    # A killed worker must fail its run visibly; Dask's default is to run it again, unseen, from the start.
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    if address:
        return Client(address, timeout=CONNECT_WITHIN_S, set_as_default=False)  # type: ignore[no-untyped-call]
    workers, slots = _worker_counts()
    threads = str(max(1, cpu_cores() // workers))
    dask.config.set({"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}})
    cluster = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=slots,
        processes=True,
        dashboard_address=None,
        # Without a dashboard Dask still opens its usual port for figures of health; any free one will do.
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        memory_limit=0,
        silence_logs=40,
    )
    client = Client(cluster, set_as_default=False)  # type: ignore[no-untyped-call]
    atexit.register(_close_cluster, client, cluster)
    return client


def _worker_counts() -> tuple[int, int]:
    """Worker processes and job slots in each: one process for a GPU, else one slot a process."""
    if detect_device().kind == "cuda":
        return 1, GPU_SLOTS
    return min(4, max(2, cpu_cores() // 2)), 1


def _close_cluster(client: Any, cluster: Any) -> None:
    """End the embedded cluster with the app: runs are asked to stop first, so that no worker has to be waited for."""
    with _lock:
        jobs = list(_jobs.values())
        _jobs.clear()
    cut_off = [(job.store, job.run_id) for job in jobs if job.store.get_run(job.run_id).is_active]
    for store, run_id in cut_off:
        store.request_stop(run_id)
    deadline = time.monotonic() + 2 * STOP_GRACE_S
    while time.monotonic() < deadline and any(store.get_run(r).status in ("running", "paused") for store, r in cut_off):
        time.sleep(0.05)
    for store, run_id in cut_off:
        store.mark_interrupted(run_id)
    client.close(timeout=2)
    cluster.close(timeout=5)


def _watch_jobs() -> None:
    """Hand out what waits, keep it known as alive, stop what nobody waits for, and mark the runs of killed workers."""
    while True:
        time.sleep(WATCH_EVERY_S)
        with _lock:
            jobs = list(_jobs.values())
        for job in jobs:
            try:
                settled = _finish_if_ended(job)
            except ValueError:  # it had ended, and was deleted since
                settled = True
            except StoreUnavailableError:
                continue  # a database that is away for a moment must not end the watch
            if settled:
                with _lock:
                    _jobs.pop(job.run_id, None)
        try:
            _hand_out_runs()
        except Exception:  # whatever a scheduler that went away raises: the next round tries again
            log.exception("handing out runs")


def _finish_if_ended(job: _Job) -> bool:
    """Whether the job has ended; one that ended without a last event is marked as failed."""
    store, run = job.store, job.store.get_run(job.run_id)
    ended = run.status in ENDED_STATUSES
    pending = job.future is None or job.future.status == "pending"
    if pending and run.status == "queued" and run.stop_requested:
        if job.future is not None:
            job.future.cancel()
        store.append_events(job.run_id, Finished("stopped", len(store.load_epochs(job.run_id)), None, None, 0.0))
        return True
    if pending:
        if not ended and not run.device and time.monotonic() - job.heartbeat_at > 1:
            job.heartbeat_at = time.monotonic()  # nobody works on it yet, but it is not lost
            store.record_heartbeat(job.run_id)
        return ended
    if job.future.status != "finished" and not ended:
        store.append_events(job.run_id, Failed(KILLED_MESSAGE, 0))
    return True

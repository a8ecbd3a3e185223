"""Runs as jobs outside the app: an embedded Dask cluster, or the one whose scheduler DASK_SCHEDULER_ADDRESS names.

The worker writes every event to the store itself, so a closed page or a reload loses nothing.
"""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cnn_core.device import cpu_cores
from cnn_core.training.events import Event, Failed, Finished, StepDone
from cnn_core.training.store import RunStore

ENDED = ("finished", "stopped", "failed")
WRITE_EVERY_S = 0.2
CONNECT_WITHIN_S = 10.0
HEARTBEAT_S = 2.0
# A stop takes effect between two steps; a step longer than this is cut off together with its process.
STOP_GRACE_S = 0.7
KILLED = (
    "The worker process was killed, perhaps because memory ran out: start the run again, with a smaller batch size."
)
UNREACHABLE = "No Dask scheduler answers at {address}: start it, or ask who runs this app. Then start the run again."
CRASHED = "Something unexpected went wrong ({kind}); details are in the server's log. Start the run again."

log = logging.getLogger(__name__)
_lock = threading.Lock()
_client: Any = None
_waiting: dict[str, tuple[RunStore, Any]] = {}


def submit(store: RunStore, run_id: str) -> None:
    """Queue the run: it starts as soon as a worker is free. Starts the embedded cluster if there is none yet."""
    try:
        client = _connect()
    except OSError:
        log.exception("no scheduler")
        store.append(run_id, Failed(UNREACHABLE.format(address=os.environ.get("DASK_SCHEDULER_ADDRESS")), 0))
        return
    future = client.submit(run_job, store.url, str(store.folder), run_id, key=f"run-{run_id}", pure=False)
    with _lock:
        _waiting[run_id] = (store, future)


def run_job(url: str, folder: str, run_id: str) -> None:
    """What a worker does: train the run and write down what happens. Never raises for what goes wrong in training."""
    store = RunStore(url, Path(folder))
    run = store.get(run_id)
    if run.device or run.status in ENDED:  # a scheduler with settings of its own hands out a lost job again
        if run.alive:
            store.append(run_id, Failed(KILLED, 0))
        return
    try:
        with _alive(store, run_id):
            _record(store, run_id, _events(store, run_id))
    except ValueError as error:
        store.append(run_id, Failed(_sentence(str(error)), 0))
    except Exception as error:
        log.exception("run %s", run_id)
        store.append(run_id, Failed(CRASHED.format(kind=type(error).__name__), 0))


def _events(store: RunStore, run_id: str) -> Iterator[Event]:
    from cnn_core.datasets import load
    from cnn_core.training.loop import train

    if store.stop_requested(run_id):
        return iter([Finished("stopped", 0, None, None, 0.0)])
    run = store.get(run_id)
    return train(run.spec, load(run.config.dataset), run.config, should_stop=_stop_check(store, run_id))


def _record(store: RunStore, run_id: str, events: Iterator[Event]) -> None:
    """Write events in small batches: a transaction for every step would take longer than the step."""
    batch: list[Event] = []
    written = time.monotonic()
    for event in events:
        batch.append(event)
        if not isinstance(event, StepDone) or time.monotonic() - written > WRITE_EVERY_S:
            store.append(run_id, *batch)
            batch, written = [], time.monotonic()
    store.append(run_id, *batch)


def _stop_check(store: RunStore, run_id: str) -> Callable[[], bool]:
    """Asks the store whether to stop, at most every WRITE_EVERY_S seconds; once yes, always yes."""
    asked, answer = 0.0, False

    def should_stop() -> bool:
        nonlocal asked, answer
        if not answer and time.monotonic() - asked > WRITE_EVERY_S:
            asked, answer = time.monotonic(), store.stop_requested(run_id)
        return answer

    return should_stop


@contextmanager
def _alive(store: RunStore, run_id: str) -> Iterator[None]:
    """Tell the store that the run is being worked on, also within a long step, and see that a stop is not put off."""
    done = threading.Event()
    started, own_process = time.monotonic(), _own_process()

    def beat() -> None:
        heard = started
        while not done.wait(WRITE_EVERY_S):
            if own_process and store.stop_requested(run_id) and not done.wait(STOP_GRACE_S):
                epochs = len(store.epochs(run_id))
                store.append(run_id, Finished("stopped", epochs, None, None, time.monotonic() - started))
                os._exit(0)  # nothing gentler ends a step; the nanny starts a fresh worker
            if time.monotonic() - heard > HEARTBEAT_S:
                heard = time.monotonic()
                store.heard(run_id)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _own_process() -> bool:
    """Whether this code runs in a worker process that does nothing but this one job."""
    from distributed import get_worker

    try:
        return bool(get_worker().state.nthreads == 1)
    except ValueError:
        return False


def _connect() -> Any:
    """The client of this process, made at the first call."""
    global _client
    with _lock:
        if _client is None:
            _client = _make_client()
            threading.Thread(target=_watch, daemon=True).start()
        return _client


def _make_client() -> Any:
    import dask
    from distributed import Client, LocalCluster

    address = os.environ.get("DASK_SCHEDULER_ADDRESS")
    # A killed worker must fail its run visibly; Dask's default is to run it again, unseen, from the start.
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    if address:
        return Client(address, timeout=CONNECT_WITHIN_S, set_as_default=False)  # type: ignore[no-untyped-call]
    cores = cpu_cores()
    workers = min(4, max(2, cores // 2))
    threads = str(max(1, cores // workers))
    dask.config.set({"distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}})
    cluster = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        # Without a dashboard Dask still opens its usual port for figures of health; any free one will do.
        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        memory_limit=0,
        silence_logs=40,
    )
    client = Client(cluster, set_as_default=False)  # type: ignore[no-untyped-call]
    atexit.register(_close, client, cluster)
    return client


def _close(client: Any, cluster: Any) -> None:
    """End the embedded cluster with the app: runs are asked to stop first, so that no worker has to be waited for."""
    with _lock:
        waiting = dict(_waiting)
        _waiting.clear()
    cut_off = [(store, run_id) for run_id, (store, _) in waiting.items() if store.get(run_id).alive]
    for store, run_id in cut_off:
        store.request_stop(run_id)
    deadline = time.monotonic() + 2 * STOP_GRACE_S
    while time.monotonic() < deadline and any(store.get(run_id).status == "running" for store, run_id in cut_off):
        time.sleep(0.05)
    for store, run_id in cut_off:
        store.interrupt(run_id)
    client.close(timeout=2)
    cluster.close(timeout=5)


def _watch() -> None:
    """Keep queued runs known as alive, stop those nobody waits for, and mark the run of a killed worker as failed."""
    while True:
        time.sleep(0.3)
        with _lock:
            waiting = dict(_waiting)
        for run_id, (store, future) in waiting.items():
            try:
                if _settled(store, run_id, future):
                    with _lock:
                        del _waiting[run_id]
            except ValueError:  # it had ended, and was deleted since
                with _lock:
                    del _waiting[run_id]
            except Exception:  # a database that is away for a moment must not end the watch
                log.exception("watching run %s", run_id)


def _settled(store: RunStore, run_id: str, future: Any) -> bool:
    """Whether the job has ended; one that ended without a last event is marked as failed."""
    run = store.get(run_id)
    ended = run.status in ENDED
    if future.status == "pending":
        if run.status == "queued" and run.stop_requested:
            future.cancel()
            store.append(run_id, Finished("stopped", 0, None, None, 0.0))
            return True
        if not ended and not run.device:  # nobody works on it yet, but it is not lost
            store.heard(run_id)
        return ended
    if future.status != "finished" and not ended:
        store.append(run_id, Failed(KILLED, 0))
    return True


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]

"""The work of a worker process: train a run, store its events, and carry out the orders that come meanwhile."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cnn_core.runs.database import StoreUnavailableError
from cnn_core.runs.schema import ENDED_STATUSES
from cnn_core.runs.store import RunStore
from cnn_core.training.events import Event, Failed, Finished, StepDone
from cnn_core.training.orders import Orders

WRITE_EVERY_S = 0.2
"""Seconds between two writes of steps, and between two looks at the orders: what the screen shows feels immediate."""
HEARTBEAT_S = 2.0
"""Seconds between two heartbeats, a tenth of the time after which a run counts as lost."""
STOP_GRACE_S = 0.7
"""A stop takes effect between two steps; a step longer than this is cut off together with its process."""
MAX_OUTAGE_S = 300.0
"""A database that is away for longer than this ends the run; until then events are kept and written later."""
KILLED_MESSAGE = (
    "The worker process was killed, perhaps because memory ran out: let the run go on from its last epoch, or start it "
    "again with a smaller batch size."
)
CRASHED_MESSAGE = "Something unexpected went wrong ({kind}); details are in the server's log. Start the run again."
DISK_FULL_MESSAGE = (
    "The disk is full: nothing more could be stored. Delete old runs or make room, then let the run go on."
)

log = logging.getLogger(__name__)


def run_job(url: str, folder: str, run_id: str) -> None:
    """Train the run and store its events; runs in a worker process. Errors of the training become a last event."""
    store = RunStore(url, Path(folder))
    run = store.get_run(run_id)
    if run.device or run.status in ENDED_STATUSES:  # a scheduler with other settings hands out a lost job again
        if run.is_active:
            store.append_events(run_id, Failed(KILLED_MESSAGE, 0))
        return
    try:
        with _keep_alive(store, run_id):
            record_events(store, run_id, _training_events(store, run_id))
    except ValueError as error:
        store.append_events(run_id, Failed(str(error), 0))
    except Exception as error:
        log.exception("run %s", run_id)
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        store.append_events(
            run_id, Failed(DISK_FULL_MESSAGE if full else CRASHED_MESSAGE.format(kind=type(error).__name__), 0)
        )


def warm_up_worker() -> None:
    """Import the libraries for training and train briefly, so that the first run of this process waits for neither."""
    from cnn_core.datasets import load
    from cnn_core.networks import preset
    from cnn_core.training.config import TrainConfig
    from cnn_core.training.loop import train

    data = load("digits")
    spec = preset("Tiny CNN", input_shape=data.input_shape, classes=len(data.class_names))
    list(train(spec, data, TrainConfig(epochs=1, train_images=64)))


def _training_events(store: RunStore, run_id: str) -> Iterator[Event]:
    from cnn_core.datasets import load
    from cnn_core.training.loop import train

    if store.load_orders(run_id).stop:
        return iter([Finished.stopped(0, 0.0)])
    run = store.get_run(run_id)
    orders = make_orders_source(store, run_id)
    return train(run.spec, load(run.config.dataset), run.config, orders=orders, start=store.load_start(run_id))


def record_events(store: RunStore, run_id: str, events: Iterator[Event]) -> None:
    """Store the events in small batches: a transaction for every step would take longer than the step.

    While the database does not answer, training continues and its events are kept. Raises StoreUnavailableError when
    that lasts longer than MAX_OUTAGE_S.
    """
    batch: list[Event] = []
    written = time.monotonic()
    for event in events:
        batch.append(event)
        if isinstance(event, StepDone) and time.monotonic() - written <= WRITE_EVERY_S:
            continue
        try:
            store.append_events(run_id, *batch)
            batch, written = [], time.monotonic()
        except StoreUnavailableError:
            if time.monotonic() - written > MAX_OUTAGE_S:
                raise
    store.append_events(run_id, *batch)


def make_orders_source(store: RunStore, run_id: str) -> Callable[[], Orders]:
    """Return a function that returns the latest orders, read at most every WRITE_EVERY_S seconds until a stop comes."""
    asked, answer = 0.0, Orders()

    def latest_orders() -> Orders:
        nonlocal asked, answer
        if not answer.stop and time.monotonic() - asked > WRITE_EVERY_S:
            asked = time.monotonic()
            try:
                answer = store.load_orders(run_id)
            except StoreUnavailableError:
                log.warning("run %s: the database does not answer", run_id)
        return answer

    return latest_orders


@contextmanager
def _keep_alive(store: RunStore, run_id: str) -> Iterator[None]:
    """Send heartbeats to the store, even within a long step, and end the process when a step puts off a stop."""
    done = threading.Event()
    started, own_process = time.monotonic(), _has_own_process()

    def send_heartbeats() -> None:
        heard = started
        while not done.wait(WRITE_EVERY_S):
            try:
                if own_process and store.load_orders(run_id).stop and not done.wait(STOP_GRACE_S):
                    epochs = len(store.load_epochs(run_id))
                    store.append_events(run_id, Finished.stopped(epochs, time.monotonic() - started))
                    os._exit(0)  # nothing gentler ends a step; the nanny starts a fresh worker
                if time.monotonic() - heard > HEARTBEAT_S:
                    heard = time.monotonic()
                    store.record_heartbeat(run_id)
            except StoreUnavailableError:
                continue  # the next beat tries again

    thread = threading.Thread(target=send_heartbeats, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _has_own_process() -> bool:
    """Tell whether this code runs in a worker process that does nothing but this one job."""
    from distributed import get_worker

    try:
        return bool(get_worker().state.nthreads == 1)
    except ValueError:
        return False

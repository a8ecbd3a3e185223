"""What the tests of the job queue share: starting runs, and waiting for what becomes of them."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from cnn_core.networks import preset
from cnn_core.runs import JobQueue, Run, RunStore
from cnn_core.training import TrainConfig

SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
LONG = TrainConfig(epochs=1000)


def start(queue: JobQueue, config: TrainConfig, workspace: str = "class") -> str:
    """Queue a run of SPEC and return its id."""
    run_id = queue.store.create_run(workspace, SPEC, config)
    queue.submit_run(run_id)
    return run_id


def wait(store: RunStore, run_id: str, until: Callable[[Run], bool], seconds: float = 90) -> Run:
    """Return the run as soon as `until` holds for it; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not until(run := store.get_run(run_id)):
        assert time.monotonic() < deadline, f"still {run.status}: {run.message}"
        time.sleep(0.02)
    return run


def stop(store: RunStore, *run_ids: str) -> None:
    """Stop the runs and wait until they have stopped."""
    for run_id in run_ids:
        store.request_stop(run_id)
        wait(store, run_id, lambda run: not run.is_active)


def worker_of(queue: JobQueue, run_id: str) -> int:
    """Return the process that trains the run."""
    client = queue.connect()
    address = next(a for a, keys in client.processing().items() if any(run_id in key for key in keys))
    return client.run(os.getpid, workers=[address])[address]


def curve(store: RunStore, run_id: str) -> list[tuple[float, ...]]:
    """Return the figures of each finished epoch."""
    return [(e.epoch, e.train_loss, e.val_loss, e.val_accuracy) for e in store.load_epochs(run_id)]


@contextmanager
def count_statements() -> Iterator[list[str]]:
    """Collect the SQL statements that this thread executes."""
    statements: list[str] = []
    thread = threading.get_ident()

    def collect(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == thread:
            statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", collect)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", collect)

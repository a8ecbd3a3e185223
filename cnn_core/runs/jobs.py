"""Runs as jobs outside the app, in worker processes that Dask looks after.

The worker writes every event to the store itself, so a closed browser or a reload loses nothing. Runs wait here, in the
app, and are handed to Dask when a worker is free: so workspaces can take turns.
"""

import atexit
import logging
import math
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cnn_core import datasets
from cnn_core.datasets import Dataset
from cnn_core.runs.cluster import connect_to_dask
from cnn_core.runs.database import StoreUnavailableError
from cnn_core.runs.planned import Planned, check_planned
from cnn_core.runs.schema import ENDED_STATUSES, RunState
from cnn_core.runs.store import RunStore
from cnn_core.runs.turns import MAX_WORKSPACE_RUNS, fair_order, waiting_time
from cnn_core.runs.worker import KILLED_MESSAGE, STOP_GRACE_S, run_job, warm_up_worker
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import Failed, Finished

WATCH_EVERY_S = 0.5
"""Seconds between two looks at the runs: soon enough for a stop; a run that ends wakes the watch at once."""
HEARTBEAT_S = 2.0
"""Seconds between two heartbeats of waiting runs, a tenth of the time after which a run counts as lost."""
PURGE_EVERY_S = 3600.0
"""Seconds between two purges of deleted runs, which are kept for a day."""
UNREACHABLE_MESSAGE = (
    "No Dask scheduler answers at {address}: start it, or ask who runs this app. Then start the run again."
)

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Job:
    """A run in the queue: it waits while `future` is None, else it was handed to Dask."""

    run_id: str
    workspace: str
    future: Any = None


class JobQueue:
    """The runs of one store that wait for a worker or are being trained.

    `connect` returns the Dask client; it is called once, for the first run. An app makes one queue and keeps it: the
    runs of an embedded cluster end with the process, or with `close`.

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> queue = JobQueue(RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder))
    >>> queue.check_run_limit("class", count=25)  # would raise ValueError if 25 more runs were too many
    >>> queue.queue_position("unknown") is None
    True
    """

    def __init__(self, store: RunStore, connect: Callable[[], Any] = connect_to_dask) -> None:
        self.store = store
        self._connect = connect
        self._client: Any = None
        self._connecting = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._slots = 1
        self._wake = threading.Event()
        self._closed = False
        self._warming_up = False
        self._heartbeat_at = -math.inf
        self._purged_at = -math.inf

    def connect(self) -> Any:
        """Return the Dask client, connected at the first call. Raises OSError when no scheduler answers."""
        with self._connecting:
            if self._client is None:
                self._client = self._connect()
                self._count_slots()
                if self._client.cluster is not None:  # embedded: its workers must not outlive the app
                    atexit.register(self.close)
                threading.Thread(target=self._watch_runs, daemon=True).start()
            return self._client

    def warm_up_cluster(self) -> None:
        """Start the cluster and let its workers take a first step, so that the first run begins at once.

        Returns immediately, and does nothing once there is a cluster. A scheduler that does not answer is reported by
        `submit_run`.
        """
        if self._client is None and not self._warming_up:
            self._warming_up = True
            threading.Thread(target=self._warm_up, daemon=True).start()

    def _warm_up(self) -> None:
        try:
            self.connect().run(warm_up_worker)
        except OSError:
            log.warning("no scheduler")
        finally:
            self._warming_up = False

    def check_run_limit(self, workspace: str, count: int = 1) -> None:
        """Raise ValueError when `count` more runs would be too many for this workspace."""
        with self._lock:
            present = sum(job.workspace == workspace for job in self._jobs.values())
        if present + count > MAX_WORKSPACE_RUNS:
            raise ValueError(
                f"You have {present} runs waiting or in progress; {count} more would exceed the limit of "
                f"{MAX_WORKSPACE_RUNS}. Wait for some to end, or stop them."
            )

    def start_runs(
        self,
        planned: Sequence[Planned],
        workspace: str,
        *,
        parent: str = "",
        load_data: Callable[[str], Dataset] = datasets.load,
    ) -> list[str]:
        """Queue the runs and return their ids in order; several runs share the name of a batch.

        `parent` is the id of the run whose settings they vary. `load_data` returns a data set by name. Raises
        ValueError, before any run is queued, when they are too many, when one of them would not fit into memory, or
        when its pretrained weights are missing.
        """
        self.check_run_limit(workspace, len(planned))
        check_planned(planned, load_data)
        batch = secrets.token_urlsafe(8) if len(planned) > 1 else ""
        run_ids = [
            self.store.create_run(workspace, one.spec, one.config, name=one.name, batch=batch, parent=parent)
            for one in planned
        ]
        for run_id in run_ids:
            self.submit_run(run_id)
        return run_ids

    def submit_run(self, run_id: str) -> None:
        """Put a stored run into the queue; it starts when it is its turn. Connects to Dask if that is yet to be done.

        The run fails with a sentence when no scheduler answers.
        """
        try:
            self.connect()
        except OSError:
            log.exception("no scheduler")
            message = UNREACHABLE_MESSAGE.format(address=os.environ.get("DASK_SCHEDULER_ADDRESS"))
            self.store.append_events(run_id, Failed(message, 0))
            return
        job = _Job(run_id, self.store.get_run(run_id).workspace)
        with self._lock:
            self._jobs[run_id] = job
        self._hand_out_runs()

    def resume_run(self, run_id: str, epochs: int | None = None) -> None:
        """Continue a run that has ended from its last checkpoint, up to `epochs` epochs in all.

        A run in progress is given that number of epochs instead. Raises ValueError when it has nothing left to do, or
        when it is in progress and no number is given.
        """
        run = self.store.get_run(run_id)
        done = len(self.store.load_epochs(run_id))
        wanted = epochs or run.epochs
        if epochs is not None:
            TrainConfig(epochs=epochs)  # says what is wrong with the number
        if wanted <= done and (run.is_active or run.status == "finished"):
            raise ValueError(f"Epochs is {wanted}: the run has {done} behind it; choose more.")
        if epochs is not None:
            self.store.change_orders(run_id, epochs=epochs)
        if not run.is_active:
            self.check_run_limit(run.workspace)
            self.store.rewind_run(run_id)
            self.submit_run(run_id)
        elif epochs is None:
            raise ValueError("The run is in progress already.")

    def fork_run(
        self,
        run_id: str,
        epoch: int,
        config: TrainConfig,
        workspace: str,
        *,
        load_data: Callable[[str], Dataset] = datasets.load,
    ) -> str:
        """Queue a run of the same network that begins with this run's weights after `epoch`; return its id.

        Raises ValueError when there are no such weights, and as `start_runs`.
        """
        parent = self.store.get_run(run_id)
        self.store.load_weights(run_id, epoch)
        self.check_run_limit(workspace)
        check_planned([Planned("", parent.spec, config)], load_data)
        fork_id = self.store.create_run(workspace, parent.spec, config, parent=run_id, parent_epoch=epoch)
        self.submit_run(fork_id)
        return fork_id

    def queue_position(self, run_id: str) -> tuple[int, float | None] | None:
        """Return the run's place in line, from 1, and the seconds until its turn; None when it does not wait here.

        The seconds are None as long as a run in progress has not finished its first epoch.
        """
        with self._lock:
            waiting, running = self._split_jobs()
            job = self._jobs.get(run_id)
            if job is None or job.future is not None:
                return None
            order = fair_order([other.workspace for other in waiting], Counter(other.workspace for other in running))
            number = order.index(waiting.index(job)) + 1
            slots = self._slots
        times = [pair for other in running if (pair := self._run_durations(other.run_id))]
        if not times or len(times) < len(running):
            return number, None
        typical = sum(whole for whole, _ in times) / len(times)
        return number, waiting_time(number, [left for _, left in times], typical, slots)

    def look_after_runs(self) -> None:
        """Do one round of the watch.

        Drop the runs that have ended, fail those whose worker was killed, stop those that wait and were asked to stop,
        send heartbeats for those that wait, and hand runs to free workers. Once an hour, purge deleted runs.
        """
        if time.monotonic() - self._purged_at > PURGE_EVERY_S:
            self._purged_at = time.monotonic()
            self.store.purge_deleted()
        with self._lock:
            jobs = list(self._jobs.values())
        if not jobs:
            return
        states = self.store.load_states([job.run_id for job in jobs])
        ended = [job for job in jobs if self._finish_if_ended(job, states.get(job.run_id))]
        waiting = [job.run_id for job in jobs if job not in ended and not states[job.run_id].device]
        if waiting and time.monotonic() - self._heartbeat_at > HEARTBEAT_S:
            self._heartbeat_at = time.monotonic()
            self.store.record_heartbeat(*waiting)
        with self._lock:
            for job in ended:
                if self._jobs.get(job.run_id) is job:  # else it was resumed meanwhile
                    del self._jobs[job.run_id]
        self._count_slots()
        self._hand_out_runs()

    def close(self) -> None:
        """End the embedded cluster. Its runs are asked to stop first, and are then marked as interrupted.

        A scheduler that was named from outside is only disconnected: its runs go on.
        """
        self._closed = True
        self._wake.set()
        atexit.unregister(self.close)
        if self._client is None:
            return
        cluster = self._client.cluster
        if cluster is not None:
            self._interrupt_runs()
        self._client.close(timeout=2)
        if cluster is not None:
            cluster.close(timeout=5)

    def _interrupt_runs(self) -> None:
        """Ask all runs to stop, give them a moment to do so, and mark them as interrupted."""
        with self._lock:
            run_ids = list(self._jobs)
            self._jobs.clear()
        cut_off = [run_id for run_id in run_ids if self.store.get_run(run_id).is_active]
        for run_id in cut_off:
            self.store.request_stop(run_id)
        deadline = time.monotonic() + 2 * STOP_GRACE_S
        while time.monotonic() < deadline and any(
            state.status in ("running", "paused") for state in self.store.load_states(cut_off).values()
        ):
            time.sleep(0.05)
        for run_id in cut_off:
            self.store.mark_interrupted(run_id)

    def _watch_runs(self) -> None:
        while not self._closed:
            self._wake.wait(WATCH_EVERY_S)
            self._wake.clear()
            try:
                self.look_after_runs()
            except StoreUnavailableError:
                continue  # a database that is away for a moment must not end the watch
            except Exception:  # whatever a scheduler that went away raises: the next round tries again
                log.exception("looking after runs")

    def _finish_if_ended(self, job: _Job, state: RunState | None) -> bool:
        """Tell whether the job has ended; a run that ended without a last event gets one here."""
        if state is None:  # it had ended, and was deleted since
            return True
        ended = state.status in ENDED_STATUSES
        pending = job.future is None or job.future.status == "pending"
        if pending and state.status == "queued" and state.stop_requested:
            if job.future is not None:
                job.future.cancel()
            epochs = len(self.store.load_epochs(job.run_id))
            self.store.append_events(job.run_id, Finished.stopped(epochs, 0.0))
            return True
        if pending:
            return ended
        if job.future.status != "finished" and not ended:
            self.store.append_events(job.run_id, Failed(KILLED_MESSAGE, 0))
        return True

    def _split_jobs(self) -> tuple[list[_Job], list[_Job]]:
        """Return the jobs that wait, the longest-waiting first, and those handed to Dask; the lock is held."""
        waiting = [job for job in self._jobs.values() if job.future is None]
        return waiting, [job for job in self._jobs.values() if job.future is not None]

    def _count_slots(self) -> None:
        """Ask the scheduler how many runs can be trained at once; over the network, so never while the lock is held."""
        self._slots = max(1, sum(self._client.nthreads().values()))

    def _hand_out_runs(self) -> None:
        """Give waiting runs to Dask while there are free workers, workspace by workspace."""
        with self._lock:
            waiting, running = self._split_jobs()
            free = self._slots - len(running)
            order = fair_order([job.workspace for job in waiting], Counter(job.workspace for job in running))
            for number in order[: max(0, free)]:
                job = waiting[number]
                # A new key each time: Dask answers a known key with the result it has, and would not run it again.
                key = f"run-{job.run_id}-{secrets.token_hex(4)}"
                arguments = (self.store.url, str(self.store.folder), job.run_id)
                job.future = self._client.submit(run_job, *arguments, key=key, pure=False)
                job.future.add_done_callback(lambda _: self._wake.set())

    def _run_durations(self, run_id: str) -> tuple[float, float] | None:
        """Return the seconds the whole run takes and those left of them; None before its first epoch is over."""
        epochs = self.store.load_epochs(run_id)
        if not epochs:
            return None
        try:
            total = self.store.get_run(run_id).epochs
        except ValueError:  # it has ended, and was deleted since
            return None
        each = epochs[-1].seconds / epochs[-1].epoch
        return each * total, each * max(0, total - epochs[-1].epoch)

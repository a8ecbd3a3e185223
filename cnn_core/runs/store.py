"""The run store: the rows of every run in a database, and its weights as files in a folder beside it.

Several processes use one store at once: the app reads, workers write. Nothing that is loaded runs code: specs and
configs are JSON, weights are safetensors.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.folders import data_folder
from cnn_core.runs.checkpoints import Checkpoints
from cnn_core.runs.table import RunTable, unknown_run_message
from cnn_core.training.events import Arrays, Event, Filters, Snapshot
from cnn_core.training.orders import StartPoint

KEPT_DELETED_S = 86_400.0
"""A deleted run can be restored for a day."""


@dataclass(frozen=True)
class RunStore(RunTable):
    """A table of runs (`url`, as SQLAlchemy spells it) together with a `folder` for their weights.

    Both are small values, so a worker process opens the same store from them.

    >>> import tempfile
    >>> from cnn_core.networks import preset
    >>> from cnn_core.training import TrainConfig
    >>> folder = Path(tempfile.mkdtemp())
    >>> store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    >>> run_id = store.create_run("class", preset("Tiny CNN"), TrainConfig(epochs=3), name="first try")
    >>> store.get_run(run_id).name, store.get_run(run_id).status, store.checkpoint_epochs(run_id)
    ('first try', 'queued', ())
    """

    folder: Path

    def append_events(self, run_id: str, *events: Event) -> None:
        """Store the events: weights as files first, so that a checkpoint in the rows is whole, then their rows.

        Counts as a heartbeat. Raises ValueError when there is no such run.
        """
        for event in events:
            if isinstance(event, Snapshot):
                best = event.epoch if event.best else self.get_run(run_id).best_epoch
                self._checkpoints(run_id).save_snapshot(event, best)
            elif isinstance(event, Filters):
                self._checkpoints(run_id).save_filters(event)
        super().append_events(run_id, *events)

    def checkpoint_epochs(self, run_id: str) -> tuple[int, ...]:
        """Return the epochs whose weights are stored, in order; 0 is the untrained network."""
        return self._checkpoints(run_id).list_epochs()

    def load_weights(self, run_id: str, epoch: int | None = None) -> Arrays:
        """Return the weights after `epoch`, by default the last stored one, as {state_dict name: array}.

        Raises ValueError when they are not stored.
        """
        return self._checkpoints(run_id).load_weights(epoch)

    def load_filters(self, run_id: str) -> tuple[int, NDArray[np.float32]] | None:
        """Return the step and weights (F, C, kh, kw) of the first convolution, about a second old; None without any."""
        return self._checkpoints(run_id).load_filters()

    def can_resume(self, run_id: str) -> bool:
        """Tell whether the run has a checkpoint after its first epoch from which it could go on."""
        return bool(self._checkpoints(run_id).resumable_epoch())

    def rewind_run(self, run_id: str) -> int:
        """Queue the run again from its last checkpoint, forget what came later, and return the checkpoint's epoch.

        Raises ValueError when there is no such run.
        """
        epoch = self._checkpoints(run_id).resumable_epoch() or 0
        self.requeue_after(run_id, epoch)
        return epoch

    def load_start(self, run_id: str) -> StartPoint | None:
        """Return where a worker begins: after the last checkpoint, or with the parent's weights; None: at the start."""
        run, checkpoints = self.get_run(run_id), self._checkpoints(run_id)
        epoch = checkpoints.resumable_epoch()
        if not epoch:
            has_weights = run.parent_epoch is not None
            return StartPoint(0, self.load_weights(run.parent, run.parent_epoch)) if has_weights else None
        done = [row for row in self.load_epochs(run_id) if row.epoch <= epoch]
        best = min(done, key=lambda row: row.val_loss)
        return StartPoint(
            epoch,
            checkpoints.load_weights(epoch),
            checkpoints.load_optimizer_state(epoch),
            done[-1].seconds,
            best.epoch,
            best.val_loss,
            checkpoints.load_weights(best.epoch) if best.epoch in checkpoints.list_epochs() else {},
        )

    def purge_deleted(self) -> None:
        """Remove for good, rows and weights, the runs that were deleted more than a day ago."""
        for run_id in self.list_deleted(before=time.time() - KEPT_DELETED_S):
            self._checkpoints(run_id).remove_files()
            self.remove_rows(run_id)

    def _checkpoints(self, run_id: str) -> Checkpoints:
        """Return the run's files. Raises ValueError for an id that could name another folder."""
        if not run_id.replace("-", "").replace("_", "").isalnum():
            raise ValueError(unknown_run_message(run_id))
        return Checkpoints(self.folder / "runs" / run_id)


def default_store() -> RunStore:
    """Return the store of this installation.

    Weights lie in the folder CNN_LAB_DATA (default: data/ beside the code), rows in the database CNN_LAB_DATABASE_URL
    (default: an SQLite file in that folder).

    >>> default_store().url.startswith(("sqlite", "postgresql"))
    True
    """
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return RunStore(os.environ.get("CNN_LAB_DATABASE_URL") or f"sqlite:///{folder / 'runs.sqlite'}", folder)

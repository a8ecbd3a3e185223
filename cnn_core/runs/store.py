"""The run store: every run as it happens, in a database, with its weights as files beside it.

Several processes use one store at once: the app reads, workers write. Nothing that is loaded runs code: specs and
configs are JSON, weights are safetensors.
"""

import json
import os
import secrets
import shutil
import time
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from cnn_core.folders import data_folder
from cnn_core.networks import NetworkSpec
from cnn_core.runs import checkpoints
from cnn_core.runs.database import begin_transaction
from cnn_core.runs.schema import (
    ACTIVE_STATUSES,
    EPOCHS,
    INTERRUPTED_MESSAGE,
    LOST_AFTER_S,
    MAX_NAME_LENGTH,
    MAX_NOTE_LENGTH,
    RUNS,
    STEPS,
    TABLES,
    Run,
    Status,
    changes_from_event,
    orders_from_json,
    run_from_row,
)
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import Arrays, EpochDone, Event, Filters, Snapshot, StepDone
from cnn_core.training.orders import Orders, StartPoint

__all__ = [
    "ACTIVE_STATUSES",
    "INTERRUPTED_MESSAGE",
    "LOST_AFTER_S",
    "MAX_NAME_LENGTH",
    "MAX_NOTE_LENGTH",
    "Run",
    "RunStore",
    "Status",
    "default_store",
]

# A deleted run can be had back for a day.
KEPT_DELETED_S = 86_400.0


@dataclass(frozen=True)
class RunStore:
    """A database (`url`, as SQLAlchemy spells it) and a `folder` for weights. Small enough to send to workers.

    Every method raises StoreUnavailableError when the database does not answer.
    """

    url: str
    folder: Path

    def create_run(
        self,
        workspace: str,
        spec: NetworkSpec,
        config: TrainConfig,
        *,
        name: str = "",
        batch: str = "",
        parent: str = "",
        parent_epoch: int | None = None,
    ) -> str:
        """Enter a queued run and return its unguessable id. Raises ValueError as `rename_run`."""
        run_id, now = secrets.token_urlsafe(16), time.time()
        row = {
            "id": run_id,
            "workspace": _storable_text(workspace),
            "status": "queued",
            "created_at": now,
            "heard_at": now,
            "spec": spec.to_json(),
            "config": json.dumps(config.to_dict()),
            "name": _check_text("name", name, MAX_NAME_LENGTH),
            "batch": batch,
            "parent": parent,
            "parent_epoch": parent_epoch,
        }
        with self._begin_transaction() as connection:
            connection.execute(sa.insert(RUNS).values(row))
        return run_id

    def append_events(self, run_id: str, *events: Event) -> None:
        """Write events down, in one transaction; weights go to files first, so that a listed checkpoint is whole.

        Also notes that whoever works on the run is alive. Raises ValueError when there is no such run.
        """
        folder = self._run_folder(run_id)
        for event in events:
            if isinstance(event, Snapshot):
                checkpoints.save_checkpoint(
                    folder, event, event.epoch if event.best else self.get_run(run_id).best_epoch
                )
            elif isinstance(event, Filters):
                checkpoints.save_filters(folder, event)
        rows = {table: [_event_row(run_id, e) for e in events if isinstance(e, kind)] for table, kind in _EVENT_TABLES}
        changes: dict[str, Any] = {"heard_at": time.time()}
        for event in events:
            changes |= changes_from_event(event)
        with self._begin_transaction() as connection:
            _update_row(connection, run_id, changes)
            for table, values in rows.items():
                if values:
                    connection.execute(sa.insert(table), values)

    def record_heartbeat(self, run_id: str) -> None:
        """Note that whoever works on the run is alive."""
        self._change_run(run_id, {"heard_at": time.time()})

    def get_run(self, run_id: str) -> Run:
        """The run called `run_id`. Raises ValueError when there is none, or when it was deleted."""
        wanted = sa.and_(RUNS.c.id == _storable_text(run_id), RUNS.c.deleted_at.is_(None))
        with self._begin_transaction() as connection:
            row = connection.execute(sa.select(RUNS).where(wanted)).mappings().first()
        if row is None:
            raise ValueError(_unknown_run_message(run_id))
        return run_from_row(row)

    def list_runs(self, workspace: str) -> tuple[Run, ...]:
        """The workspace's runs, newest first, without the deleted ones."""
        self.purge_deleted()
        own = sa.and_(RUNS.c.workspace == _storable_text(workspace), RUNS.c.deleted_at.is_(None))
        query = sa.select(RUNS).where(own).order_by(RUNS.c.created_at.desc())
        with self._begin_transaction() as connection:
            return tuple(run_from_row(row) for row in connection.execute(query).mappings())

    def rename_run(self, run_id: str, name: str) -> None:
        """Give the run a name, "" for none. Raises ValueError when it is too long, or when there is no such run."""
        self._change_run(run_id, {"name": _check_text("name", name, MAX_NAME_LENGTH)})

    def annotate_run(self, run_id: str, note: str) -> None:
        """Write a note on the run. Raises ValueError when it is too long, or when there is no such run."""
        self._change_run(run_id, {"note": _check_text("note", note, MAX_NOTE_LENGTH)})

    def delete_run(self, run_id: str) -> None:
        """Take the run off every list; for a day `restore_run` brings it back.

        Raises ValueError when it is still going on, or when there is no such run.
        """
        if self.get_run(run_id).is_active:
            raise ValueError("This run is still going on: stop it first.")
        self._change_run(run_id, {"deleted_at": time.time()})

    def restore_run(self, run_id: str) -> None:
        """Bring back a deleted run. Raises ValueError when there is no such run any more."""
        self._change_run(run_id, {"deleted_at": None})

    def purge_deleted(self) -> None:
        """Remove for good, with rows and weights, what was deleted more than a day ago."""
        query = sa.select(RUNS.c.id).where(RUNS.c.deleted_at < time.time() - KEPT_DELETED_S)
        with self._begin_transaction() as connection:
            old = [str(run_id) for run_id in connection.execute(query).scalars()]
        for run_id in old:
            shutil.rmtree(self._run_folder(run_id), ignore_errors=True)
            with self._begin_transaction() as connection:
                for column in (STEPS.c.run_id, EPOCHS.c.run_id, RUNS.c.id):
                    connection.execute(sa.delete(column.table).where(column == run_id))

    def _change_run(self, run_id: str, changes: dict[str, Any]) -> None:
        with self._begin_transaction() as connection:
            _update_row(connection, run_id, changes)

    def load_steps(self, run_id: str, *, at_most: int = 1000) -> tuple[StepDone, ...]:
        """The run's steps in order, evenly thinned to `at_most` of them (and the last one)."""
        wanted = STEPS.c.run_id == _storable_text(run_id)
        with self._begin_transaction() as connection:
            last = connection.execute(sa.select(sa.func.max(STEPS.c.step)).where(wanted)).scalar()
            every = max(1, -(-(last or 0) // at_most))
            kept = sa.or_(STEPS.c.step % every == 0, STEPS.c.step.in_([1, last or 1]))
            query = sa.select(STEPS).where(wanted, kept).order_by(STEPS.c.step)
            return tuple(StepDone(**_without_id(row)) for row in connection.execute(query).mappings())

    def load_epochs(self, run_id: str) -> tuple[EpochDone, ...]:
        """The run's finished epochs in order."""
        query = sa.select(EPOCHS).where(EPOCHS.c.run_id == _storable_text(run_id)).order_by(EPOCHS.c.epoch)
        with self._begin_transaction() as connection:
            return tuple(EpochDone(**_without_id(row)) for row in connection.execute(query).mappings())

    def request_stop(self, run_id: str) -> None:
        """Ask whoever works on the run to stop. Raises ValueError when there is no such run."""
        self._change_run(run_id, {"stop_requested": True})

    def mark_interrupted(self, run_id: str) -> None:
        """Note that the run was cut off from outside. Raises ValueError when there is no such run."""
        self._change_run(run_id, {"status": "interrupted", "message": INTERRUPTED_MESSAGE})

    def change_orders(self, run_id: str, **wishes: Any) -> None:
        """Ask something of a run that goes on: fields of `Orders` and what they shall be from now on.

        Raises ValueError when there is no such run.
        """
        with self._begin_transaction() as connection:
            kept = sa.select(RUNS.c.orders).where(RUNS.c.id == _storable_text(run_id)).with_for_update()
            orders = replace(orders_from_json(connection.execute(kept).scalar() or ""), **wishes)
            _update_row(connection, run_id, {"orders": json.dumps(asdict(orders))})

    def load_orders(self, run_id: str) -> Orders:
        """What is asked of the run just now."""
        query = sa.select(RUNS.c.orders, RUNS.c.stop_requested).where(RUNS.c.id == _storable_text(run_id))
        with self._begin_transaction() as connection:
            row = connection.execute(query).first()
        return replace(orders_from_json(row[0]), stop=bool(row[1])) if row else Orders(stop=True)

    def rewind_run(self, run_id: str) -> int:
        """Make the run ready to go on from its last checkpoint, whose epoch is returned; what came later is forgotten.

        Raises ValueError when there is no such run.
        """
        epoch = checkpoints.resumable_epoch(self._run_folder(run_id)) or 0
        best = min((e for e in self.load_epochs(run_id) if e.epoch <= epoch), key=lambda e: e.val_loss, default=None)
        orders = replace(self.get_run(run_id).orders, paused=False, step_until=0)
        changes = {
            "status": "queued",
            "message": "",
            "device": "",
            "stop_requested": False,
            "heard_at": time.time(),
            "orders": json.dumps(asdict(orders)),
            "best_epoch": best.epoch if best else None,
            **dict.fromkeys(("test_loss", "test_accuracy", "confusion", "tested_epoch")),
        }
        with self._begin_transaction() as connection:
            for table in (STEPS, EPOCHS):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id, table.c.epoch > epoch))
            _update_row(connection, run_id, changes)
        return epoch

    def load_start(self, run_id: str) -> StartPoint | None:
        """Where a worker begins: after the last checkpoint, or with the parent's weights, or (None) anew."""
        run, folder = self.get_run(run_id), self._run_folder(run_id)
        epoch = checkpoints.resumable_epoch(folder)
        if not epoch:
            return (
                StartPoint(0, self.load_weights(run.parent, run.parent_epoch)) if run.parent_epoch is not None else None
            )
        done = [row for row in self.load_epochs(run_id) if row.epoch <= epoch]
        best = min(done, key=lambda row: row.val_loss)
        kept = self.load_weights(run_id, best.epoch) if best.epoch in self.checkpoint_epochs(run_id) else {}
        state = checkpoints.load_optimizer_state(folder, epoch)
        seconds = done[-1].seconds
        return StartPoint(epoch, self.load_weights(run_id, epoch), state, seconds, best.epoch, best.val_loss, kept)

    def checkpoint_epochs(self, run_id: str) -> tuple[int, ...]:
        """The epochs whose weights are stored, in order; 0 is the untrained network."""
        return checkpoints.checkpoint_epochs(self._run_folder(run_id))

    def can_resume(self, run_id: str) -> bool:
        """Whether the run has a checkpoint after its beginning from which it could go on."""
        return bool(checkpoints.resumable_epoch(self._run_folder(run_id)))

    def load_weights(self, run_id: str, epoch: int | None = None) -> Arrays:
        """The weights after `epoch` (the last stored one by default) by state_dict name.

        Raises ValueError when there are none.
        """
        return checkpoints.load_weights(self._run_folder(run_id), epoch)

    def load_filters(self, run_id: str) -> tuple[int, NDArray[np.float32]] | None:
        """The step and weights (F, C, kh, kw) of the first convolution, about a second old; None without any."""
        return checkpoints.load_filters(self._run_folder(run_id))

    def _run_folder(self, run_id: str) -> Path:
        if not run_id.replace("-", "").replace("_", "").isalnum():
            raise ValueError(_unknown_run_message(run_id))
        return self.folder / "runs" / run_id

    def _begin_transaction(self) -> AbstractContextManager[sa.Connection]:
        return begin_transaction(self.url, TABLES)


def default_store() -> RunStore:
    """The store of this installation.

    Weights lie in the folder CNN_LAB_DATA (default: data/ beside the code), runs in the database CNN_LAB_DATABASE_URL
    (default: an SQLite file in that folder).
    """
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return RunStore(os.environ.get("CNN_LAB_DATABASE_URL") or f"sqlite:///{folder / 'runs.sqlite'}", folder)


_EVENT_TABLES = ((STEPS, StepDone), (EPOCHS, EpochDone))


def _update_row(connection: sa.Connection, run_id: str, changes: dict[str, Any]) -> None:
    """Change the run's own row. Raises ValueError when there is none."""
    if not connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(changes)).rowcount:
        raise ValueError(_unknown_run_message(run_id))


def _storable_text(text: str) -> str:
    """The text without what PostgreSQL keeps in no text."""
    return text.replace("\0", "")


def _check_text(field_name: str, text: str, longest: int) -> str:
    """A name or note as it is stored. Raises ValueError when it is too long."""
    text = _storable_text(text).strip()
    if len(text) > longest:
        raise ValueError(f"The {field_name} has {len(text):,} characters: at most {longest:,} fit.")
    return text


def _unknown_run_message(run_id: str) -> str:
    return f"There is no run {run_id[:40]!r}: it was deleted, or the link is incomplete."


def _event_row(run_id: str, event: Event) -> dict[str, Any]:
    return {"run_id": run_id, **asdict(event)}


def _without_id(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "run_id"}

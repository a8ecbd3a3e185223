"""The rows of the runs: everything that the database knows of a run, read and changed."""

import json
import secrets
import time
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from cnn_core.networks import NetworkSpec
from cnn_core.runs.database import begin_transaction
from cnn_core.runs.schema import (
    EPOCHS,
    INTERRUPTED_MESSAGE,
    MAX_NAME_LENGTH,
    MAX_NOTE_LENGTH,
    RUNS,
    STEPS,
    TABLES,
    Run,
    RunState,
    changes_from_event,
    orders_from_json,
    run_from_row,
)
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import EpochDone, Event, StepDone
from cnn_core.training.orders import Orders

_EVENT_TABLES = ((STEPS, StepDone), (EPOCHS, EpochDone))


@dataclass(frozen=True)
class RunTable:
    """The rows of all runs in the database at `url`, as SQLAlchemy spells it.

    Every method raises StoreUnavailableError when the database does not answer. A method that changes one run raises
    ValueError when there is no such run.
    """

    url: str

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
        """Insert a queued run and return its unguessable id. Raises ValueError when the name is too long."""
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
        """Write the events' rows and what they change in the run's row, in one transaction; counts as a heartbeat."""
        rows = {table: [_event_row(run_id, e) for e in events if isinstance(e, kind)] for table, kind in _EVENT_TABLES}
        changes: dict[str, Any] = {"heard_at": time.time()}
        for event in events:
            changes |= changes_from_event(event)
        with self._begin_transaction() as connection:
            _update_row(connection, run_id, changes)
            for table, values in rows.items():
                if values:
                    connection.execute(sa.insert(table), values)

    def record_heartbeat(self, *run_ids: str) -> None:
        """Note, in one statement, that somebody looks after each of these runs."""
        with self._begin_transaction() as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.id.in_(run_ids)).values(heard_at=time.time()))

    def get_run(self, run_id: str) -> Run:
        """Return the run with this id. Raises ValueError when there is none, or when it was deleted."""
        wanted = sa.and_(RUNS.c.id == _storable_text(run_id), RUNS.c.deleted_at.is_(None))
        with self._begin_transaction() as connection:
            row = connection.execute(sa.select(RUNS).where(wanted)).mappings().first()
        if row is None:
            raise ValueError(unknown_run_message(run_id))
        return run_from_row(row)

    def list_runs(self, workspace: str) -> tuple[Run, ...]:
        """Return the workspace's runs, newest first, without the deleted ones."""
        own = sa.and_(RUNS.c.workspace == _storable_text(workspace), RUNS.c.deleted_at.is_(None))
        query = sa.select(RUNS).where(own).order_by(RUNS.c.created_at.desc())
        with self._begin_transaction() as connection:
            return tuple(run_from_row(row) for row in connection.execute(query).mappings())

    def load_states(self, run_ids: Collection[str]) -> dict[str, RunState]:
        """Return the state of each of these runs by id, read in one statement; deleted runs are left out."""
        wanted = sa.and_(RUNS.c.id.in_(run_ids), RUNS.c.deleted_at.is_(None))
        query = sa.select(RUNS.c.id, RUNS.c.status, RUNS.c.stop_requested, RUNS.c.device).where(wanted)
        with self._begin_transaction() as connection:
            return {row.id: RunState(row.status, row.stop_requested, row.device) for row in connection.execute(query)}

    def rename_run(self, run_id: str, name: str) -> None:
        """Give the run a name, "" for none. Raises ValueError when it is too long."""
        self._change_run(run_id, {"name": _check_text("name", name, MAX_NAME_LENGTH)})

    def annotate_run(self, run_id: str, note: str) -> None:
        """Write a note on the run. Raises ValueError when it is too long."""
        self._change_run(run_id, {"note": _check_text("note", note, MAX_NOTE_LENGTH)})

    def delete_run(self, run_id: str) -> None:
        """Hide the run from every list; until it is purged, `restore_run` brings it back.

        Raises ValueError when it is still in progress.
        """
        if self.get_run(run_id).is_active:
            raise ValueError("This run is still going on: stop it first.")
        self._change_run(run_id, {"deleted_at": time.time()})

    def restore_run(self, run_id: str) -> None:
        """Bring back a deleted run. Raises ValueError when it was purged since."""
        self._change_run(run_id, {"deleted_at": None})

    def list_deleted(self, before: float) -> list[str]:
        """Return the ids of the runs that were deleted before this moment, in seconds since 1970."""
        query = sa.select(RUNS.c.id).where(RUNS.c.deleted_at < before)
        with self._begin_transaction() as connection:
            return [str(run_id) for run_id in connection.execute(query).scalars()]

    def remove_rows(self, run_id: str) -> None:
        """Delete the run's rows for good, with its steps and epochs."""
        with self._begin_transaction() as connection:
            for column in (STEPS.c.run_id, EPOCHS.c.run_id, RUNS.c.id):
                connection.execute(sa.delete(column.table).where(column == run_id))

    def load_steps(self, run_id: str, *, at_most: int = 1000) -> tuple[StepDone, ...]:
        """Return the run's steps in order, evenly thinned to about `at_most`; the first and the last are kept."""
        wanted = STEPS.c.run_id == _storable_text(run_id)
        with self._begin_transaction() as connection:
            last = connection.execute(sa.select(sa.func.max(STEPS.c.step)).where(wanted)).scalar()
            every = max(1, -(-(last or 0) // at_most))
            kept = sa.or_(STEPS.c.step % every == 0, STEPS.c.step.in_([1, last or 1]))
            query = sa.select(STEPS).where(wanted, kept).order_by(STEPS.c.step)
            return tuple(StepDone(**_without_id(row)) for row in connection.execute(query).mappings())

    def load_epochs(self, run_id: str) -> tuple[EpochDone, ...]:
        """Return the run's finished epochs in order."""
        query = sa.select(EPOCHS).where(EPOCHS.c.run_id == _storable_text(run_id)).order_by(EPOCHS.c.epoch)
        with self._begin_transaction() as connection:
            return tuple(EpochDone(**_without_id(row)) for row in connection.execute(query).mappings())

    def request_stop(self, run_id: str) -> None:
        """Ask the worker of the run to stop."""
        self._change_run(run_id, {"stop_requested": True})

    def mark_interrupted(self, run_id: str) -> None:
        """Note that the run was cut off from outside."""
        self._change_run(run_id, {"status": "interrupted", "message": INTERRUPTED_MESSAGE})

    def change_orders(self, run_id: str, **changes: Any) -> None:
        """Change orders to the worker of the run: `changes` are fields of `Orders` with their new values."""
        with self._begin_transaction() as connection:
            kept = sa.select(RUNS.c.orders).where(RUNS.c.id == _storable_text(run_id)).with_for_update()
            orders = replace(orders_from_json(connection.execute(kept).scalar() or ""), **changes)
            _update_row(connection, run_id, {"orders": json.dumps(asdict(orders))})

    def load_orders(self, run_id: str) -> Orders:
        """Return the latest orders to the worker of the run; a run that is gone is to stop."""
        query = sa.select(RUNS.c.orders, RUNS.c.stop_requested).where(RUNS.c.id == _storable_text(run_id))
        with self._begin_transaction() as connection:
            row = connection.execute(query).first()
        return replace(orders_from_json(row[0]), stop=bool(row[1])) if row else Orders(stop=True)

    def requeue_after(self, run_id: str, epoch: int) -> None:
        """Queue the run again and forget everything that came after `epoch`: steps, epochs, results."""
        kept_epochs = [row for row in self.load_epochs(run_id) if row.epoch <= epoch]
        best = min(kept_epochs, key=lambda row: row.val_loss, default=None)
        orders = replace(self.get_run(run_id).orders, paused=False, step_until=0)
        changes = {
            "status": "queued",
            "message": "",
            "device": "",
            "stop_requested": False,
            "heard_at": time.time(),
            "orders": json.dumps(asdict(orders)),
            "best_epoch": best.epoch if best else None,
            "test_loss": None,
            "test_accuracy": None,
            "confusion": None,
            "tested_epoch": None,
        }
        with self._begin_transaction() as connection:
            for table in (STEPS, EPOCHS):
                connection.execute(sa.delete(table).where(table.c.run_id == run_id, table.c.epoch > epoch))
            _update_row(connection, run_id, changes)

    def _change_run(self, run_id: str, changes: dict[str, Any]) -> None:
        with self._begin_transaction() as connection:
            _update_row(connection, run_id, changes)

    def _begin_transaction(self) -> AbstractContextManager[sa.Connection]:
        return begin_transaction(self.url, TABLES)


def unknown_run_message(run_id: str) -> str:
    """Return the sentence for an id that no run has."""
    return f"There is no run {run_id[:40]!r}: it was deleted, or the link is incomplete."


def _update_row(connection: sa.Connection, run_id: str, changes: dict[str, Any]) -> None:
    """Change the run's own row. Raises ValueError when there is none."""
    if not connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(changes)).rowcount:
        raise ValueError(unknown_run_message(run_id))


def _storable_text(text: str) -> str:
    """Return the text without NUL characters, which PostgreSQL stores in no text."""
    return text.replace("\0", "")


def _check_text(field_name: str, text: str, longest: int) -> str:
    """Return a name or note as it is stored. Raises ValueError when it is too long."""
    text = _storable_text(text).strip()
    if len(text) > longest:
        raise ValueError(f"The {field_name} has {len(text):,} characters: at most {longest:,} fit.")
    return text


def _event_row(run_id: str, event: Event) -> dict[str, Any]:
    return {"run_id": run_id, **asdict(event)}


def _without_id(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "run_id"}

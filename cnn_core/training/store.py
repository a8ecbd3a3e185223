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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from cnn_core.spec import NetworkSpec
from cnn_core.training.config import TrainConfig
from cnn_core.training.database import begin
from cnn_core.training.events import EpochDone, Event, Failed, Finished, Snapshot, Started, StepDone

Status = Literal["queued", "running", "finished", "stopped", "failed", "interrupted"]
ALIVE = ("queued", "running")
# Workers say that they are alive every 2 s; after this long without a word, their run is taken for lost.
LOST_AFTER_S = 20.0
# Of a long run only some checkpoints stay: every 2nd, every 4th, … epoch, and always the first and the last.
MOST_CHECKPOINTS, MOST_BYTES = 50, 2**30
LONGEST_NAME, LONGEST_NOTE = 80, 2_000
# A deleted run can be had back for a day.
KEPT_DELETED_S = 86_400.0
INTERRUPTED = "The app or its worker was shut down while this run was going on: start it again."

_tables = sa.MetaData()
_runs = sa.Table(
    "runs",
    _tables,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("workspace", sa.String(80), nullable=False, index=True),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("heard_at", sa.Float, nullable=False),
    sa.Column("stop_requested", sa.Boolean, nullable=False, default=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("config", sa.Text, nullable=False),
    sa.Column("device", sa.String(100), nullable=False, default=""),
    sa.Column("steps_per_epoch", sa.Integer, nullable=False, default=0),
    sa.Column("initial_loss", sa.Float),
    sa.Column("test_loss", sa.Float),
    sa.Column("test_accuracy", sa.Float),
    sa.Column("seconds", sa.Float),
    # Columns younger than the first databases: each may be null or has a default of the database's own.
    sa.Column("name", sa.String(LONGEST_NAME), nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("deleted_at", sa.Float),
    sa.Column("batch", sa.String(40), nullable=False, server_default=""),
    sa.Column("parent", sa.String(40), nullable=False, server_default=""),
    sa.Column("confusion", sa.Text),
)
_steps = sa.Table(
    "steps",
    _tables,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    *(sa.Column(name, sa.Float, nullable=False) for name in ("loss", "accuracy", "learning_rate", "seconds")),
)
_epochs = sa.Table(
    "epochs",
    _tables,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    *(
        sa.Column(name, sa.Float, nullable=False)
        for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    ),
)


@dataclass(frozen=True)
class Run:
    """What the store knows of a run. `created_at` is in seconds since 1970; figures not reached yet are None.

    `batch` names the experiment it belongs to, `parent` the run it was made from (both "" for none). `confusion` is
    that of the test set, rows true, columns predicted.
    """

    id: str
    workspace: str
    status: Status
    message: str
    created_at: float
    spec: NetworkSpec
    config: TrainConfig
    stop_requested: bool
    device: str
    steps_per_epoch: int
    initial_loss: float | None
    test_loss: float | None
    test_accuracy: float | None
    seconds: float | None
    name: str = ""
    note: str = ""
    batch: str = ""
    parent: str = ""
    confusion: tuple[tuple[int, ...], ...] | None = None

    @property
    def alive(self) -> bool:
        """Whether more may still come of it."""
        return self.status in ALIVE


@dataclass(frozen=True)
class RunStore:
    """A database (`url`, as SQLAlchemy spells it) and a `folder` for weights. Small enough to send to workers.

    Every method raises StoreUnavailableError when the database does not answer.
    """

    url: str
    folder: Path

    def create(
        self,
        workspace: str,
        spec: NetworkSpec,
        config: TrainConfig,
        *,
        name: str = "",
        batch: str = "",
        parent: str = "",
    ) -> str:
        """Enter a queued run and return its unguessable id. Raises ValueError as `rename`."""
        run_id, now = secrets.token_urlsafe(16), time.time()
        row = {
            "id": run_id,
            "workspace": _storable(workspace),
            "status": "queued",
            "created_at": now,
            "heard_at": now,
            "spec": spec.to_json(),
            "config": json.dumps(config.to_dict()),
            "name": _checked("name", name, LONGEST_NAME),
            "batch": batch,
            "parent": parent,
        }
        with self._begin() as connection:
            connection.execute(sa.insert(_runs).values(row))
        return run_id

    def append(self, run_id: str, *events: Event) -> None:
        """Write events down, in one transaction; weights go to files first, so that a listed checkpoint is whole.

        Also notes that whoever works on the run is alive. Raises ValueError when there is no such run.
        """
        for event in events:
            if isinstance(event, Snapshot):
                self._save_weights(run_id, event)
        rows = {table: [_row(run_id, e) for e in events if isinstance(e, kind)] for table, kind in _ROW_KINDS}
        changes: dict[str, Any] = {"heard_at": time.time()}
        for event in events:
            changes |= _changes(event)
        with self._begin() as connection:
            _update(connection, run_id, changes)
            for table, values in rows.items():
                if values:
                    connection.execute(sa.insert(table), values)

    def heard(self, run_id: str) -> None:
        """Note that whoever works on the run is alive."""
        self._change(run_id, {"heard_at": time.time()})

    def get(self, run_id: str) -> Run:
        """The run called `run_id`. Raises ValueError when there is none, or when it was deleted."""
        wanted = sa.and_(_runs.c.id == _storable(run_id), _runs.c.deleted_at.is_(None))
        with self._begin() as connection:
            row = connection.execute(sa.select(_runs).where(wanted)).mappings().first()
        if row is None:
            raise ValueError(_unknown(run_id))
        return _run(row)

    def runs(self, workspace: str) -> tuple[Run, ...]:
        """The workspace's runs, newest first, without the deleted ones."""
        self.purge()
        own = sa.and_(_runs.c.workspace == _storable(workspace), _runs.c.deleted_at.is_(None))
        query = sa.select(_runs).where(own).order_by(_runs.c.created_at.desc())
        with self._begin() as connection:
            return tuple(_run(row) for row in connection.execute(query).mappings())

    def rename(self, run_id: str, name: str) -> None:
        """Give the run a name, "" for none. Raises ValueError when it is too long, or when there is no such run."""
        self._change(run_id, {"name": _checked("name", name, LONGEST_NAME)})

    def annotate(self, run_id: str, note: str) -> None:
        """Write a note on the run. Raises ValueError when it is too long, or when there is no such run."""
        self._change(run_id, {"note": _checked("note", note, LONGEST_NOTE)})

    def delete(self, run_id: str) -> None:
        """Take the run off every list; for a day `restore` brings it back.

        Raises ValueError when it is still going on, or when there is no such run.
        """
        if self.get(run_id).alive:
            raise ValueError("This run is still going on: stop it first.")
        self._change(run_id, {"deleted_at": time.time()})

    def restore(self, run_id: str) -> None:
        """Bring back a deleted run. Raises ValueError when there is no such run any more."""
        self._change(run_id, {"deleted_at": None})

    def purge(self) -> None:
        """Remove for good, with rows and weights, what was deleted more than a day ago."""
        query = sa.select(_runs.c.id).where(_runs.c.deleted_at < time.time() - KEPT_DELETED_S)
        with self._begin() as connection:
            old = [str(run_id) for run_id in connection.execute(query).scalars()]
        for run_id in old:
            shutil.rmtree(self._run_folder(run_id), ignore_errors=True)
            with self._begin() as connection:
                for column in (_steps.c.run_id, _epochs.c.run_id, _runs.c.id):
                    connection.execute(sa.delete(column.table).where(column == run_id))

    def _change(self, run_id: str, changes: dict[str, Any]) -> None:
        with self._begin() as connection:
            _update(connection, run_id, changes)

    def steps(self, run_id: str, *, at_most: int = 1000) -> tuple[StepDone, ...]:
        """The run's steps in order, evenly thinned to `at_most` of them (and the last one)."""
        wanted = _steps.c.run_id == _storable(run_id)
        with self._begin() as connection:
            last = connection.execute(sa.select(sa.func.max(_steps.c.step)).where(wanted)).scalar()
            every = max(1, -(-(last or 0) // at_most))
            kept = sa.or_(_steps.c.step % every == 0, _steps.c.step.in_([1, last or 1]))
            query = sa.select(_steps).where(wanted, kept).order_by(_steps.c.step)
            return tuple(StepDone(**_without_id(row)) for row in connection.execute(query).mappings())

    def epochs(self, run_id: str) -> tuple[EpochDone, ...]:
        """The run's finished epochs in order."""
        query = sa.select(_epochs).where(_epochs.c.run_id == _storable(run_id)).order_by(_epochs.c.epoch)
        with self._begin() as connection:
            return tuple(EpochDone(**_without_id(row)) for row in connection.execute(query).mappings())

    def request_stop(self, run_id: str) -> None:
        """Ask whoever works on the run to stop. Raises ValueError when there is no such run."""
        self._change(run_id, {"stop_requested": True})

    def interrupt(self, run_id: str) -> None:
        """Note that the run was cut off from outside. Raises ValueError when there is no such run."""
        self._change(run_id, {"status": "interrupted", "message": INTERRUPTED})

    def stop_requested(self, run_id: str) -> bool:
        """Whether somebody asked the run to stop."""
        with self._begin() as connection:
            return bool(connection.execute(sa.select(_runs.c.stop_requested).where(_runs.c.id == run_id)).scalar())

    def checkpoints(self, run_id: str) -> tuple[int, ...]:
        """The epochs whose weights are stored, in order; 0 is the untrained network."""
        files = self._run_folder(run_id).glob("epoch-*.safetensors")
        return tuple(sorted(int(path.stem.removeprefix("epoch-")) for path in files))

    def load_weights(self, run_id: str, epoch: int | None = None) -> dict[str, NDArray[np.generic]]:
        """The weights after `epoch` (the last stored one by default) by state_dict name.

        Raises ValueError when there are none.
        """
        from safetensors.numpy import load_file

        stored = self.checkpoints(run_id)
        if not stored or (epoch is not None and epoch not in stored):
            has = f"of the epochs {', '.join(map(str, stored))} weights" if stored else "no weights"
            raise ValueError(f"epoch is {epoch}: {has} are stored for this run.")
        weights = load_file(self.weights_file(run_id, stored[-1] if epoch is None else epoch))
        return cast(dict[str, NDArray[np.generic]], weights)

    def _save_weights(self, run_id: str, snapshot: Snapshot) -> None:
        from safetensors.numpy import save_file

        path = self.weights_file(run_id, snapshot.epoch)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        save_file({name: np.ascontiguousarray(array) for name, array in snapshot.weights.items()}, unfinished)
        size = unfinished.stat().st_size
        os.replace(unfinished, path)  # a reader sees the whole file or none
        self._thin_checkpoints(run_id, max(2, min(MOST_CHECKPOINTS, MOST_BYTES // max(1, size))))

    def _thin_checkpoints(self, run_id: str, most: int) -> None:
        """Keep about `most` checkpoints, evenly spaced; else a thousand epochs of a large network fill the disk."""
        stored = self.checkpoints(run_id)
        every = 2 ** (stored[-1] // most).bit_length()
        for epoch in stored[:-1]:
            if epoch % every:
                self.weights_file(run_id, epoch).unlink(missing_ok=True)

    def weights_file(self, run_id: str, epoch: int) -> Path:
        """Where the weights after `epoch` lie, if they are stored. Raises ValueError for what cannot be an id."""
        return self._run_folder(run_id) / f"epoch-{epoch:04d}.safetensors"

    def _run_folder(self, run_id: str) -> Path:
        if not run_id.replace("-", "").replace("_", "").isalnum():
            raise ValueError(_unknown(run_id))
        return self.folder / "runs" / run_id

    def _begin(self) -> AbstractContextManager[sa.Connection]:
        return begin(self.url, _tables)


def default_store() -> RunStore:
    """The store of this installation.

    Weights lie in the folder CNN_LAB_DATA (default: data/ beside the code), runs in the database CNN_LAB_DATABASE_URL
    (default: an SQLite file in that folder).
    """
    folder = Path(os.environ.get("CNN_LAB_DATA") or Path(__file__).resolve().parents[2] / "data").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return RunStore(os.environ.get("CNN_LAB_DATABASE_URL") or f"sqlite:///{folder / 'runs.sqlite'}", folder)


_ROW_KINDS = ((_steps, StepDone), (_epochs, EpochDone))


def _update(connection: sa.Connection, run_id: str, changes: dict[str, Any]) -> None:
    """Change the run's own row. Raises ValueError when there is none."""
    if not connection.execute(sa.update(_runs).where(_runs.c.id == run_id).values(changes)).rowcount:
        raise ValueError(_unknown(run_id))


def _storable(text: str) -> str:
    """The text without what PostgreSQL keeps in no text."""
    return text.replace("\0", "")


def _checked(what: str, text: str, longest: int) -> str:
    """A name or note as it is stored. Raises ValueError when it is too long."""
    text = _storable(text).strip()
    if len(text) > longest:
        raise ValueError(f"The {what} has {len(text):,} characters: at most {longest:,} fit.")
    return text


def _unknown(run_id: str) -> str:
    return f"There is no run {run_id[:40]!r}: it was deleted, or the link is incomplete."


def _row(run_id: str, event: Event) -> dict[str, Any]:
    return {"run_id": run_id, **asdict(event)}


def _without_id(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "run_id"}


def _changes(event: Event) -> dict[str, Any]:
    """What an event changes in the run's own row."""
    match event:
        case Started():
            return {
                "status": "running",
                "device": event.device,
                "steps_per_epoch": event.steps_per_epoch,
                "initial_loss": event.initial_loss,
            }
        case Finished():
            return {
                "status": "finished" if event.reason == "completed" else "stopped",
                "test_loss": event.test_loss,
                "test_accuracy": event.test_accuracy,
                "seconds": event.seconds,
                "confusion": json.dumps(event.confusion),
            }
        case Failed():
            return {"status": "failed", "message": event.message}
        case _:
            return {}


def _run(row: Any) -> Run:
    status, message = row["status"], row["message"]
    if status in ALIVE and time.time() - row["heard_at"] > LOST_AFTER_S:
        status, message = "interrupted", INTERRUPTED
    values = {name: row[name] for name in Run.__dataclass_fields__ if name in row}
    values |= {
        "status": status,
        "message": message,
        "spec": NetworkSpec.from_json(row["spec"]),
        "config": TrainConfig.from_dict(json.loads(row["config"])),
        "confusion": _matrix(row["confusion"]),
    }
    return Run(**values)


def _matrix(text: str | None) -> tuple[tuple[int, ...], ...] | None:
    rows = json.loads(text or "null")
    return None if rows is None else tuple(map(tuple, rows))

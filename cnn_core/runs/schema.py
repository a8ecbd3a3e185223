"""The tables of the run store, a stored run as a value, and the changes that an event makes to a run's row."""

import json
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import sqlalchemy as sa

from cnn_core.networks import NetworkSpec
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import Event, Failed, Finished, Paused, Snapshot, Started, StepDone
from cnn_core.training.orders import Orders

Status = Literal["queued", "running", "paused", "finished", "stopped", "failed", "interrupted"]
ACTIVE_STATUSES: tuple[Status, ...] = ("queued", "running", "paused")
"""A run with one of these may still produce events."""
ENDED_STATUSES: tuple[Status, ...] = ("finished", "stopped", "failed")
"""A run with one of these has written its last event; an interrupted run was cut off before it could."""
LOST_AFTER_S = 20.0
"""Workers send a heartbeat every 2 s: after ten missed ones, the run counts as interrupted."""
MAX_NAME_LENGTH = 80
"""Characters of a run's name: about what fits on one line of a list."""
MAX_NOTE_LENGTH = 2_000
"""Characters of a note: about a printed sheet."""
MAX_PARSED = 256
"""Distinct networks and settings that are kept parsed: the screen reads the same rows up to seven times a second."""
INTERRUPTED_MESSAGE = (
    "The app or its worker was shut down while this run was in progress. Its finished epochs are kept: it can go on "
    "from the last one."
)

TABLES = sa.MetaData()
RUNS = sa.Table(
    "runs",
    TABLES,
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
    # These columns are newer than the first databases: each may be null or has a default that the database fills in.
    sa.Column("name", sa.String(MAX_NAME_LENGTH), nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("deleted_at", sa.Float),
    sa.Column("batch", sa.String(40), nullable=False, server_default=""),
    sa.Column("parent", sa.String(40), nullable=False, server_default=""),
    sa.Column("confusion", sa.Text),
    sa.Column("orders", sa.Text, nullable=False, server_default=""),
    sa.Column("tested_epoch", sa.Integer),
    sa.Column("best_epoch", sa.Integer),
    sa.Column("parent_epoch", sa.Integer),
)
STEPS = sa.Table(
    "steps",
    TABLES,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("loss", sa.Float, nullable=False),
    sa.Column("accuracy", sa.Float, nullable=False),
    sa.Column("learning_rate", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("gradient_norm", sa.Float),
    sa.Column("images", sa.Integer, nullable=False, server_default="0"),
)
EPOCHS = sa.Table(
    "epochs",
    TABLES,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("train_loss", sa.Float, nullable=False),
    sa.Column("train_accuracy", sa.Float, nullable=False),
    sa.Column("val_loss", sa.Float, nullable=False),
    sa.Column("val_accuracy", sa.Float, nullable=False),
    sa.Column("learning_rate", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("dead_relus", sa.Float),
)


@dataclass(frozen=True)
class Run:
    """A stored run, as the database describes it.

    `created_at` is in seconds since 1970. `batch` names the runs that were started together. The run began with the
    weights of the run `parent` after `parent_epoch` epochs; "" and None when it began with weights of its own. `orders`
    are the latest orders to the worker. `confusion` counts the test images (rows: true classes, columns: predicted
    ones) with the weights after `tested_epoch`; `best_epoch` had the lowest validation loss. Figures that have not been
    reached are None.

    >>> from cnn_core.networks import preset
    >>> run = Run("x7", "class", "running", "", 0.0, preset("Tiny CNN"), TrainConfig(epochs=5), False, "CPU", 34)
    >>> run.is_active, run.epochs, run.test_accuracy
    (True, 5, None)
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
    initial_loss: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    seconds: float | None = None
    name: str = ""
    note: str = ""
    batch: str = ""
    parent: str = ""
    confusion: tuple[tuple[int, ...], ...] | None = None
    orders: Orders = field(default_factory=Orders)
    tested_epoch: int | None = None
    best_epoch: int | None = None
    parent_epoch: int | None = None

    @property
    def epochs(self) -> int:
        """Return how many epochs the run is to have, with those that were ordered later."""
        return self.orders.epochs or self.config.epochs

    @property
    def is_active(self) -> bool:
        """Tell whether the run is waiting, running or paused."""
        return self.status in ACTIVE_STATUSES


@dataclass(frozen=True)
class RunState:
    """The columns of a run that the job queue looks at again and again."""

    status: Status
    stop_requested: bool
    device: str


def changes_from_event(event: Event) -> dict[str, Any]:
    """Return the columns of the run's own row that an event changes, with their new values."""
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
                "status": "stopped" if event.reason == "stopped" else "finished",
                "test_loss": event.test_loss,
                "test_accuracy": event.test_accuracy,
                "seconds": event.seconds,
                "confusion": json.dumps(event.confusion),
                "tested_epoch": event.tested_epoch,
            }
        case Paused():
            return {"status": "paused"}
        case StepDone():
            return {"status": "running"}
        case Snapshot():
            return {"best_epoch": event.epoch} if event.best else {}
        case Failed():
            return {"status": "failed", "message": event.message}
        case _:
            return {}


def run_from_row(row: Any) -> Run:
    """Return a stored row as a run; an active run without a heartbeat for LOST_AFTER_S seconds is interrupted."""
    status, message = row["status"], row["message"]
    if status in ACTIVE_STATUSES and time.time() - row["heard_at"] > LOST_AFTER_S:
        status, message = "interrupted", INTERRUPTED_MESSAGE
    values = {name: row[name] for name in Run.__dataclass_fields__ if name in row}
    values |= {
        "status": status,
        "message": message,
        "spec": _parse_spec(row["spec"]),
        "config": _parse_config(row["config"]),
        "confusion": _parse_matrix(row["confusion"]),
        "orders": orders_from_json(row["orders"]),
    }
    return Run(**values)


@lru_cache(maxsize=MAX_PARSED)
def _parse_spec(text: str) -> NetworkSpec:
    return NetworkSpec.from_json(text)


@lru_cache(maxsize=MAX_PARSED)
def _parse_config(text: str) -> TrainConfig:
    return TrainConfig.from_dict(json.loads(text))


def _parse_matrix(text: str | None) -> tuple[tuple[int, ...], ...] | None:
    rows = json.loads(text or "null")
    return None if rows is None else tuple(map(tuple, rows))


def orders_from_json(text: str) -> Orders:
    """Return the stored orders: JSON, or an empty text when nothing was ordered yet."""
    return Orders(**json.loads(text or "{}"))

"""What the run store keeps: its tables, a run as a value, and what an event changes in the run's row."""

import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from cnn_core.networks import NetworkSpec
from cnn_core.training.config import TrainConfig
from cnn_core.training.events import Event, Failed, Finished, Paused, Snapshot, Started, StepDone
from cnn_core.training.orders import Orders

Status = Literal["queued", "running", "paused", "finished", "stopped", "failed", "interrupted"]
ACTIVE_STATUSES = ("queued", "running", "paused")
# Workers say that they are alive every 2 s; after this long without a word, their run is taken for lost.
LOST_AFTER_S = 20.0
MAX_NAME_LENGTH, MAX_NOTE_LENGTH = 80, 2_000
INTERRUPTED_MESSAGE = (
    "The app or its worker was shut down while this run was going on. Its finished epochs are kept: it can go on from "
    "the last one."
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
    # Columns younger than the first databases: each may be null or has a default of the database's own.
    sa.Column("name", sa.String(MAX_NAME_LENGTH), nullable=False, server_default=""),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("deleted_at", sa.Float),
    sa.Column("batch", sa.String(40), nullable=False, server_default=""),
    sa.Column("parent", sa.String(40), nullable=False, server_default=""),
    sa.Column("confusion", sa.Text),
    sa.Column("orders", sa.Text, nullable=False, server_default=""),
    *(sa.Column(name, sa.Integer) for name in ("tested_epoch", "best_epoch", "parent_epoch")),
)
STEPS = sa.Table(
    "steps",
    TABLES,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    *(sa.Column(name, sa.Float, nullable=False) for name in ("loss", "accuracy", "learning_rate", "seconds")),
    sa.Column("gradient_norm", sa.Float),
)
EPOCHS = sa.Table(
    "epochs",
    TABLES,
    sa.Column("run_id", sa.String(40), sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    *(
        sa.Column(name, sa.Float, nullable=False)
        for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    ),
    sa.Column("dead_relus", sa.Float),
)


@dataclass(frozen=True)
class Run:
    """What the store knows of a run. `created_at` is in seconds since 1970; figures not reached yet are None.

    `batch` names the experiment it belongs to, `parent` the run with whose weights after `parent_epoch` it began ("",
    None for none). `orders` are what was asked of it while it went on. `confusion` is that of the test set, rows true,
    columns predicted, with the weights after `tested_epoch`; `best_epoch` had the lowest validation loss.
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
    orders: Orders = field(default_factory=Orders)
    tested_epoch: int | None = None
    best_epoch: int | None = None
    parent_epoch: int | None = None

    @property
    def epochs(self) -> int:
        """How many epochs it shall have."""
        return self.orders.epochs or self.config.epochs

    @property
    def is_active(self) -> bool:
        """Whether more may still come of it."""
        return self.status in ACTIVE_STATUSES


def changes_from_event(event: Event) -> dict[str, Any]:
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
    """A stored row as a run; one that nobody has worked on for LOST_AFTER_S seconds is interrupted."""
    status, message = row["status"], row["message"]
    if status in ACTIVE_STATUSES and time.time() - row["heard_at"] > LOST_AFTER_S:
        status, message = "interrupted", INTERRUPTED_MESSAGE
    values = {name: row[name] for name in Run.__dataclass_fields__ if name in row}
    values |= {
        "status": status,
        "message": message,
        "spec": NetworkSpec.from_json(row["spec"]),
        "config": TrainConfig.from_dict(json.loads(row["config"])),
        "confusion": _parse_matrix(row["confusion"]),
        "orders": orders_from_json(row["orders"]),
    }
    return Run(**values)


def _parse_matrix(text: str | None) -> tuple[tuple[int, ...], ...] | None:
    rows = json.loads(text or "null")
    return None if rows is None else tuple(map(tuple, rows))


def orders_from_json(text: str) -> Orders:
    """The orders as they are stored: JSON, or nothing."""
    return Orders(**json.loads(text or "{}"))

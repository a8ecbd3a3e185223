"""What the tests of the store share: a network, settings, events, and the database without the store."""

import numpy as np
import sqlalchemy as sa

from cnn_core.networks import preset
from cnn_core.runs import RunStore
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone, Finished, Snapshot, Started, StepDone

SPEC = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
CONFIG = TrainConfig(epochs=3, seed=7)


def sql(store: RunStore, statement: str, **values: object) -> list[tuple]:
    """What the statement gives, past the store."""
    engine = sa.create_engine(store.url)
    with engine.begin() as connection:
        result = connection.execute(sa.text(statement), values)
        rows = [tuple(row) for row in result] if result.returns_rows else []
    engine.dispose()
    return rows


def step(number: int) -> StepDone:
    return StepDone(number, 1, 1 / number, 0.5, 0.002, number / 10)


def finished(store: RunStore, workspace: str = "mine") -> str:
    run_id = store.create_run(workspace, SPEC, CONFIG)
    weights = Snapshot(0, {"w": np.zeros(3, np.float32)})
    epoch = EpochDone(1, 1.5, 0.4, 1.2, 0.5, 0.002, 3.0)
    store.append_events(
        run_id, Started("CPU", 6090, 3, 34, 2.3), step(1), epoch, weights, Finished("completed", 1, 1, 1, 1)
    )
    return run_id

"""A small network, a small data set and a run of them, shared by the tests of training."""

from dataclasses import replace

import numpy as np
import torch

from cnn_core.datasets import Dataset, Split
from cnn_core.networks import NetworkSpec
from cnn_core.networks.layers import BatchNorm, Conv2d, Dropout, Flatten, Linear, ReLU
from cnn_core.training import TrainConfig, train
from cnn_core.training.batches import batch_sizes, shuffled_order
from cnn_core.training.events import Event, Filters, Snapshot

SPEC = NetworkSpec(
    "Small",
    (1, 8, 8),
    (Conv2d(4, 3, padding=1), BatchNorm(), ReLU(), Conv2d(4, 3), ReLU(), Dropout(0.2), Flatten(), Linear(3)),
)


def split(count: int, seed: int) -> Split:
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=count)
    images = rng.integers(0, 120, size=(count, 1, 8, 8)) + 60 * labels[:, None, None, None]
    return Split(images.astype(np.uint8), labels.astype(np.int64))


DATA = Dataset("dots", ("a", "b", "c"), split(40, 0), split(20, 1), split(20, 2))


CONFIG = TrainConfig(batch_size=8, epochs=4, device="cpu")


def shuffled_batches(count: int, size: int, *, seed: int, epoch: int) -> list[torch.Tensor]:
    """The batches of image numbers that a run with this seed takes in this epoch."""
    return list(torch.split(shuffled_order(count, seed=seed, epoch=epoch), batch_sizes(count, size)))


def plain(event: Event) -> object:
    """The event without what the clock says."""
    if isinstance(event, Snapshot):
        return event.epoch, event.best, {name: array.tobytes() for name, array in event.weights.items()}
    return replace(event, seconds=0.0) if hasattr(event, "seconds") else event


def told(events: list[Event]) -> list[object]:
    return [plain(event) for event in events if not isinstance(event, Filters)]


def run(config: TrainConfig = CONFIG, **how) -> list[Event]:
    return list(train(SPEC, DATA, config, **how))


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]

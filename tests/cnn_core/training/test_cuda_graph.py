"""Training on a GPU: a recorded step learns what a step taken kernel by kernel learns. Needs a GPU."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cnn_core.datasets import Dataset, Split
from cnn_core.networks import BatchNorm, Conv2d, Dropout, Flatten, Linear, MaxPool2d, NetworkSpec, ReLU
from cnn_core.training import TrainConfig, step, train
from cnn_core.training.events import EpochDone, Finished, Snapshot, StepDone
from cnn_core.training.orders import Orders, StartPoint

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")

SPEC = NetworkSpec(
    "graphed",
    (3, 12, 12),
    (Conv2d(8, 3), BatchNorm(), ReLU(), MaxPool2d(2), Dropout(0.3), Flatten(), Linear(16), ReLU(), Linear(4)),
)
CONFIG = TrainConfig("made", batch_size=16, epochs=2, device="cuda", precision="float32")
OPTIMISERS = (
    {"optimizer": "sgd", "learning_rate": 0.05},
    {"optimizer": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "one-cycle"},
    {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 0.1, "label_smoothing": 0.1},
    {"optimizer": "adam", "learning_rate": 1e-3, "loss": "quadratic", "augmentation": ("flip", "mixup")},
    {"optimizer": "adam", "learning_rate": 1e-3, "precision": "mixed"},
)


def split(count: int) -> Split:
    rng = np.random.default_rng(count)
    return Split(rng.integers(0, 256, (count, 3, 12, 12), dtype=np.uint8), np.arange(count) % 4)


@pytest.fixture(scope="module")
def data() -> Dataset:
    """131 images: eight full batches of 16 an epoch and one of three."""
    return Dataset("made", ("a", "b", "c", "d"), split(131), split(40), split(41))


def losses(data: Dataset, config: TrainConfig, **more: object) -> list[float]:
    return [event.loss for event in train(SPEC, data, config, **more) if isinstance(event, StepDone)]


@pytest.mark.parametrize("changes", OPTIMISERS, ids=str)
def test_a_recorded_step_learns_the_same(data: Dataset, monkeypatch: pytest.MonkeyPatch, changes: dict) -> None:
    config = replace(CONFIG, **changes)
    recorded = losses(data, config)
    monkeypatch.setattr(step, "WARM_UP_STEPS", 10**9)
    plain = losses(data, config)
    assert len(recorded) == len(plain) == 18
    np.testing.assert_allclose(recorded, plain, rtol=2e-2 if config.precision == "mixed" else 1e-3, atol=1e-4)


def test_steps_are_recorded(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    keep = step.capture_step
    monkeypatch.setattr(step, "capture_step", lambda *batch: made.append(keep(*batch)) or made[-1])
    losses(data, CONFIG)
    assert [len(recorded.inputs[0]) for recorded in made] == [16]


def test_the_odd_last_batch_is_not_what_is_recorded(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    few = Dataset("made", data.class_names, split(3 * 16 + 5), data.val, data.test)  # the fourth step is the odd one
    made = []
    keep = step.capture_step
    monkeypatch.setattr(step, "capture_step", lambda *batch: made.append(keep(*batch)) or made[-1])
    losses(few, CONFIG)
    assert [len(recorded.inputs[0]) for recorded in made] == [16]


def test_more_steps_than_figures_are_kept_for(data: Dataset) -> None:
    many = losses(data, replace(CONFIG, epochs=70))
    assert len(many) == 630
    assert min(np.abs(np.diff(many[500:]))) > 0


def test_the_same_settings_give_the_same_numbers(data: Dataset) -> None:
    assert losses(data, CONFIG) == losses(data, CONFIG)


def test_dropout_draws_anew_at_every_step(data: Dataset) -> None:
    still = replace(CONFIG, learning_rate=1e-12, epochs=4)
    one = Dataset("made", data.class_names, split(16), data.val, data.test)  # the same batch again and again
    seen = losses(one, still)
    assert len(set(seen)) == len(seen) == 4


def test_another_learning_rate_is_taken_at_once(data: Dataset) -> None:
    taken = iter(range(10**6))

    def slow() -> Orders:
        return Orders(learning_rate=1e-12 if next(taken) > 40 else None)

    events = train(SPEC, data, replace(CONFIG, epochs=8), orders=slow)
    weights = [event.weights for event in events if isinstance(event, Snapshot)]
    names = [name for name in weights[0] if name.endswith("weight") and "norm" not in name]
    assert any(abs(weights[1][name] - weights[0][name]).max() > 1e-4 for name in names)
    assert all(abs(weights[-1][name] - weights[-2][name]).max() < 1e-6 for name in names)


def test_a_run_that_goes_on_is_the_run_that_went_on(data: Dataset) -> None:
    config = replace(CONFIG, epochs=4)
    whole = list(train(SPEC, data, config))
    second = next(event for event in whole if isinstance(event, Snapshot) and event.epoch == 2)
    later = list(train(SPEC, data, config, start=StartPoint(2, second.weights, second.optimizer)))
    last = [[e.train_loss for e in run if isinstance(e, EpochDone) and e.epoch > 2] for run in (whole, later)]
    np.testing.assert_allclose(*last, rtol=1e-4)
    assert isinstance(later[-1], Finished)

"""Early stopping, going on from a checkpoint, and forks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cnn_core.training.events import EpochDone, Finished, Snapshot
from cnn_core.training.inference import predict_logits
from cnn_core.training.orders import StartPoint
from tests.cnn_core.training.small_run import CONFIG, DATA, SPEC, of, run, told


def test_early_stopping_keeps_the_best_weights() -> None:
    config = replace(CONFIG, epochs=60, patience=3, learning_rate=0.02)
    events = run(config)
    epochs, last = of(EpochDone, events), events[-1]
    best = min(epochs, key=lambda epoch: epoch.val_loss).epoch
    assert isinstance(last, Finished)
    assert (last.reason, last.tested_epoch, last.epochs) == ("early", best, best + 3)
    assert len(epochs) == best + 3 < 60
    marked = [snapshot.epoch for snapshot in of(Snapshot, events) if snapshot.best]
    assert marked[-1] == best
    # the test figures are those of the best weights
    model = SPEC.build()
    weights = next(s.weights for s in of(Snapshot, events) if s.epoch == best)
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    answers = predict_logits(model, DATA.test.images, DATA).argmax(1)
    assert last.test_accuracy == pytest.approx((answers == DATA.test.labels).mean())
    assert last.confusion is not None
    assert sum(map(sum, last.confusion)) == 20


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("augmentation", [(), ("flip", "crop", "mixup")])
@pytest.mark.parametrize("cut", [1, 3])
def test_going_on_from_a_checkpoint_is_the_run_uncut(optimizer: str, augmentation: tuple[str, ...], cut: int) -> None:
    config = replace(CONFIG, optimizer=optimizer, schedule="cosine", augmentation=augmentation, patience=5)
    whole = run(config)
    at = next(i for i, event in enumerate(whole) if isinstance(event, Snapshot) and event.epoch == cut)
    snapshot = whole[at]
    best = [s for s in of(Snapshot, whole[: at + 1]) if s.best][-1]
    loss = next(e.val_loss for e in of(EpochDone, whole) if e.epoch == best.epoch)
    start = StartPoint(cut, snapshot.weights, snapshot.optimizer, 5.0, best.epoch, loss, best.weights)
    rest = run(config, start=start)
    assert told(rest[1:]) == told(whole[at + 1 :])
    assert rest[-1].seconds > 5.0


def test_a_fork_begins_with_the_weights_given() -> None:
    last = of(Snapshot, run())[-1]
    events = run(replace(CONFIG, learning_rate=1e-9, epochs=1), start=StartPoint(0, last.weights))
    first, after = of(Snapshot, events)
    assert first.epoch == 0
    for name, array in last.weights.items():
        np.testing.assert_array_equal(first.weights[name], array)
        if name.endswith("weight"):
            np.testing.assert_allclose(after.weights[name], array, atol=1e-6)

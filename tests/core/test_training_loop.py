"""The training loop: the same as a hand-written one, reproducible, stoppable, and clear about failure."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss
from torch.nn import functional as F

from cnn_core.datasets import Dataset, Split, load, normalisation
from cnn_core.spec import BatchNorm, Conv2d, Dropout, Flatten, Linear, NetworkSpec, ReLU, preset
from cnn_core.training import TrainConfig, train
from cnn_core.training.evaluation import measure, normaliser, pick_device, predict_logits
from cnn_core.training.events import EpochDone, Failed, Finished, Snapshot, Started, StepDone
from cnn_core.training.loop import shuffled_batches

SPEC = NetworkSpec(
    "test",
    (1, 6, 6),
    (Conv2d(4, 3), BatchNorm(), ReLU(), Dropout(0.2), Flatten(), Linear(3)),
)


def tiny(count: int = 33, classes: int = 3) -> Dataset:
    rng = np.random.default_rng(5)
    split = lambda n: Split(rng.integers(0, 256, (n, 1, 6, 6), dtype=np.uint8), np.arange(n) % classes)  # noqa: E731
    return Dataset("tiny", tuple("abcdef"[:classes]), split(count), split(12), split(15))


def without_time(events):
    """The events with everything that depends on the clock set to 0, weights as bytes."""
    for event in events:
        if isinstance(event, Snapshot):
            yield event.epoch, {name: value.tobytes() for name, value in event.weights.items()}
        else:
            yield dataclasses.replace(event, seconds=0.0) if hasattr(event, "seconds") else event


def test_events_come_in_order_and_count_right():
    events = list(train(SPEC, tiny(), TrainConfig(epochs=2, batch_size=8)))
    kinds = [type(event) for event in events]
    epoch = [*[StepDone] * 4, EpochDone, Snapshot]  # 33 images in batches of 8: the last one joins the fourth batch
    assert kinds == [Started, Snapshot, *epoch, *epoch, Finished]
    assert [e.step for e in events if isinstance(e, StepDone)] == list(range(1, 9))
    assert events[0].steps_per_epoch == 4
    assert events[0].parameters == SPEC.total_parameters
    assert events[-1].reason == "completed"


def test_same_seed_same_events_other_seed_other_events():
    config = TrainConfig(epochs=2, batch_size=8, seed=3)
    first, second = (list(without_time(train(SPEC, tiny(), config))) for _ in range(2))
    other = list(without_time(train(SPEC, tiny(), dataclasses.replace(config, seed=4))))
    assert first == second
    assert first != other


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.8, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.01),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_losses_equal_those_of_a_loop_written_by_hand(name):
    data = tiny()
    spec = NetworkSpec("plain", (1, 6, 6), (Conv2d(4, 3), ReLU(), Flatten(), Linear(3)))
    config = TrainConfig("tiny", name, 0.01, momentum=0.8, weight_decay=0.01, batch_size=10, epochs=3, seed=1)
    ours = [event.loss for event in train(spec, data, config) if isinstance(event, StepDone)]

    model = spec.build(seed=1)
    optimizer = OPTIMIZERS[name](model.parameters())
    mean, deviation = (torch.tensor(v).view(1, -1, 1, 1) for v in normalisation(data))
    images = (torch.tensor(data.train.images).float() - mean) / deviation
    theirs = []
    for epoch in (1, 2, 3):
        for batch in shuffled_batches(len(images), 10, seed=1, epoch=epoch):
            loss = F.cross_entropy(model(images[batch]), torch.tensor(data.train.labels)[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            theirs.append(loss.item())
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_an_untrained_network_guesses():
    data = load("digits")
    first = next(iter(train(preset("Tiny CNN"), data, TrainConfig())))
    assert first.initial_loss == pytest.approx(math.log(10), abs=0.1)


def test_digits_are_learned_with_the_default_settings():
    last = list(train(preset("Tiny CNN"), load("digits"), TrainConfig()))[-1]
    assert last.test_accuracy > 0.95


@given(st.integers(1, 60), st.integers(1, 70), st.integers(0, 5))
@settings(max_examples=80, deadline=None)
def test_batches_hold_every_image_once_and_never_a_lone_last_one(count, size, seed):
    batches = shuffled_batches(count, size, seed=seed, epoch=1)
    assert sorted(torch.cat(batches).tolist()) == list(range(count))
    assert size == 1 or count == 1 or len(batches[-1]) > 1
    assert torch.equal(torch.cat(batches), torch.cat(shuffled_batches(count, size, seed=seed, epoch=1)))


def test_every_epoch_has_an_order_of_its_own():
    first, second = (torch.cat(shuffled_batches(50, 10, seed=0, epoch=e)) for e in (1, 2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("batch_size", [1, 16, 32, 4096])
def test_odd_batch_sizes_work_with_batch_norm(batch_size):
    events = list(train(SPEC, tiny(), TrainConfig(epochs=1, batch_size=batch_size)))
    assert isinstance(events[-1], Finished)


def test_divergence_ends_the_run_with_what_to_change():
    data = load("digits")
    config = TrainConfig(optimizer="sgd", learning_rate=1e6)
    events = list(train(preset("Tiny CNN"), data, config))
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.message in {
        f"loss became {kind} at step {last.step}: lower the learning rate" for kind in ("NaN", "infinite")
    }
    assert [e.step for e in events if isinstance(e, StepDone)] == list(range(1, last.step))


@pytest.mark.parametrize("asked", range(14))
def test_a_stop_is_heeded_at_whatever_moment_it_comes(asked):
    times = iter(range(100))
    events = list(train(SPEC, tiny(), TrainConfig(epochs=2, batch_size=8), should_stop=lambda: next(times) >= asked))
    epochs = sum(isinstance(event, EpochDone) for event in events)
    last = events[-1]
    completed = asked >= 11  # 4 steps and 1 validation batch an epoch, 1 test batch
    assert last.reason == ("completed" if completed else "stopped")
    assert last.epochs == epochs == min(2, asked // 5)
    assert (last.test_accuracy is None) != completed


def test_snapshots_are_copies():
    snapshots = []
    kept = None
    for event in train(SPEC, tiny(), TrainConfig(epochs=2)):
        if isinstance(event, Snapshot):
            snapshots.append(event)
            kept = event.weights["conv1.weight"].copy() if kept is None else kept
    np.testing.assert_array_equal(snapshots[0].weights["conv1.weight"], kept)
    assert not np.array_equal(snapshots[-1].weights["conv1.weight"], kept)


def test_weights_of_the_last_snapshot_give_the_reported_accuracies():
    data = tiny(60)
    events = list(train(SPEC, data, TrainConfig(epochs=2)))
    snapshot = [event for event in events if isinstance(event, Snapshot)][-1]
    model = SPEC.build()
    model.load_state_dict({name: torch.tensor(value) for name, value in snapshot.weights.items()})
    logits = predict_logits(model, data.test.images, data)
    assert np.mean(logits.argmax(1) == data.test.labels) == events[-1].test_accuracy


def test_predictions_use_evaluation_mode_and_put_the_mode_back():
    data, model = tiny(), SPEC.build(seed=0)
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = (predict_logits(model, data.test.images, data) for _ in range(2))
    np.testing.assert_array_equal(first, second)  # dropout is off
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())  # batch norm is fixed
    assert model.training


def test_measure_equals_scikit_learn():
    data, model = tiny(), SPEC.build(seed=0)
    loss, accuracy = measure(model, data.val, normaliser(data, torch.device("cpu")), lambda: False)
    logits = torch.tensor(predict_logits(model, data.val.images, data), dtype=torch.float64)
    probabilities = torch.softmax(logits, 1).numpy()
    assert loss == pytest.approx(log_loss(data.val.labels, probabilities), abs=1e-6)
    assert accuracy == accuracy_score(data.val.labels, probabilities.argmax(1))


def test_what_does_not_fit_is_refused_before_anything_runs():
    with pytest.raises(ValueError, match=r"takes images of shape \(1, 6, 6\), digits has \(1, 8, 8\)"):
        train(SPEC, load("digits"), TrainConfig())
    with pytest.raises(ValueError, match="tells 3 classes apart, tiny has 4"):
        train(SPEC, tiny(classes=4), TrainConfig())


def test_a_missing_gpu_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="torch finds no GPU here"):
        pick_device("cuda")
    assert pick_device("auto").type == "cpu"


def test_running_out_of_memory_is_told(monkeypatch):
    def out_of_memory(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    events = train(SPEC, tiny(), TrainConfig())
    next(events)
    monkeypatch.setattr(F, "cross_entropy", out_of_memory)
    last = list(events)[-1]
    assert isinstance(last, Failed)
    assert last.message == "memory ran out at step 1: choose a smaller batch size or a smaller network"

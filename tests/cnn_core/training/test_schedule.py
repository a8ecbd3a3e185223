"""Schedules, losses, initialisation, early stopping, orders while a run goes on, and going on from a checkpoint."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from cnn_core.datasets import Dataset, Split
from cnn_core.networks import NetworkSpec
from cnn_core.networks.layers import BatchNorm, Conv2d, Dropout, Flatten, Linear, ReLU
from cnn_core.training import TrainConfig, train
from cnn_core.training.batches import balanced_subset
from cnn_core.training.config import AUGMENTATIONS, INITIALISATIONS, SCHEDULES
from cnn_core.training.device import seeded_random, steps_ahead, uses_mixed_precision
from cnn_core.training.diagnostics import dead_relu_share, gradient_norm
from cnn_core.training.events import EpochDone, Event, Filters, Finished, Paused, Snapshot, Started, StepDone
from cnn_core.training.initialise import initialise_weights
from cnn_core.training.objective import make_objective, quadratic_loss
from cnn_core.training.orders import Orders, StartPoint
from cnn_core.training.schedule import learning_rate

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


@given(st.integers(1, 12), st.integers(1, 40), st.floats(1e-4, 10))
@settings(max_examples=60, deadline=None)
def test_schedules_equal_torchs(epochs: int, per_epoch: int, rate: float) -> None:
    total = epochs * per_epoch
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    oracles = {"cosine": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)}
    if total > 4:  # torch divides by zero below
        other = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
        oracles["one-cycle"] = torch.optim.lr_scheduler.OneCycleLR(other, rate, total_steps=total)
    for name, oracle in oracles.items():
        config = TrainConfig(schedule=name)
        for step in range(1, total + 1):
            expected = oracle.optimizer.param_groups[0]["lr"]
            assert learning_rate(config, rate, step, per_epoch, epochs) == pytest.approx(expected, rel=1e-6, abs=1e-12)
            oracle.optimizer.step()
            if step < total:
                oracle.step()


def test_the_rate_falls_in_steps_of_whole_epochs() -> None:
    config = TrainConfig(schedule="step", step_every=2, step_factor=0.5)
    assert [learning_rate(config, 0.8, step, 3, 6) for step in (1, 6, 7, 12, 13, 18)] == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("per_epoch", "epochs"), [(1, 1), (1, 2), (2, 1), (1, 3)])
def test_the_shortest_runs_have_a_rate_too(schedule: str, per_epoch: int, epochs: int) -> None:
    for step in range(1, per_epoch * epochs + 3):  # and what was extended by hand
        rate = learning_rate(TrainConfig(schedule=schedule), 0.1, step, per_epoch, epochs)
        assert 0 <= rate <= 0.1
        assert math.isfinite(rate)


def test_the_quadratic_loss_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]])
    # one half and one half for class 0: ½(¼ + ¼); three quarters and a quarter for class 1: ½(9/16 + 9/16)
    assert quadratic_loss(logits, torch.tensor([0, 1])).item() == pytest.approx((0.25 + 0.5625) / 2)
    probabilities = torch.tensor([[0.5, 0.5], [0.75, 0.25]])
    assert quadratic_loss(logits, probabilities).item() == pytest.approx(0, abs=1e-12)


def test_smoothed_labels_equal_smoothed_probabilities() -> None:
    logits, labels = torch.randn(5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 3, 1, 2, 0])
    smooth = F.one_hot(labels, 4) * 0.8 + 0.2 / 4
    loss = make_objective("cross-entropy", 0.2)(logits, labels)
    assert loss.item() == pytest.approx(-(smooth * logits.log_softmax(1)).sum(1).mean().item(), rel=1e-6)


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_weights_are_drawn_as_the_scheme_says(scheme: str) -> None:
    model = nn.Sequential(nn.Conv2d(16, 64, 5), nn.ReLU(), nn.Flatten(), nn.Linear(400, 300))
    before = torch.random.get_rng_state()
    initialise_weights(model, scheme, seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    if scheme == "pytorch":
        return
    inputs, outputs = 400, 64 * 25
    deviation = {"he": math.sqrt(2 / inputs), "xavier": math.sqrt(2 / (inputs + outputs)), "normal": 0.01, "equal": 0.0}
    assert model[0].weight.std().item() == pytest.approx(deviation[scheme], rel=0.03, abs=1e-8)
    assert model[3].bias.abs().max().item() == 0
    again = nn.Sequential(nn.Conv2d(16, 64, 5), nn.ReLU(), nn.Flatten(), nn.Linear(400, 300))
    initialise_weights(again, scheme, seed=1)
    assert torch.equal(again[0].weight, model[0].weight)


def test_equal_weights_never_separate() -> None:
    spec = NetworkSpec("Equal", (1, 8, 8), (Conv2d(4, 3), ReLU(), Flatten(), Linear(3)))
    events = list(train(spec, DATA, replace(CONFIG, initialisation="equal", learning_rate=0.05)))
    weights = of(Snapshot, events)[-1].weights["conv1.weight"]
    assert np.abs(weights - weights[:1]).max() < 1e-6
    assert np.ptp(weights) > 0.01  # they did learn


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
    from cnn_core.training.inference import predict_logits

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


def test_a_paused_run_waits_takes_single_steps_and_goes_on_as_if_nothing_had_been() -> None:
    orders, events, since = [Orders()], [], []
    for event in train(SPEC, DATA, CONFIG, orders=lambda: orders[-1]):
        events.append(event)
        match event:
            case StepDone(step=3):
                orders.append(Orders(paused=True))
            case Paused(step=step) if step < 5:
                orders.append(Orders(paused=True, step_until=step + 1))
                since.append(step)
            case Paused():
                orders.append(Orders())
    assert since == [3, 4]
    assert [pause.step for pause in of(Paused, events)] == [3, 4, 5]
    assert told([event for event in events if not isinstance(event, Paused)]) == told(run())


def test_a_paused_run_can_be_stopped() -> None:
    asked = iter([Orders()] * 4 + [Orders(paused=True)] * 3)
    events = run(orders=lambda: next(asked, Orders(paused=True, stop=True)))
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "stopped"


def test_the_learning_rate_changes_while_it_runs_and_the_schedule_goes_on_from_it() -> None:
    config = replace(CONFIG, schedule="cosine")
    steps = of(StepDone, run(config, orders=lambda: Orders(learning_rate=0.5)))
    usual = of(StepDone, run(config))
    assert [step.learning_rate for step in steps] == pytest.approx([s.learning_rate / 0.002 * 0.5 for s in usual])


def test_a_run_is_extended_and_shortened() -> None:
    assert len(of(EpochDone, run(orders=lambda: Orders(epochs=7)))) == 7
    assert len(of(EpochDone, run(orders=lambda: Orders(epochs=2)))) == 2
    assert told(run(orders=lambda: Orders(epochs=7)))[1 : len(told(run())) - 1] == told(run())[1:-1]


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentation_trains_alike_twice(name: str) -> None:
    config = replace(CONFIG, augmentation=(name,), epochs=2)
    assert told(run(config)) == told(run(config)) != told(run(replace(CONFIG, epochs=2)))


def test_nesterov_is_torchs() -> None:
    config = replace(CONFIG, optimizer="sgd", nesterov=True, learning_rate=0.05)
    assert told(run(config)) != told(run(replace(config, nesterov=False)))
    with pytest.raises(ValueError, match="nesterov is true"):
        TrainConfig(nesterov=True)


def test_mixed_precision_still_learns_and_is_repeatable() -> None:
    config = replace(CONFIG, precision="mixed")
    events = run(config)
    assert told(events) == told(run(config)) != told(run())
    assert of(EpochDone, events)[-1].train_loss < of(EpochDone, events)[0].train_loss
    assert not uses_mixed_precision("auto", torch.device("cpu"), 1000)
    assert uses_mixed_precision("mixed", torch.device("cpu"), 0)
    assert not uses_mixed_precision("float32", torch.device("cpu"), 10**9)


def test_the_gradient_norm_is_what_torch_would_clip_by() -> None:
    model = SPEC.build(seed=0)
    model(torch.randn(4, 1, 8, 8)).square().sum().backward()
    expected = torch.nn.utils.clip_grad_norm_(model.parameters(), 1e9)
    assert gradient_norm(model).item() == pytest.approx(expected.item(), rel=1e-6)
    assert all(step.gradient_norm > 0 for step in of(StepDone, run()))


def test_dead_relus_are_counted_by_channel() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 1), nn.ReLU(), nn.Flatten(), nn.Linear(16, 4), nn.ReLU())
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].bias.copy_(torch.tensor([-1.0, 1.0, 0.0, 2.0]))  # channels 0 and 2 are dead
        model[3].weight.zero_()
        model[3].bias.copy_(torch.tensor([-1.0, 1.0, 1.0, 1.0]))  # unit 0 is dead
    images = torch.zeros(5, 1, 2, 2, dtype=torch.uint8)
    assert dead_relu_share(model, images, lambda x: x.float()) == pytest.approx(3 / 8)
    assert model.training
    assert dead_relu_share(nn.Sequential(nn.Conv2d(1, 1, 1)), images, lambda x: x.float()) is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("augmentation", ["flip", "spin"], "augmentation has 'spin'"),
        ("augmentation", 3, "augmentation has 3"),
        ("schedule", "linear", "schedule is 'linear'"),
        ("patience", -1, "patience is -1"),
        ("label_smoothing", 1.0, "label_smoothing is 1.0"),
        ("step_factor", 0.0, "step_factor is 0.0"),
        ("nesterov", "yes", "nesterov is 'yes'"),
        ("precision", "half", "precision is 'half'"),
        ("initialisation", None, "initialisation is None"),
    ],
)
def test_bad_settings_get_a_sentence(name: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[")):
        TrainConfig(**{name: value})


def test_settings_go_to_json_and_back() -> None:
    config = TrainConfig(augmentation=("cutout", "flip", "flip"), schedule="one-cycle", patience=4)
    assert config.augmentation == ("flip", "cutout")
    import json

    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_a_gpu_runs_ahead_as_far_as_nobody_notices() -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert steps_ahead(cpu, 1e-4) == 1
    assert [steps_ahead(gpu, seconds) for seconds in (2.0, 0.05, 0.0025, 1e-6, 0.0)] == [1, 1, 20, 256, 256]


def test_dropout_draws_what_torchs_own_seeding_gives() -> None:
    torch.manual_seed(7)
    expected = torch.rand(5)
    torch.manual_seed(8)
    after = torch.rand(3)
    torch.manual_seed(8)
    with seeded_random(torch.device("cpu"), 7):
        assert torch.equal(torch.rand(5), expected)
    assert torch.equal(torch.rand(3), after)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 70))
@settings(max_examples=100, deadline=None)
def test_few_images_are_of_all_classes_alike(labels: list[int], count: int) -> None:
    numbers = np.arange(len(labels), dtype=np.uint8)
    kept = balanced_subset(Split(numbers[:, None, None, None], np.array(labels, dtype=np.int64)), count)
    assert len(kept) == (min(count, len(labels)) or len(labels))
    places = kept.images.ravel()
    assert list(places) == sorted(set(places))
    assert list(kept.labels) == [labels[place] for place in places]
    here, there = (np.bincount(part, minlength=5) for part in (kept.labels, labels))
    most = here.max()
    assert all(some == whole or some >= most - 1 for some, whole in zip(here, there, strict=True))


def test_a_run_learns_from_the_few_images_asked_for() -> None:
    some = replace(CONFIG, train_images=9)
    events = run(some)
    assert of(Started, events)[0].steps_per_epoch == 1  # 8 images and a last one that joins them
    assert len(of(EpochDone, events)) == some.epochs
    cut = replace(DATA, train=balanced_subset(DATA.train, 9))
    # The same steps as with a data set that has no more images, but for the normalisation with all of them.
    assert [s.step for s in of(StepDone, events)] == [s.step for s in of(StepDone, list(train(SPEC, cut, CONFIG)))]
    assert told(run(replace(CONFIG, train_images=400))) == told(run())
    flat = NetworkSpec("Flat", (1, 8, 8), (Flatten(), Linear(4), BatchNorm(), Linear(3)))
    with pytest.raises(ValueError, match="batches of one image"):
        train(flat, DATA, replace(CONFIG, train_images=1))


def test_runs_in_threads_of_one_process_draw_as_if_alone() -> None:
    """As runs that share a GPU do: dropout and first weights come from generators that belong to the whole process."""
    from concurrent.futures import ThreadPoolExecutor

    configs = [replace(CONFIG, seed=seed, epochs=6) for seed in range(4)]
    alone = [told(run(config)) for config in configs]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda config: told(run(config)), configs)) == alone

"""The training loop: the same as a hand-written one, reproducible, stoppable, and clear about failure."""

import dataclasses
import gc
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from cnn_core.datasets import BUILT_IN, Dataset, Split, channel_statistics, load
from cnn_core.networks import BatchNorm, Conv2d, Dropout, Flatten, Linear, NetworkSpec, ReLU, preset
from cnn_core.training import TrainConfig, train
from cnn_core.training.events import EpochDone, Failed, Filters, Finished, Snapshot, Started, StepDone
from cnn_core.training.inference import predict_logits
from tests.cnn_core.training.small_run import shuffled_batches

SPEC = NetworkSpec("test", (1, 6, 6), (Conv2d(4, 3), BatchNorm(), ReLU(), Dropout(0.2), Flatten(), Linear(3)))


@pytest.fixture(autouse=True)
def one_thread():
    """Networks this small gain nothing from more threads, and lose much on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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


@given(st.integers(2, 40), st.integers(2, 50), st.integers(1, 3))
@example(33, 8, 2)  # the last image joins the fourth batch
@settings(max_examples=15, deadline=None)
def test_events_come_in_order_and_count_right(count, size, epochs):
    run = train(SPEC, tiny(count), TrainConfig(epochs=epochs, batch_size=size))
    events = [event for event in run if not isinstance(event, Filters)]  # one a second: a slow machine sends some
    steps = max(1, count // size + (count % size > 1))
    epoch = [*[StepDone] * steps, EpochDone, Snapshot]
    assert [type(event) for event in events] == [Started, Snapshot, *epoch * epochs, Finished]
    numbers = [(event.step, event.epoch) for event in events if isinstance(event, StepDone)]
    assert numbers == [(step + 1, step // steps + 1) for step in range(steps * epochs)]
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == list(range(1, epochs + 1))
    assert [event.epoch for event in events if isinstance(event, Snapshot)] == list(range(epochs + 1))
    first, last = events[0], events[-1]
    assert (first.parameters, first.epochs, first.steps_per_epoch) == (SPEC.total_parameters, epochs, steps)
    assert (last.reason, last.epochs) == ("completed", epochs)


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
    mean, deviation = (torch.tensor(v).view(1, -1, 1, 1) for v in channel_statistics(data))
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


def test_training_imports_neither_the_screen_nor_the_cluster():
    code = "from cnn_core.datasets import load; from cnn_core.networks import preset"
    code += "; from cnn_core.training import TrainConfig, train"
    code += "; *_, last = train(preset('Tiny CNN'), load('digits'), TrainConfig(epochs=1, train_images=40))"
    code += "; import sys; print(last.reason, {'streamlit', 'altair', 'dask', 'distributed'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["completed", "set()"]


def test_digits_are_learned_with_the_default_settings():
    last = list(train(preset("Tiny CNN"), load("digits"), TrainConfig()))[-1]
    assert last.test_accuracy > 0.95


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
        f"The loss became {kind} at step {last.step}: lower the learning rate." for kind in ("NaN", "infinite")
    }
    assert [e.step for e in events if isinstance(e, StepDone)] == list(range(1, last.step))


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


def test_what_does_not_fit_is_refused_before_anything_runs():
    with pytest.raises(ValueError, match=r"takes images of shape \(1, 6, 6\), digits has \(1, 8, 8\)"):
        train(SPEC, load("digits"), TrainConfig())
    with pytest.raises(ValueError, match="tells 3 classes apart, tiny has 4"):
        train(SPEC, tiny(classes=4), TrainConfig())


def test_running_out_of_memory_is_told(monkeypatch):
    def out_of_memory(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    events = train(SPEC, tiny(), TrainConfig())
    next(events)
    monkeypatch.setattr(F, "cross_entropy", out_of_memory)
    last = list(events)[-1]
    assert isinstance(last, Failed)
    assert last.message == "Memory ran out at step 1: choose a smaller batch size or a smaller network."


def run_data(count: int = 33) -> Dataset:
    """Real digits, few of them, with a validation set of two evaluation batches."""
    digits = load("digits")
    cut = Split(digits.train.images[:count], digits.train.labels[:count])
    return Dataset("digits", digits.class_names, cut, digits.val, digits.test)


def test_a_stopped_run_is_the_full_run_cut_short():
    config = TrainConfig(epochs=2, batch_size=8)
    full = list(without_time(train(preset("Tiny CNN"), run_data(), config)))
    for asked in range(14 + 1):  # 4 steps and 2 validation batches an epoch, then 2 test batches
        times = iter(range(100))
        run = train(
            preset("Tiny CNN"), run_data(), config, should_stop=lambda times=times, asked=asked: next(times) >= asked
        )
        *events, last = without_time(run)
        assert events == full[: len(events)]
        assert sum(isinstance(event, StepDone) for event in events) == 4 * min(asked // 6, 2) + min(asked % 6, 4) * (
            asked < 12
        )
        assert last == (full[-1] if asked == 14 else Finished("stopped", min(asked // 6, 2), None, None, 0.0))


def test_a_run_may_be_left_before_its_end():
    run = train(SPEC, tiny(), TrainConfig())
    assert isinstance(next(run), Started)
    run.close()
    assert list(run) == []


def by_formula(name, weights, gradients, state, step):
    """One update, from the papers: Sutskever et al. 2013, Kingma & Ba 2015, Loshchilov & Hutter 2019."""
    rate, momentum, decay, beta1, beta2 = 0.01, 0.8, 0.1, 0.9, 0.999
    for weight, gradient, kept in zip(weights, gradients, state, strict=True):
        if name == "adamw":
            weight *= 1 - rate * decay
        else:
            gradient = gradient + decay * weight
        if name == "sgd":
            kept["v"] = momentum * kept.get("v", 0) + gradient
            weight -= rate * kept["v"]
            continue
        kept["m"] = beta1 * kept.get("m", 0) + (1 - beta1) * gradient
        kept["v"] = beta2 * kept.get("v", 0) + (1 - beta2) * gradient**2
        mean, square = kept["m"] / (1 - beta1**step), kept["v"] / (1 - beta2**step)
        weight -= rate * mean / (square.sqrt() + 1e-8)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_follows_its_formula(name):
    data = tiny()
    spec = NetworkSpec("plain", (1, 6, 6), (Conv2d(4, 3), ReLU(), Flatten(), Linear(3)))
    config = TrainConfig("tiny", name, 0.01, momentum=0.8, weight_decay=0.1, batch_size=10, epochs=3, seed=1)
    events = list(train(spec, data, config))

    model = spec.build(seed=1).double()  # in double precision: the run must agree with what is exact
    weights, state = list(model.parameters()), [{} for _ in model.parameters()]
    pixels = data.train.images.astype(np.float64)
    images, labels = torch.tensor((pixels - pixels.mean()) / pixels.std()), torch.tensor(data.train.labels)
    batches = [batch for epoch in (1, 2, 3) for batch in shuffled_batches(33, 10, seed=1, epoch=epoch)]
    losses = []
    for step, batch in enumerate(batches, 1):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        losses.append(loss.item())
        with torch.no_grad():
            by_formula(name, weights, torch.autograd.grad(loss, weights), state, step)
    assert [event.loss for event in events if isinstance(event, StepDone)] == pytest.approx(losses, abs=2e-6)
    last = [event for event in events if isinstance(event, Snapshot)][-1]
    for ours, exact in zip(last.weights.values(), weights, strict=True):
        np.testing.assert_allclose(ours, exact.detach().numpy(), atol=1e-5)


def test_the_epochs_figures_are_means_over_its_images():
    events = list(train(SPEC, tiny(), TrainConfig(epochs=2, batch_size=8)))
    for epoch in (event for event in events if isinstance(event, EpochDone)):
        steps = [event for event in events if isinstance(event, StepDone) and event.epoch == epoch.epoch]
        sizes = [8, 8, 8, 9]
        assert epoch.train_loss == pytest.approx(sum(s.loss * n for s, n in zip(steps, sizes, strict=True)) / 33)
        right = [s.accuracy * n for s, n in zip(steps, sizes, strict=True)]
        assert right == pytest.approx(np.round(right))
        assert epoch.train_accuracy == pytest.approx(sum(right) / 33)
    seconds = [event.seconds for event in events if hasattr(event, "seconds")]
    assert seconds == sorted(seconds)


def test_layers_know_whether_they_learn_or_are_measured():
    seen = []
    hook = torch.nn.modules.module.register_module_forward_pre_hook(
        lambda module, inputs: seen.append((type(module).__name__, module.training, len(inputs[0])))
    )
    try:
        for event in train(SPEC, tiny(), TrainConfig(epochs=2, batch_size=8)):
            modes = {(kind, training) for kind, training, _ in seen if kind in ("BatchNorm2d", "Dropout")}
            learning = isinstance(event, StepDone)
            expected = set() if isinstance(event, Snapshot) else {("BatchNorm2d", learning), ("Dropout", learning)}
            assert modes == expected, event
            assert all(size > 1 for *_, size in seen)
            seen.clear()
    finally:
        hook.remove()


def test_batch_norm_counts_training_batches_only():
    events = train(SPEC, tiny(), TrainConfig(epochs=3, batch_size=8))
    counted = [int(e.weights["bn1.num_batches_tracked"]) for e in events if isinstance(e, Snapshot)]
    assert counted == [0, 4, 8, 12]


def test_the_first_snapshot_is_the_network_as_built():
    snapshot = next(event for event in train(SPEC, tiny(), TrainConfig(seed=6)) if isinstance(event, Snapshot))
    for name, value in SPEC.build(seed=6).state_dict().items():
        np.testing.assert_array_equal(snapshot.weights[name], value.numpy())


def test_dropout_is_the_runs_own_whoever_else_draws_meanwhile():
    config = TrainConfig(epochs=2, batch_size=8)
    alone = list(without_time(train(SPEC, tiny(), config)))
    dice = torch.get_rng_state()
    quiet = train(SPEC, tiny(), config)
    assert list(without_time(quiet)) == alone
    assert torch.equal(torch.get_rng_state(), dice), "training leaves torch's random numbers to their owner"
    disturbed = []
    for event in train(SPEC, tiny(), config):
        torch.rand(7)
        disturbed.append(event)
    assert list(without_time(disturbed)) == alone


def test_dropout_differs_from_step_to_step():
    masks = []
    hook = torch.nn.modules.module.register_module_forward_hook(
        lambda module, _, output: (
            masks.append(output) if module.training and isinstance(module, torch.nn.Dropout) else None
        )
    )
    try:
        spec = NetworkSpec("", (1, 6, 6), (Flatten(), Dropout(0.5), Linear(3)))
        list(train(spec, tiny(), TrainConfig(epochs=2, batch_size=33)))
    finally:
        hook.remove()
    first, second = (mask == 0 for mask in masks)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("name", BUILT_IN)
def test_an_untrained_network_guesses_on_every_data_set(name):
    data = load(name)
    spec = preset("Tiny CNN", input_shape=data.input_shape, classes=len(data.class_names))
    losses = [next(train(spec, data, TrainConfig(name, seed=seed))).initial_loss for seed in range(5)]
    assert losses == pytest.approx([math.log(len(data.class_names))] * 5, abs=0.1)


@pytest.mark.parametrize(("rate", "decay"), [(1.0, 3.0), (1.0, 10.0), (1e6, 0.0), (1e6, 10.0)])
def test_no_figure_of_a_diverging_run_is_ever_nan_or_infinite(rate, decay):
    config = TrainConfig("digits", "sgd", rate, momentum=0, weight_decay=decay, batch_size=4096, epochs=150)
    events = list(train(preset("Tiny CNN"), run_data(), config))
    assert isinstance(events[-1], Failed)
    cut = dataclasses.replace(config, epochs=max(1, events[-1].step - 1))
    events += train(preset("Tiny CNN"), run_data(), cut)
    for event in events:
        if isinstance(event, Snapshot):
            assert all(np.isfinite(value).all() for value in event.weights.values())
        else:
            numbers = [value for value in dataclasses.asdict(event).values() if isinstance(value, float)]
            assert np.isfinite(numbers).all(), event


def test_an_infinite_loss_is_called_so():
    """Weight decay of 10 at a rate of 0.3 makes every weight −2 times itself: it grows until a loss overflows."""
    spec = NetworkSpec("", (1, 8, 8), (Flatten(), Linear(10)))
    config = TrainConfig("digits", "sgd", 0.3, momentum=0, weight_decay=10, batch_size=16, epochs=200)
    last = list(train(spec, run_data(), config))[-1]
    assert last == Failed(f"The loss became infinite at step {last.step}: lower the learning rate.", last.step)


def test_running_out_of_ordinary_memory_is_told():
    """A petabyte is refused by every allocator, however much memory there is."""
    times = iter(range(100))
    hungry = lambda: next(times) >= 3 and torch.empty(2**50, dtype=torch.uint8) is None  # noqa: E731
    *_, before, last = train(SPEC, tiny(), TrainConfig(batch_size=8), should_stop=hungry)
    assert before.step == 3
    assert last == Failed("Memory ran out at step 4: choose a smaller batch size or a smaller network.", 4)


def test_other_errors_are_not_hidden():
    def broken():
        raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError, match="the database is away"):
        list(train(SPEC, tiny(), TrainConfig(), should_stop=broken))


@pytest.mark.parametrize(("count", "batch_size"), [(6, 1), (1, 32)])
def test_batch_norm_over_single_values_is_refused_at_once(count, batch_size):
    spec = NetworkSpec("", (1, 6, 6), (Flatten(), Linear(8), BatchNorm(), ReLU(), Linear(3)))
    with pytest.raises(ValueError, match=r"bn1 .*batch size"):
        train(spec, tiny(count), TrainConfig(batch_size=batch_size))
    assert isinstance(list(train(spec, tiny(6), TrainConfig(batch_size=5, epochs=1)))[-1], Finished)


@pytest.mark.parametrize("part", ["train", "val", "test"])
def test_an_empty_split_is_refused_at_once(part):
    data = tiny()
    nothing = Split(data.train.images[:0], data.train.labels[:0])
    with pytest.raises(ValueError, match=f"tiny has no images in its {part} split"):
        train(SPEC, dataclasses.replace(data, **{part: nothing}), TrainConfig())


def test_nothing_grows_from_epoch_to_epoch():
    counts = []
    for event in train(SPEC, tiny(), TrainConfig(epochs=6, batch_size=8)):
        if isinstance(event, EpochDone) and event.epoch in (3, 6):
            gc.collect()
            counts.append(sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects()))
    assert counts[0] == counts[1]

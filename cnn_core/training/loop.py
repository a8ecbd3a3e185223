"""The training loop: a generator of plain-data events that a page, a store, a benchmark or a notebook reads."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from cnn_core.datasets import Dataset
from cnn_core.networks import NetworkSpec
from cnn_core.training.batches import Batches, balanced_subset
from cnn_core.training.config import TrainConfig
from cnn_core.training.cuda_graph import WARM_UP_STEPS, CapturedStep, capture_step, make_capturable, set_learning_rate
from cnn_core.training.device import pick_device, steps_ahead, uses_mixed_precision
from cnn_core.training.diagnostics import dead_relu_share, first_convolution, gradient_norm
from cnn_core.training.events import (
    Arrays,
    EpochDone,
    Event,
    Failed,
    Filters,
    Finished,
    Paused,
    Snapshot,
    Started,
    StepDone,
)
from cnn_core.training.inference import EVALUATION_BATCH, logit_batches, make_normaliser, measure_split
from cnn_core.training.initialise import initialise_weights
from cnn_core.training.objective import Objective, make_objective
from cnn_core.training.optimisers import load_optimizer_state, make_optimizer, optimizer_state
from cnn_core.training.orders import Orders, StartPoint
from cnn_core.training.pretrained import apply_pretrained, check_pretrained, set_training_mode
from cnn_core.training.random_streams import derive_seed, seeded_random
from cnn_core.training.schedule import learning_rate

FILTERS_EVERY_S = 1.0
PAUSE_S = 0.05
StopCheck = Callable[[], bool]
OrdersSource = Callable[[], Orders]


@dataclass(frozen=True)
class _PendingStep:
    """A step that was taken; loss, correct answers and gradient's length, `figures` (3,), may be still under way."""

    step: int
    size: int
    rate: float
    seconds: float
    figures: Tensor


@dataclass
class _Session:
    """A run under way: what stays the same over it, and how far it is."""

    spec: NetworkSpec
    data: Dataset
    config: TrainConfig
    orders: OrdersSource
    should_stop: StopCheck
    device: torch.device
    model: nn.Module
    optimizer: torch.optim.Optimizer
    normalise: Callable[[Tensor], Tensor]
    batches: Batches
    objective: Objective
    mixed: bool
    has_dropout: bool  # whether the network draws random numbers while it learns (dropout)
    started_at: float
    epoch: int = 0
    best: tuple[int, float] = (0, math.inf)
    best_weights: Arrays = field(default_factory=dict)
    filters_at: float = 0.0
    steps_ahead: int = 1  # steps that may be taken before their figures are fetched
    rate: float = math.nan  # of the last step
    steps_taken: int = 0  # steps, since the run began or went on
    captured_step: CapturedStep | None = None  # the step as the GPU plays it back

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started_at

    @property
    def epochs(self) -> int:
        """How many there shall be, as far as is known now."""
        return self.orders().epochs or self.config.epochs

    def is_stopped(self) -> bool:
        return self.should_stop() or self.orders().stop

    def autocast_context(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed)


def train(
    spec: NetworkSpec,
    data: Dataset,
    config: TrainConfig,
    *,
    should_stop: StopCheck | None = None,
    orders: OrdersSource | None = None,
    start: StartPoint | None = None,
) -> Iterator[Event]:
    """Train `spec` on `data` and say what happens: Started, Snapshot 0, then each epoch's StepDone …, EpochDone and
    Snapshot, with Filters and Paused between them, and at last Finished or Failed.

    The same settings on the same device give the same numbers, and so does a run that goes on from a `start` of itself;
    torch's global random state is left alone. Images are normalised with the train split's statistics; the validation
    set is looked at after every epoch and the test set once, at the end. A last batch of one image joins the batch
    before it (batch norm needs two). `should_stop` and `orders` are asked at every step and evaluation batch.
    Raises ValueError when the network does not fit the images, the classes or batches of one image, when a split is
    empty, or when the device is not there.
    """
    _check_inputs(spec, data, config)
    return _catch_memory_errors(
        _run_training(spec, data, config, orders or Orders, should_stop or (lambda: False), start)
    )


def _check_inputs(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> None:
    """ValueError with a sentence for what could not run."""
    seen = config.network_shape(data.input_shape)
    if spec.input_shape != seen:
        raise ValueError(f"the network takes images of shape {spec.input_shape}, {data.name} has {seen}.")
    check_pretrained(spec, config)
    if spec.classes != len(data.class_names):
        raise ValueError(f"the network tells {spec.classes} classes apart, {data.name} has {len(data.class_names)}.")
    empty = [part for part in ("train", "val", "test") if not len(getattr(data, part))]
    if empty:
        raise ValueError(f"{data.name} has no images in its {empty[0]} split: every split needs some.")
    norms = [row for row in spec.summary() if row.kind == "BatchNorm" and math.prod(row.output_shape[1:]) == 1]
    if norms and min(config.batch_size, len(balanced_subset(data.train, config.train_images))) == 1:
        name = norms[0].name
        raise ValueError(f"{name} cannot learn from batches of one image: choose a batch_size of 2 or more images.")
    pick_device(config.device)


def _make_session(
    spec: NetworkSpec,
    data: Dataset,
    config: TrainConfig,
    orders: OrdersSource,
    should_stop: StopCheck,
    start: StartPoint | None,
) -> _Session:
    device = pick_device(config.device)
    with seeded_random(torch.device("cpu"), config.seed):
        model = spec.build(seed=config.seed)
        initialise_weights(model, config.initialisation, config.seed)
        apply_pretrained(model, spec, config, load=start is None)
    model.to(device).to(memory_format=torch.channels_last)  # the layout that convolutions are fastest in
    optimizer = make_optimizer(model, config)
    rows = spec.summary()
    session = _Session(
        spec,
        data,
        config,
        orders,
        should_stop,
        device,
        model,
        optimizer,
        make_normaliser(data, device, config),
        Batches(balanced_subset(data.train, config.train_images), config, device),
        make_objective(config.loss, config.label_smoothing),
        uses_mixed_precision(config.precision, device, sum(row.macs for row in rows)),
        any(row.kind in ("Dropout", "Dropout2d") for row in rows),
        time.perf_counter(),
    )
    if start is not None:
        model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in start.weights.items()})
        load_optimizer_state(optimizer, start.optimizer)
        session.epoch, session.started_at = start.epoch, session.started_at - start.seconds
        session.best, session.best_weights = (start.best_epoch, start.best_loss), start.best_weights
    if device.type == "cuda":
        make_capturable(optimizer, device)
    return session


def _run_training(
    spec: NetworkSpec,
    data: Dataset,
    config: TrainConfig,
    orders: OrdersSource,
    should_stop: StopCheck,
    start: StartPoint | None,
) -> Generator[Event, None, None]:
    session = _make_session(spec, data, config, orders, should_stop, start)
    yield _started_event(session)
    if session.epoch == 0:
        yield _make_snapshot(session)
    early = False
    while session.epoch < session.epochs and not early:
        outcome = yield from _run_epoch(session)
        yield outcome
        if not isinstance(outcome, EpochDone):
            return
        session.epoch = outcome.epoch
        best = outcome.val_loss < session.best[1]
        snapshot = _make_snapshot(session, best=best)
        if best:
            session.best = (outcome.epoch, outcome.val_loss)
            session.best_weights = snapshot.weights if config.patience else {}
        yield snapshot
        early = 0 < config.patience <= session.epoch - session.best[0]
    yield _finish_run(session, early)


def _run_epoch(session: _Session) -> Generator[Event, None, EpochDone | Finished | Failed]:
    """The next epoch's steps and, returned, what it came to."""
    epoch = session.epoch + 1
    losses, correct, sizes, step, rate = 0.0, 0.0, 0, 0, 0.0
    for event, size in _run_steps(session, epoch):
        if isinstance(event, StepDone):
            if not math.isfinite(event.loss):
                return Failed(_divergence_message(event.loss, event.step), event.step)
            losses, correct, sizes = losses + event.loss * size, correct + event.accuracy * size, sizes + size
            step, rate = event.step, event.learning_rate
        yield event
    validation = None
    if sizes == len(session.batches.labels):
        with session.autocast_context():
            validation = measure_split(
                session.model, session.data.val, session.normalise, session.is_stopped, _plain_objective(session)
            )
    if validation is None:
        return Finished("stopped", epoch - 1, None, None, session.seconds)
    if not math.isfinite(validation.loss):  # the last step of the epoch broke the weights
        return Failed(_divergence_message(validation.loss, step), step)
    some = torch.from_numpy(session.data.val.images[:EVALUATION_BATCH])
    dead = dead_relu_share(session.model, some, session.normalise)
    return EpochDone(
        epoch, losses / sizes, correct / sizes, validation.loss, validation.accuracy, rate, session.seconds, dead
    )


def _run_steps(session: _Session, epoch: int) -> Iterator[tuple[Event, int]]:
    """The optimiser steps of one epoch, each with the number of images in its batch; other events have none."""
    set_training_mode(session.model, session.config)
    waiting: list[_PendingStep] = []
    since = session.seconds
    for step, chosen in enumerate(
        session.batches.epoch_batches(epoch), (epoch - 1) * session.batches.steps_per_epoch + 1
    ):
        orders = session.orders()
        if orders.paused and not session.is_stopped() and step > orders.step_until:
            yield from _fetch_step_events(waiting, epoch)
            waiting = []
            yield Paused(step - 1), 0
            orders = _wait_while_paused(session, step)
        if session.is_stopped():
            break
        rate = _update_learning_rate(session, orders, step)
        figures = _take_step(session, chosen, step)
        waiting.append(_PendingStep(step, len(chosen), rate, session.seconds, figures))
        if len(waiting) >= session.steps_ahead:
            told = _fetch_step_events(waiting, epoch)
            session.steps_ahead = steps_ahead(session.device, (session.seconds - since) / len(waiting))
            waiting = []
            yield from told
            if session.seconds - session.filters_at > FILTERS_EVERY_S:
                yield from _filter_events(session, step)
            since = session.seconds
    yield from _fetch_step_events(waiting, epoch)


def _wait_while_paused(session: _Session, step: int) -> Orders:
    """Until `step` may be taken or the run shall stop; the clock of the run stands still."""
    since = time.perf_counter()
    while (orders := session.orders()).paused and not session.is_stopped() and step > orders.step_until:
        time.sleep(PAUSE_S)
    session.started_at += time.perf_counter() - since
    return orders


def _update_learning_rate(session: _Session, orders: Orders, step: int) -> float:
    base = orders.learning_rate or session.config.learning_rate
    epochs = orders.epochs or session.config.epochs
    rate = learning_rate(session.config, base, step, session.batches.steps_per_epoch, epochs)
    if rate != session.rate:
        set_learning_rate(session.optimizer, rate)
        session.rate = rate
    return rate


def _take_step(session: _Session, indices: Tensor, step: int) -> Tensor:
    """One optimiser step: loss, number of correct answers and length of the gradient, (3,) on the device.

    Dropout draws from a seed of this step's own: no other drawing changes the run, or is changed by it.
    """
    session.steps_taken += 1
    seed = derive_seed(session.config.seed, "dropout", step) if session.has_dropout else 0
    with seeded_random(session.device, seed) if session.has_dropout else nullcontext():
        if session.device.type == "cpu" or session.steps_taken <= WARM_UP_STEPS:
            return _learn_batch(session, *session.batches.gather_batch(indices, step))
        return _replay_step(session, indices, step)


def _replay_step(session: _Session, indices: Tensor, step: int) -> Tensor:
    """The step as the GPU has recorded it. Augmentations draw on the CPU, so they stay out of the recording."""
    outside = bool(session.config.augmentation)
    batch = session.batches.gather_batch(indices, step) if outside else (indices,)

    def learn_inputs(*given: Tensor) -> Tensor:
        return _learn_batch(session, *(given if outside else session.batches.gather_batch(given[0], step)))

    if session.captured_step is None and len(indices) == min(session.config.batch_size, len(session.batches.labels)):
        session.captured_step = capture_step(learn_inputs, batch)
    if session.captured_step is None or not session.captured_step.accepts_inputs(batch):
        return learn_inputs(*batch)
    return session.captured_step.replay(batch)


def _learn_batch(session: _Session, images: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
    session.optimizer.zero_grad(set_to_none=True)
    with session.autocast_context():
        logits: Tensor = session.model(session.normalise(images)).float()
    loss = session.objective(logits, targets)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = gradient_norm(session.model)
    session.optimizer.step()
    correct = (logits.detach().argmax(1) == labels).sum()
    return torch.stack((loss.detach(), correct.float(), norm.float()))


def _fetch_step_events(waiting: list[_PendingStep], epoch: int) -> list[tuple[Event, int]]:
    """The steps as events, each with its batch's size. This waits for the device, once for all of them."""
    events: list[tuple[Event, int]] = []
    if not waiting:
        return events
    figures = torch.stack([taken.figures for taken in waiting]).tolist()
    for taken, (loss, correct, norm) in zip(waiting, figures, strict=True):
        gradient = norm if math.isfinite(norm) else None
        accuracy = correct / taken.size
        events.append((StepDone(taken.step, epoch, loss, accuracy, taken.rate, taken.seconds, gradient), taken.size))
    return events


def _filter_events(session: _Session, step: int) -> Iterator[tuple[Event, int]]:
    session.filters_at = session.seconds
    layer = first_convolution(session.model)
    if layer is not None:
        yield Filters(step, layer.weight.detach().float().cpu().contiguous().numpy().copy()), 0


def _finish_run(session: _Session, early: bool) -> Finished | Failed:
    """The test set, looked at once: with the best weights where the run watched for them."""
    tested = session.epoch
    if session.config.patience and session.best_weights:
        tested = session.best[0]
        weights = {name: torch.from_numpy(array) for name, array in session.best_weights.items()}
        session.model.load_state_dict(weights)
    test = measure_split(
        session.model, session.data.test, session.normalise, session.is_stopped, _plain_objective(session)
    )
    if test is None:
        return Finished("stopped", session.epoch, None, None, session.seconds)
    if not math.isfinite(test.loss):
        step = session.epoch * session.batches.steps_per_epoch
        return Failed(_divergence_message(test.loss, step), step)
    return Finished(
        "early" if early else "completed",
        session.epoch,
        test.loss,
        test.accuracy,
        session.seconds,
        test.confusion,
        tested,
    )


def _plain_objective(session: _Session) -> Objective:
    """On images that nothing is learned from: labels are not smoothed."""
    return make_objective(session.config.loss)


def _catch_memory_errors(events: Iterator[Event]) -> Iterator[Event]:
    """The same events; running out of memory becomes the last of them."""
    step = 0
    try:
        for event in events:
            step = event.step if isinstance(event, StepDone) else step
            yield event
    except (MemoryError, RuntimeError) as error:
        # On a GPU it is an error of its own, in main memory a RuntimeError that only its text tells apart.
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "DefaultCPUAllocator" not in str(error):
            raise
        yield Failed(f"memory ran out at step {step + 1}: choose a smaller batch size or a smaller network", step + 1)


def _started_event(session: _Session) -> Started:
    """Where and how long it runs, and the loss of the untrained network on the first images to come, at most 256."""
    chosen = session.batches.first_indices(EVALUATION_BATCH)  # shuffled: a data set may be stored class by class
    images, labels = (part[chosen.to(part.device)] for part in (session.batches.images, session.batches.labels))
    (logits,) = logit_batches(session.model, images, session.normalise)
    loss = _plain_objective(session)(logits, labels.to(session.device))
    name = torch.cuda.get_device_name(session.device) if session.device.type == "cuda" else "CPU"
    parameters = sum(p.numel() for p in session.model.parameters())
    return Started(name, parameters, session.epochs, session.batches.steps_per_epoch, loss.item())


def _make_snapshot(session: _Session, *, best: bool = False) -> Snapshot:
    weights = {
        name: value.detach().cpu().contiguous().numpy().copy() for name, value in session.model.state_dict().items()
    }
    return Snapshot(session.epoch, weights, optimizer_state(session.optimizer), best)


def _divergence_message(loss: float, step: int) -> str:
    kind = "NaN" if math.isnan(loss) else "infinite"
    return f"loss became {kind} at step {step}: lower the learning rate"

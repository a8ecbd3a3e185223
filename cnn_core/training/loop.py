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
from cnn_core.training.batches import Batches, few
from cnn_core.training.config import TrainConfig
from cnn_core.training.cuda_graph import STEPS_BEFORE, Recorded, make_recordable, record, set_rate
from cnn_core.training.device import drawing, mixed_precision, pick_device, steps_ahead
from cnn_core.training.diagnostics import dead_relus, first_convolution, gradient_norm
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
from cnn_core.training.inference import EVALUATION_BATCH, logit_batches, measure, normaliser
from cnn_core.training.initialise import initialise
from cnn_core.training.objective import Objective, objective
from cnn_core.training.optimisers import load_state, make_optimizer, state_of
from cnn_core.training.orders import Orders, Start
from cnn_core.training.pretrained import check_pretrained, prepare, training_mode
from cnn_core.training.schedule import learning_rate

FILTERS_EVERY_S = 1.0
PAUSE_S = 0.05
Stop = Callable[[], bool]
Ask = Callable[[], Orders]


@dataclass(frozen=True)
class _Taken:
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
    orders: Ask
    should_stop: Stop
    device: torch.device
    model: nn.Module
    optimizer: torch.optim.Optimizer
    normalise: Callable[[Tensor], Tensor]
    batches: Batches
    objective: Objective
    mixed: bool
    draws: bool  # whether the network draws random numbers while it learns (dropout)
    started: float
    epoch: int = 0
    best: tuple[int, float] = (0, math.inf)
    best_weights: Arrays = field(default_factory=dict)
    filters_at: float = 0.0
    ahead: int = 1  # steps that may be taken before their figures are fetched
    rate: float = math.nan  # of the last step
    taken: int = 0  # steps, since the run began or went on
    recorded: Recorded | None = None  # the step as the GPU plays it back

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    @property
    def epochs(self) -> int:
        """How many there shall be, as far as is known now."""
        return self.orders().epochs or self.config.epochs

    def stopped(self) -> bool:
        return self.should_stop() or self.orders().stop

    def precisely(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed)


def train(
    spec: NetworkSpec,
    data: Dataset,
    config: TrainConfig,
    *,
    should_stop: Stop | None = None,
    orders: Ask | None = None,
    start: Start | None = None,
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
    _check(spec, data, config)
    return _guarded(_run(spec, data, config, orders or Orders, should_stop or (lambda: False), start))


def _check(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> None:
    """ValueError with a sentence for what could not run."""
    seen = config.seen_shape(data.input_shape)
    if spec.input_shape != seen:
        raise ValueError(f"the network takes images of shape {spec.input_shape}, {data.name} has {seen}.")
    check_pretrained(spec, config)
    if spec.classes != len(data.class_names):
        raise ValueError(f"the network tells {spec.classes} classes apart, {data.name} has {len(data.class_names)}.")
    empty = [part for part in ("train", "val", "test") if not len(getattr(data, part))]
    if empty:
        raise ValueError(f"{data.name} has no images in its {empty[0]} split: every split needs some.")
    norms = [row for row in spec.summary() if row.kind == "BatchNorm" and math.prod(row.output_shape[1:]) == 1]
    if norms and min(config.batch_size, len(few(data.train, config.train_images))) == 1:
        name = norms[0].name
        raise ValueError(f"{name} cannot learn from batches of one image: choose a batch_size of 2 or more images.")
    pick_device(config.device)


def _session(
    spec: NetworkSpec, data: Dataset, config: TrainConfig, orders: Ask, should_stop: Stop, start: Start | None
) -> _Session:
    device = pick_device(config.device)
    with drawing(torch.device("cpu"), config.seed):
        model = spec.build(seed=config.seed)
        initialise(model, config.initialisation, config.seed)
        prepare(model, spec, config, load=start is None)
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
        normaliser(data, device, config),
        Batches(few(data.train, config.train_images), config, device),
        objective(config.loss, config.label_smoothing),
        mixed_precision(config.precision, device, sum(row.macs for row in rows)),
        any(row.kind in ("Dropout", "Dropout2d") for row in rows),
        time.perf_counter(),
    )
    if start is not None:
        model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in start.weights.items()})
        load_state(optimizer, start.optimizer)
        session.epoch, session.started = start.epoch, session.started - start.seconds
        session.best, session.best_weights = (start.best_epoch, start.best_loss), start.best_weights
    if device.type == "cuda":
        make_recordable(optimizer, device)
    return session


def _run(
    spec: NetworkSpec, data: Dataset, config: TrainConfig, orders: Ask, should_stop: Stop, start: Start | None
) -> Generator[Event, None, None]:
    session = _session(spec, data, config, orders, should_stop, start)
    yield _started(session)
    if session.epoch == 0:
        yield _snapshot(session)
    early = False
    while session.epoch < session.epochs and not early:
        outcome = yield from _one_epoch(session)
        yield outcome
        if not isinstance(outcome, EpochDone):
            return
        session.epoch = outcome.epoch
        best = outcome.val_loss < session.best[1]
        snapshot = _snapshot(session, best=best)
        if best:
            session.best = (outcome.epoch, outcome.val_loss)
            session.best_weights = snapshot.weights if config.patience else {}
        yield snapshot
        early = 0 < config.patience <= session.epoch - session.best[0]
    yield _end(session, early)


def _one_epoch(session: _Session) -> Generator[Event, None, EpochDone | Finished | Failed]:
    """The next epoch's steps and, returned, what it came to."""
    epoch = session.epoch + 1
    losses, correct, sizes, step, rate = 0.0, 0.0, 0, 0, 0.0
    for event, size in _steps(session, epoch):
        if isinstance(event, StepDone):
            if not math.isfinite(event.loss):
                return Failed(_diverged(event.loss, event.step), event.step)
            losses, correct, sizes = losses + event.loss * size, correct + event.accuracy * size, sizes + size
            step, rate = event.step, event.learning_rate
        yield event
    validation = None
    if sizes == len(session.batches.labels):
        with session.precisely():
            validation = measure(session.model, session.data.val, session.normalise, session.stopped, _plain(session))
    if validation is None:
        return Finished("stopped", epoch - 1, None, None, session.seconds)
    if not math.isfinite(validation.loss):  # the last step of the epoch broke the weights
        return Failed(_diverged(validation.loss, step), step)
    some = torch.from_numpy(session.data.val.images[:EVALUATION_BATCH])
    dead = dead_relus(session.model, some, session.normalise)
    return EpochDone(
        epoch, losses / sizes, correct / sizes, validation.loss, validation.accuracy, rate, session.seconds, dead
    )


def _steps(session: _Session, epoch: int) -> Iterator[tuple[Event, int]]:
    """The optimiser steps of one epoch, each with the number of images in its batch; other events have none."""
    training_mode(session.model, session.config)
    waiting: list[_Taken] = []
    since = session.seconds
    for step, chosen in enumerate(session.batches.of(epoch), (epoch - 1) * session.batches.per_epoch + 1):
        orders = session.orders()
        if orders.paused and not session.stopped() and step > orders.step_until:
            yield from _fetch(waiting, epoch)
            waiting = []
            yield Paused(step - 1), 0
            orders = _wait(session, step)
        if session.stopped():
            break
        rate = _set_rate(session, orders, step)
        figures = _learn(session, chosen, step)
        waiting.append(_Taken(step, len(chosen), rate, session.seconds, figures))
        if len(waiting) >= session.ahead:
            told = _fetch(waiting, epoch)
            session.ahead = steps_ahead(session.device, (session.seconds - since) / len(waiting))
            waiting = []
            yield from told
            if session.seconds - session.filters_at > FILTERS_EVERY_S:
                yield from _filters(session, step)
            since = session.seconds
    yield from _fetch(waiting, epoch)


def _wait(session: _Session, step: int) -> Orders:
    """Until `step` may be taken or the run shall stop; the clock of the run stands still."""
    since = time.perf_counter()
    while (orders := session.orders()).paused and not session.stopped() and step > orders.step_until:
        time.sleep(PAUSE_S)
    session.started += time.perf_counter() - since
    return orders


def _set_rate(session: _Session, orders: Orders, step: int) -> float:
    base = orders.learning_rate or session.config.learning_rate
    epochs = orders.epochs or session.config.epochs
    rate = learning_rate(session.config, base, step, session.batches.per_epoch, epochs)
    if rate != session.rate:
        set_rate(session.optimizer, rate)
        session.rate = rate
    return rate


def _learn(session: _Session, chosen: Tensor, step: int) -> Tensor:
    """One optimiser step: loss, number of correct answers and length of the gradient, (3,) on the device.

    Dropout draws from a seed of this step's own: no other drawing changes the run, or is changed by it.
    """
    session.taken += 1
    seed = session.config.seed * 1_000_003 + step
    with drawing(session.device, seed) if session.draws else nullcontext():
        if session.device.type == "cpu" or session.taken <= STEPS_BEFORE:
            return _learn_from(session, *session.batches.look_up(chosen, step))
        return _play_back(session, chosen, step)


def _play_back(session: _Session, chosen: Tensor, step: int) -> Tensor:
    """The step as the GPU has recorded it. Augmentations draw on the CPU, so they stay out of the recording."""
    outside = bool(session.config.augmentation)
    batch = session.batches.look_up(chosen, step) if outside else (chosen,)

    def learn(*given: Tensor) -> Tensor:
        return _learn_from(session, *(given if outside else session.batches.look_up(given[0], step)))

    if session.recorded is None and len(chosen) == min(session.config.batch_size, len(session.batches.labels)):
        session.recorded = record(learn, batch)
    if session.recorded is None or not session.recorded.fits(batch):
        return learn(*batch)
    return session.recorded.play(batch)


def _learn_from(session: _Session, raw: Tensor, labels: Tensor, wanted: Tensor) -> Tensor:
    session.optimizer.zero_grad(set_to_none=True)
    with session.precisely():
        logits: Tensor = session.model(session.normalise(raw)).float()
    loss = session.objective(logits, wanted)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = gradient_norm(session.model)
    session.optimizer.step()
    correct = (logits.detach().argmax(1) == labels).sum()
    return torch.stack((loss.detach(), correct.float(), norm.float()))


def _fetch(waiting: list[_Taken], epoch: int) -> list[tuple[Event, int]]:
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


def _filters(session: _Session, step: int) -> Iterator[tuple[Event, int]]:
    session.filters_at = session.seconds
    layer = first_convolution(session.model)
    if layer is not None:
        yield Filters(step, layer.weight.detach().float().cpu().contiguous().numpy().copy()), 0


def _end(session: _Session, early: bool) -> Finished | Failed:
    """The test set, looked at once: with the best weights where the run watched for them."""
    tested = session.epoch
    if session.config.patience and session.best_weights:
        tested = session.best[0]
        weights = {name: torch.from_numpy(array) for name, array in session.best_weights.items()}
        session.model.load_state_dict(weights)
    test = measure(session.model, session.data.test, session.normalise, session.stopped, _plain(session))
    if test is None:
        return Finished("stopped", session.epoch, None, None, session.seconds)
    if not math.isfinite(test.loss):
        step = session.epoch * session.batches.per_epoch
        return Failed(_diverged(test.loss, step), step)
    return Finished(
        "early" if early else "completed",
        session.epoch,
        test.loss,
        test.accuracy,
        session.seconds,
        test.confusion,
        tested,
    )


def _plain(session: _Session) -> Objective:
    """On images that nothing is learned from: labels are not smoothed."""
    return objective(session.config.loss)


def _guarded(events: Iterator[Event]) -> Iterator[Event]:
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


def _started(session: _Session) -> Started:
    """Where and how long it runs, and the loss of the untrained network on the first images to come, at most 256."""
    chosen = session.batches.first(EVALUATION_BATCH)  # shuffled: a data set may be stored class by class
    images, labels = (part[chosen.to(part.device)] for part in (session.batches.images, session.batches.labels))
    (logits,) = logit_batches(session.model, images, session.normalise)
    loss = _plain(session)(logits, labels.to(session.device))
    name = torch.cuda.get_device_name(session.device) if session.device.type == "cuda" else "CPU"
    parameters = sum(p.numel() for p in session.model.parameters())
    return Started(name, parameters, session.epochs, session.batches.per_epoch, loss.item())


def _snapshot(session: _Session, *, best: bool = False) -> Snapshot:
    weights = {
        name: value.detach().cpu().contiguous().numpy().copy() for name, value in session.model.state_dict().items()
    }
    return Snapshot(session.epoch, weights, state_of(session.optimizer), best)


def _diverged(loss: float, step: int) -> str:
    kind = "NaN" if math.isnan(loss) else "infinite"
    return f"loss became {kind} at step {step}: lower the learning rate"

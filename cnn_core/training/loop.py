"""The training loop: a generator of plain-data events that a page, a store, a benchmark or a notebook reads."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.datasets import Dataset
from cnn_core.spec import NetworkSpec
from cnn_core.training.config import TrainConfig
from cnn_core.training.evaluation import EVALUATION_BATCH, logit_batches, measure, normaliser, pick_device
from cnn_core.training.events import EpochDone, Event, Failed, Finished, Snapshot, Started, StepDone

# A GPU runs ahead of Python; fetching every loss at once would make it wait at each step.
FETCH_EVERY = {"cpu": 1, "cuda": 16}
Stop = Callable[[], bool]


@dataclass(frozen=True)
class _Session:
    """What stays the same over a run: the network, its optimiser, the data on their way to it, and the clock."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    data: Dataset
    config: TrainConfig
    device: torch.device
    normalise: Callable[[Tensor], Tensor]
    draws: bool  # whether the network draws random numbers while it learns (dropout)
    started: float

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started


def train(spec: NetworkSpec, data: Dataset, config: TrainConfig, *, should_stop: Stop | None = None) -> Iterator[Event]:
    """Train `spec` on `data` and say what happens: Started, Snapshot 0, then each epoch's StepDone …, EpochDone and
    Snapshot, and at last Finished or Failed.

    The same settings on the same device give the same numbers, and torch's global random state is left alone. Images
    are normalised with the train split's statistics; the loss is the cross-entropy of the logits; the validation set
    is looked at after every epoch and the test set once, at the end. A last batch of one image joins the batch before
    it (batch norm needs two).
    `should_stop` is asked at every step and every evaluation batch.
    Raises ValueError when the network does not fit the images, the classes or batches of one image, when a split is
    empty, or when the device is not there.
    """
    _check(spec, data, config)
    return _guarded(_run(spec, data, config, should_stop or (lambda: False)))


def _check(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> None:
    """ValueError with a sentence for what could not run."""
    if spec.input_shape != data.input_shape:
        raise ValueError(f"the network takes images of shape {spec.input_shape}, {data.name} has {data.input_shape}.")
    if spec.classes != len(data.class_names):
        raise ValueError(f"the network tells {spec.classes} classes apart, {data.name} has {len(data.class_names)}.")
    empty = [part for part in ("train", "val", "test") if not len(getattr(data, part))]
    if empty:
        raise ValueError(f"{data.name} has no images in its {empty[0]} split: every split needs some.")
    norms = [row for row in spec.summary() if row.kind == "BatchNorm" and math.prod(row.output_shape[1:]) == 1]
    if norms and min(config.batch_size, len(data.train)) == 1:
        name = norms[0].name
        raise ValueError(f"{name} cannot learn from batches of one image: choose a batch_size of 2 or more images.")
    pick_device(config.device)


def _session(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> _Session:
    device = pick_device(config.device)
    model = spec.build(seed=config.seed).to(device)
    optimizer = make_optimizer(model, config)
    draws = any(row.kind in ("Dropout", "Dropout2d") for row in spec.summary())
    return _Session(model, optimizer, data, config, device, normaliser(data, device), draws, time.perf_counter())


def _run(spec: NetworkSpec, data: Dataset, config: TrainConfig, should_stop: Stop) -> Iterator[Event]:
    session = _session(spec, data, config)
    yield _started(session)
    yield _snapshot(session, 0)
    step = 0
    for epoch in range(1, config.epochs + 1):
        batches = shuffled_batches(len(data.train), config.batch_size, seed=config.seed, epoch=epoch)
        losses, correct, sizes = 0.0, 0.0, 0
        for done, size in _steps(session, batches, step, epoch, should_stop):
            if not math.isfinite(done.loss):
                yield Failed(_diverged(done.loss, done.step), done.step)
                return
            yield done
            losses, correct, sizes = losses + done.loss * size, correct + done.accuracy * size, sizes + size
        step += len(batches)
        validation = (
            None if sizes < len(data.train) else measure(session.model, data.val, session.normalise, should_stop)
        )
        if validation is None:
            yield Finished("stopped", epoch - 1, None, None, session.seconds)
            return
        if not math.isfinite(validation[0]):  # the last step of the epoch broke the weights
            yield Failed(_diverged(validation[0], step), step)
            return
        yield EpochDone(epoch, losses / sizes, correct / sizes, *validation, config.learning_rate, session.seconds)
        yield _snapshot(session, epoch)
    test = measure(session.model, data.test, session.normalise, should_stop)
    if test is not None and not math.isfinite(test[0]):
        yield Failed(_diverged(test[0], step), step)
        return
    loss, accuracy = test or (None, None)
    yield Finished("stopped" if test is None else "completed", config.epochs, loss, accuracy, session.seconds)


def _steps(
    session: _Session, batches: list[Tensor], first: int, epoch: int, should_stop: Stop
) -> Iterator[tuple[StepDone, int]]:
    """The optimiser steps of one epoch, each with the number of images in its batch."""
    images, labels = torch.from_numpy(session.data.train.images), torch.from_numpy(session.data.train.labels)
    session.model.train()
    waiting: list[tuple[int, Tensor, Tensor, int, float]] = []
    for step, batch in enumerate(batches, first + 1):
        if should_stop():
            break
        wanted = labels[batch].to(session.device)
        logits = _learning_logits(session, images[batch], step)
        loss = F.cross_entropy(logits, wanted)
        session.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        session.optimizer.step()
        correct = (logits.detach().argmax(1) == wanted).sum()
        waiting.append((step, loss.detach(), correct, len(batch), session.seconds))
        if len(waiting) >= FETCH_EVERY[session.device.type]:
            yield from _fetch(waiting, session, epoch)
            waiting = []
    yield from _fetch(waiting, session, epoch)


def _learning_logits(session: _Session, images: Tensor, step: int) -> Tensor:
    """Logits in training mode. Dropout draws from a seed of this step's own, so that nothing else which draws random
    numbers meanwhile changes the run, or is changed by it."""
    with torch.random.fork_rng([session.device] if session.device.type == "cuda" else [], enabled=session.draws):
        if session.draws:
            torch.manual_seed(session.config.seed * 1_000_003 + step)
        logits: Tensor = session.model(session.normalise(images))
    return logits


def _fetch(
    waiting: list[tuple[int, Tensor, Tensor, int, float]], session: _Session, epoch: int
) -> Iterator[tuple[StepDone, int]]:
    rate = session.config.learning_rate
    for step, loss, correct, size, seconds in waiting:
        yield StepDone(step, epoch, loss.item(), correct.item() / size, rate, seconds), size


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


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser that `config` names, over all of the model's parameters."""
    weights, rate, decay = model.parameters(), config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return torch.optim.SGD(weights, lr=rate, momentum=config.momentum, weight_decay=decay)
    if config.optimizer == "adam":
        return torch.optim.Adam(weights, lr=rate, weight_decay=decay)
    return torch.optim.AdamW(weights, lr=rate, weight_decay=decay)


def shuffled_batches(count: int, size: int, *, seed: int, epoch: int) -> list[Tensor]:
    """The image numbers 0 … count−1 in the random order of this epoch, cut into batches of `size`.

    A last batch of one image joins the batch before it, unless `size` is 1. The same seed and epoch give the same
    batches.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    batches = list(torch.split(torch.randperm(count, generator=generator), size))
    if size > 1 and len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def _started(session: _Session) -> Started:
    """Where and how long it runs, and the loss of the untrained network on the first images to come, at most 256."""
    data, config = session.data, session.config
    batches = shuffled_batches(len(data.train), config.batch_size, seed=config.seed, epoch=1)
    chosen = torch.cat(batches)[:EVALUATION_BATCH]  # shuffled: a data set may be stored class by class
    images, labels = torch.from_numpy(data.train.images)[chosen], torch.from_numpy(data.train.labels)[chosen]
    (logits,) = logit_batches(session.model, images, session.normalise)
    loss = F.cross_entropy(logits, labels.to(session.device))
    name = torch.cuda.get_device_name(session.device) if session.device.type == "cuda" else "CPU"
    parameters = sum(p.numel() for p in session.model.parameters())
    return Started(name, parameters, config.epochs, len(batches), loss.item())


def _snapshot(session: _Session, epoch: int) -> Snapshot:
    weights = {name: value.detach().cpu().numpy().copy() for name, value in session.model.state_dict().items()}
    return Snapshot(epoch, weights)


def _diverged(loss: float, step: int) -> str:
    kind = "NaN" if math.isnan(loss) else "infinite"
    return f"loss became {kind} at step {step}: lower the learning rate"

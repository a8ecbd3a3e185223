"""The training loop: a generator of plain-data events that an app, a store, a benchmark or a notebook reads."""

import math
import time
from collections.abc import Generator, Iterator

import torch

from cnn_core.datasets import Dataset
from cnn_core.networks import NetworkSpec
from cnn_core.training.config import TrainConfig
from cnn_core.training.device import steps_ahead
from cnn_core.training.diagnostics import dead_relu_share, first_convolution
from cnn_core.training.events import EpochDone, Event, Failed, Filters, Finished, Paused, StepDone
from cnn_core.training.inference import EVALUATION_BATCH, to_tensor
from cnn_core.training.orders import Orders, StartPoint
from cnn_core.training.pretrained import set_training_mode
from cnn_core.training.schedule import learning_rate
from cnn_core.training.session import OrdersSource, Plan, Session, StopCheck, check_plan, start_session
from cnn_core.training.step import PendingStep, fetch_steps

FILTERS_EVERY_S = 1.0
"""Seconds between two Filters events: often enough to watch filters change, too seldom to slow the training down."""
PAUSE_S = 0.05
"""Seconds between two questions of a paused run whether it may resume: a delay that nobody notices."""


def train(
    spec: NetworkSpec,
    data: Dataset,
    config: TrainConfig,
    *,
    should_stop: StopCheck | None = None,
    orders: OrdersSource | None = None,
    start: StartPoint | None = None,
) -> Iterator[Event]:
    """Train `spec` on `data` and yield what happens: Started, Snapshot 0, then each epoch's StepDone …, EpochDone and
    Snapshot, with Filters and Paused between them, and at last Finished or Failed.

    The same settings on the same device give the same numbers, and so does a run that resumes from a `start` of itself;
    torch's global random state is left alone. Images are normalised with the train split's statistics; the validation
    set is measured after every epoch and the test set once, at the end. A last batch of one image joins the batch
    before it (batch norm needs two). `should_stop` and `orders` are asked at every step and evaluation batch.
    Raises ValueError when the network does not fit the images, the classes or batches of one image, when a split is
    empty, or when the device is not there.

    >>> from cnn_core.datasets import load
    >>> from cnn_core.networks import preset
    >>> events = train(preset("Tiny CNN"), load("digits"), TrainConfig(epochs=1, train_images=40, device="cpu"))
    >>> [type(event).__name__ for event in events]
    ['Started', 'Snapshot', 'StepDone', 'StepDone', 'EpochDone', 'Snapshot', 'Finished']
    """
    check_plan(spec, data, config)
    plan = Plan(spec, data, config, orders or Orders, should_stop or (lambda: False), start)
    return _catch_memory_errors(_run_training(plan))


def _run_training(plan: Plan) -> Generator[Event, None, None]:
    session = start_session(plan)
    yield session.describe_start()
    if session.epoch == 0:
        yield session.make_snapshot()
    early = False  # a run that resumes after an early end trains at least one epoch more
    while session.epoch < plan.epochs and not early:
        outcome = yield from _run_epoch(session)
        yield outcome
        if not isinstance(outcome, EpochDone):
            return
        yield session.complete_epoch(outcome)
        early = session.is_out_of_patience
    yield _finish_run(session, early)


def _run_epoch(session: Session) -> Generator[Event, None, EpochDone | Finished | Failed]:
    """Yield the events of the next epoch's steps and return how the epoch ended."""
    epoch = session.epoch + 1
    steps: list[StepDone] = []
    for event in _run_steps(session, epoch):
        if isinstance(event, StepDone):
            if not math.isfinite(event.loss):
                return Failed(_divergence_message(event.loss, event.step), event.step)
            steps.append(event)
        yield event
    return _measure_epoch(session, epoch, steps)


def _run_steps(session: Session, epoch: int) -> Iterator[Event]:
    """Take the optimiser steps of one epoch; where the device runs ahead, figures are fetched for several at once."""
    plan, learner = session.plan, session.learner
    set_training_mode(learner.model, plan.config)
    pending: list[PendingStep] = []
    since = session.seconds
    first = (epoch - 1) * learner.batches.steps_per_epoch + 1
    for step, indices in enumerate(learner.batches.epoch_batches(epoch), first):
        orders = plan.orders()
        if orders.paused and not plan.is_stopped() and step > orders.step_until:
            yield from fetch_steps(pending, epoch)
            pending = []
            yield Paused(step - 1)
            orders = _wait_while_paused(session, step)
        if plan.is_stopped():
            break
        learner.change_learning_rate(_scheduled_rate(session, orders, step))
        figures = learner.take_step(indices, step)
        pending.append(PendingStep(step, len(indices), learner.learning_rate, session.seconds, figures))
        if len(pending) >= session.steps_ahead:
            fetched = fetch_steps(pending, epoch)
            session.steps_ahead = steps_ahead(learner.device, (session.seconds - since) / len(pending))
            pending = []
            yield from fetched
            yield from _due_filters(session, step)
            since = session.seconds
    yield from fetch_steps(pending, epoch)


def _wait_while_paused(session: Session, step: int) -> Orders:
    """Stop the run's clock until `step` may be taken or the run shall end, and return the newest orders."""
    plan, since = session.plan, time.perf_counter()
    while (orders := plan.orders()).paused and not plan.is_stopped() and step > orders.step_until:
        time.sleep(PAUSE_S)
    session.started_at += time.perf_counter() - since
    return orders


def _scheduled_rate(session: Session, orders: Orders, step: int) -> float:
    config = session.plan.config
    base, epochs = orders.learning_rate or config.learning_rate, orders.epochs or config.epochs
    return learning_rate(config, base, step, session.learner.batches.steps_per_epoch, epochs)


def _due_filters(session: Session, step: int) -> Iterator[Filters]:
    """Yield the first convolution's weights when the last ones are older than FILTERS_EVERY_S."""
    if session.seconds - session.filters_at <= FILTERS_EVERY_S:
        return
    session.filters_at = session.seconds
    layer = first_convolution(session.learner.model)
    if layer is not None:
        yield Filters(step, layer.weight.detach().float().cpu().contiguous().numpy().copy())


def _measure_epoch(session: Session, epoch: int, steps: list[StepDone]) -> EpochDone | Finished | Failed:
    """Return the means over the epoch's batches and the figures of the validation set, or why there are none."""
    learner = session.learner
    validation = None
    images = sum(step.images for step in steps)
    if images == len(learner.batches.labels):  # else the run was stopped between two steps
        with learner.autocast_context():
            validation = session.measure(session.plan.data.val)
    if validation is None:
        return Finished.stopped(epoch - 1, session.seconds)
    if not math.isfinite(validation.loss):  # the last step of the epoch broke the weights
        return Failed(_divergence_message(validation.loss, steps[-1].step), steps[-1].step)
    first_images = to_tensor(session.plan.data.val.images[:EVALUATION_BATCH])
    return EpochDone(
        epoch=epoch,
        train_loss=sum(step.loss * step.images for step in steps) / images,
        train_accuracy=sum(step.accuracy * step.images for step in steps) / images,
        val_loss=validation.loss,
        val_accuracy=validation.accuracy,
        learning_rate=steps[-1].learning_rate,
        seconds=session.seconds,
        dead_relus=dead_relu_share(learner.model, first_images, learner.normalise),
    )


def _finish_run(session: Session, early: bool) -> Finished | Failed:
    """Measure the test set, once, with the best weights where the run watched for them.

    In float32 whatever the run's precision: so that whoever predicts with the stored weights finds the same figures.
    """
    tested_epoch = session.restore_best()
    test = session.measure(session.plan.data.test)
    if test is None:
        return Finished.stopped(session.epoch, session.seconds)
    if not math.isfinite(test.loss):
        step = session.epoch * session.learner.batches.steps_per_epoch
        return Failed(_divergence_message(test.loss, step), step)
    return Finished(
        reason="early" if early else "completed",
        epochs=session.epoch,
        test_loss=test.loss,
        test_accuracy=test.accuracy,
        seconds=session.seconds,
        confusion=test.confusion,
        tested_epoch=tested_epoch,
    )


def _catch_memory_errors(events: Iterator[Event]) -> Iterator[Event]:
    """Yield the same events; running out of memory becomes the last of them."""
    step = 0
    try:
        for event in events:
            step = event.step if isinstance(event, StepDone) else step
            yield event
    except (MemoryError, RuntimeError) as error:
        # On a GPU it is an error of its own, in main memory a RuntimeError that only its text identifies.
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "DefaultCPUAllocator" not in str(error):
            raise
        yield Failed(f"Memory ran out at step {step + 1}: choose a smaller batch size or a smaller network.", step + 1)


def _divergence_message(loss: float, step: int) -> str:
    kind = "NaN" if math.isnan(loss) else "infinite"
    return f"The loss became {kind} at step {step}: lower the learning rate."

"""A run under way: what was asked for, the network that learns, and how far it is."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from cnn_core.datasets import Dataset, Split
from cnn_core.networks import NetworkSpec
from cnn_core.training.batches import Batches, balanced_subset
from cnn_core.training.config import TrainConfig
from cnn_core.training.cuda_graph import make_capturable
from cnn_core.training.device import pick_device, uses_mixed_precision
from cnn_core.training.events import Arrays, EpochDone, Snapshot, Started
from cnn_core.training.inference import EVALUATION_BATCH, SplitMetrics, logit_batches, make_normaliser, measure_split
from cnn_core.training.initialise import initialise_weights
from cnn_core.training.objective import make_objective
from cnn_core.training.optimisers import load_optimizer_state, make_optimizer, optimizer_state
from cnn_core.training.orders import Orders, StartPoint
from cnn_core.training.pretrained import apply_pretrained, check_pretrained
from cnn_core.training.random_streams import seeded_random
from cnn_core.training.step import Learner

StopCheck = Callable[[], bool]
OrdersSource = Callable[[], Orders]


@dataclass(frozen=True)
class Plan:
    """What `train` was asked for."""

    spec: NetworkSpec
    data: Dataset
    config: TrainConfig
    orders: OrdersSource
    should_stop: StopCheck
    start: StartPoint | None = None

    @property
    def epochs(self) -> int:
        """Epochs that the run shall have, by the newest orders."""
        return self.orders().epochs or self.config.epochs

    def is_stopped(self) -> bool:
        """Return whether the run shall end now."""
        return self.should_stop() or self.orders().stop


@dataclass
class Session:
    """A run under way. `epoch` is the last finished one; `best_epoch` had the lowest validation loss, `best_loss`.

    `best_weights` are kept for early stopping only. `started_at` is when the run would have begun had it never paused
    or been interrupted, `filters_at` the run's second of the last Filters event.
    """

    plan: Plan
    learner: Learner
    started_at: float
    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = math.inf
    best_weights: Arrays = field(default_factory=dict)
    filters_at: float = 0.0
    steps_ahead: int = 1  # steps that may be pending before their figures are fetched

    @property
    def seconds(self) -> float:
        """Seconds that the run has trained, without pauses."""
        return time.perf_counter() - self.started_at

    @property
    def is_out_of_patience(self) -> bool:
        """Whether as many epochs as the configured `patience` have brought no better validation loss."""
        return 0 < self.plan.config.patience <= self.epoch - self.best_epoch

    def complete_epoch(self, outcome: EpochDone) -> Snapshot:
        """Count the epoch, remember it if it is the best so far, and return the weights after it."""
        self.epoch = outcome.epoch
        best = outcome.val_loss < self.best_loss
        snapshot = self.make_snapshot(best=best)
        if best:
            self.best_epoch, self.best_loss = outcome.epoch, outcome.val_loss
            self.best_weights = snapshot.weights if self.plan.config.patience else {}
        return snapshot

    def make_snapshot(self, *, best: bool = False) -> Snapshot:
        """Return copies of the weights and of the optimiser's state as they are now."""
        state = self.learner.model.state_dict()
        weights = {name: value.detach().cpu().contiguous().numpy().copy() for name, value in state.items()}
        return Snapshot(self.epoch, weights, optimizer_state(self.learner.optimizer), best)

    def describe_start(self) -> Started:
        """Return where and how long the run trains, and the untrained loss of the first images to come, at most 256."""
        learner = self.learner
        batches, model = learner.batches, learner.model
        chosen = batches.first_indices(EVALUATION_BATCH)  # shuffled: a data set may be stored class by class
        images, labels = (part[chosen.to(part.device)] for part in (batches.images, batches.labels))
        (logits,) = logit_batches(model, images, learner.normalise)
        loss = make_objective(self.plan.config.loss)(logits, labels.to(learner.device))
        name = torch.cuda.get_device_name(learner.device) if learner.device.type == "cuda" else "CPU"
        parameters = sum(p.numel() for p in model.parameters())
        return Started(name, parameters, self.plan.epochs, batches.steps_per_epoch, loss.item())

    def measure(self, split: Split) -> SplitMetrics | None:
        """Return loss, accuracy and confusion over `split`, labels not smoothed; None when the run was stopped."""
        objective = make_objective(self.plan.config.loss)
        return measure_split(self.learner.model, split, self.learner.normalise, self.plan.is_stopped, objective)

    def restore_best(self) -> int:
        """Return the epoch whose weights shall be tested: the best, whose weights are put back, or the last."""
        if not (self.plan.config.patience and self.best_weights):
            return self.epoch
        weights = {name: torch.from_numpy(array) for name, array in self.best_weights.items()}
        self.learner.model.load_state_dict(weights)
        return self.best_epoch


def check_plan(spec: NetworkSpec, data: Dataset, config: TrainConfig) -> None:
    """Raise ValueError with a sentence when `spec` cannot be trained on `data` with `config`."""
    seen = config.network_shape(data.input_shape)
    if spec.input_shape != seen:
        raise ValueError(f"The network takes images of shape {spec.input_shape}, {data.name} has {seen}.")
    check_pretrained(spec, config)
    if spec.classes != len(data.class_names):
        raise ValueError(f"The network tells {spec.classes} classes apart, {data.name} has {len(data.class_names)}.")
    empty = [part for part in ("train", "val", "test") if not len(getattr(data, part))]
    if empty:
        raise ValueError(f"{data.name} has no images in its {empty[0]} split: every split needs some.")
    norms = [row for row in spec.summary() if row.kind == "BatchNorm" and math.prod(row.output_shape[1:]) == 1]
    if norms and min(config.batch_size, len(balanced_subset(data.train, config.train_images))) == 1:
        name = norms[0].name
        raise ValueError(f"{name} cannot learn from batches of one image: choose a batch size of 2 or more images.")
    pick_device(config.device)


def start_session(plan: Plan) -> Session:
    """Build the network and its optimiser on the device, and put in what the plan's start brings along."""
    learner = _make_learner(plan)
    session = Session(plan, learner, started_at=time.perf_counter())
    if plan.start is not None:
        _apply_start(session, plan.start)
    if learner.device.type == "cuda":
        make_capturable(learner.optimizer, learner.device)
    return session


def _make_learner(plan: Plan) -> Learner:
    spec, data, config = plan.spec, plan.data, plan.config
    device = pick_device(config.device)
    with seeded_random(torch.device("cpu"), config.seed):
        model = spec.build(seed=config.seed)
        initialise_weights(model, config.initialisation, config.seed)
        apply_pretrained(model, spec, config, load=plan.start is None)
    model.to(device).to(memory_format=torch.channels_last)  # the layout that convolutions are fastest in
    rows = spec.summary()
    return Learner(
        config=config,
        device=device,
        model=model,
        optimizer=make_optimizer(model, config),
        batches=Batches(balanced_subset(data.train, config.train_images), config, device),
        normalise=make_normaliser(data, device, config),
        objective=make_objective(config.loss, config.label_smoothing),
        mixed=uses_mixed_precision(config.precision, device, sum(row.macs for row in rows)),
        has_dropout=any(row.kind in ("Dropout", "Dropout2d") for row in rows),
    )


def _apply_start(session: Session, start: StartPoint) -> None:
    """Resume from `start`: its weights, what its optimiser kept, its clock and its best epoch."""
    learner = session.learner
    learner.model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in start.weights.items()})
    load_optimizer_state(learner.optimizer, start.optimizer)
    session.epoch, session.started_at = start.epoch, session.started_at - start.seconds
    session.best_epoch, session.best_loss, session.best_weights = start.best_epoch, start.best_loss, start.best_weights

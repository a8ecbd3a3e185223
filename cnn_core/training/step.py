"""A step of training: learn from one batch, kernel by kernel or as a recorded CUDA graph, and fetch the step's figures.

A GPU computes behind Python's back: a step that was taken is pending until its figures are fetched, which waits for it.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnn_core.training.batches import Batches
from cnn_core.training.config import TrainConfig
from cnn_core.training.cuda_graph import WARM_UP_STEPS, CapturedStep, capture_step, set_learning_rate
from cnn_core.training.diagnostics import gradient_norm
from cnn_core.training.events import StepDone
from cnn_core.training.objective import Objective
from cnn_core.training.random_streams import derive_seed, seeded_random


@dataclass(frozen=True)
class PendingStep:
    """A step that was taken. `figures` (3,) on the device: loss, number of correct answers, norm of the gradient."""

    step: int
    images: int
    learning_rate: float
    seconds: float
    figures: Tensor


@dataclass
class Learner:
    """A network on its device, and everything that it needs to learn from a batch.

    `mixed` computes in bfloat16 where autocast allows it; `has_dropout` says that the network draws random numbers
    while it learns. `steps_taken` counts from the beginning of this process's part of the run.
    """

    config: TrainConfig
    device: torch.device
    model: nn.Module
    optimizer: torch.optim.Optimizer
    batches: Batches
    normalise: Callable[[Tensor], Tensor]
    objective: Objective
    mixed: bool
    has_dropout: bool
    learning_rate: float = math.nan
    steps_taken: int = 0
    captured_step: CapturedStep | None = None

    def autocast_context(self) -> torch.autocast:
        """Return a context in which the network computes with the precision of the run."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.mixed)

    def change_learning_rate(self, rate: float) -> None:
        """Set the learning rate of the steps to come."""
        if rate != self.learning_rate:
            set_learning_rate(self.optimizer, rate)
            self.learning_rate = rate

    def take_step(self, indices: Tensor, step: int) -> Tensor:
        """Learn from the images with these `indices` (n,) and return the figures (3,) of the step, on the device.

        Dropout draws from a stream of this step alone: no other draw changes the run, or is changed by it.
        """
        self.steps_taken += 1
        seed = derive_seed(self.config.seed, "dropout", step) if self.has_dropout else 0
        with seeded_random(self.device, seed) if self.has_dropout else nullcontext():
            if self.device.type == "cpu" or self.steps_taken <= WARM_UP_STEPS:
                return self._learn_batch(*self.batches.gather_batch(indices, step))
            return self._replay_step(indices, step)

    def _replay_step(self, indices: Tensor, step: int) -> Tensor:
        """Take the step as a CUDA graph, recorded at the first full batch; a batch of another size is learned plainly.

        Augmentations draw on the CPU, so they stay out of the recording: the graph then begins with ready images.
        """
        outside = bool(self.config.augmentation)
        batch = self.batches.gather_batch(indices, step) if outside else (indices,)

        def learn_inputs(*inputs: Tensor) -> Tensor:
            return self._learn_batch(*(inputs if outside else self.batches.gather_batch(inputs[0], step)))

        if self.captured_step is None and len(indices) == min(self.config.batch_size, len(self.batches.labels)):
            self.captured_step = capture_step(learn_inputs, batch)
        if self.captured_step is None or not self.captured_step.accepts_inputs(batch):
            return learn_inputs(*batch)
        return self.captured_step.replay(batch)

    def _learn_batch(self, images: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
        """Move the weights along the gradient of the objective over images (n, C, H, W), labels (n,) and targets."""
        self.optimizer.zero_grad(set_to_none=True)
        with self.autocast_context():
            logits: Tensor = self.model(self.normalise(images)).float()
        loss = self.objective(logits, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = gradient_norm(self.model)
        self.optimizer.step()
        correct = (logits.detach().argmax(1) == labels).sum()
        return torch.stack((loss.detach(), correct.float(), norm.float()))


def fetch_steps(pending: Sequence[PendingStep], epoch: int) -> list[StepDone]:
    """Return the pending steps of `epoch` as events. The device is waited for once for all of them."""
    if not pending:
        return []
    figures = torch.stack([taken.figures for taken in pending]).tolist()
    return [
        StepDone(
            step=taken.step,
            epoch=epoch,
            loss=loss,
            accuracy=correct / taken.images,
            learning_rate=taken.learning_rate,
            seconds=taken.seconds,
            gradient_norm=norm if math.isfinite(norm) else None,
            images=taken.images,
        )
        for taken, (loss, correct, norm) in zip(pending, figures, strict=True)
    ]

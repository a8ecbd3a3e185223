"""The evidence of a coach: the finite numbers of a run and the loss of guessing, and the remarks it leads to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cnn_core.training.config import TrainConfig
from cnn_core.training.events import EpochDone, StepDone

MAX_FINITE = 1e100
"""Larger numbers count as not finite, so that sums and squares stay finite."""
Kind = Literal[
    "start",
    "learning",
    "finished well",
    "divergence",
    "stuck",
    "overfitting",
    "dead",
    "vanishing",
    "gap",
    "unsteady",
    "plateau",
    "noisy",
    "underfitting",
]
"""What a remark is about."""


@dataclass(frozen=True)
class Remark:
    """One finding: its `kind`, a sentence that names it, the numbers that show it, and advice on what to try."""

    kind: Kind
    statement: str
    evidence: str
    advice: str


@dataclass(frozen=True)
class Evidence:
    """The finite numbers of a run. `chance` is the loss of giving all classes the same probability, above 0."""

    config: TrainConfig
    classes: int
    chance: float
    initial_loss: float | None
    steps: Sequence[StepDone]
    epochs: Sequence[EpochDone]

    @property
    def starting_loss(self) -> float:
        """Return the loss at the start, but at least that of guessing."""
        return max(self.chance, self.initial_loss or 0.0)

    @property
    def best_epoch(self) -> EpochDone:
        """Return the epoch of the lowest validation loss."""
        return min(self.epochs, key=lambda epoch: epoch.val_loss)

    @property
    def is_out_of_patience(self) -> bool:
        """Tell whether early stopping has ended the run."""
        return bool(self.epochs) and 0 < self.config.patience <= self.epochs[-1].epoch - self.best_epoch.epoch

    @property
    def is_ended(self) -> bool:
        """Tell whether the run has ended as its settings demand."""
        return bool(self.epochs) and (self.epochs[-1].epoch >= self.config.epochs or self.is_out_of_patience)


def chance_loss(loss: str, classes: int) -> float:
    """Return the loss of giving each of C classes the same probability: ln C, or ½(1 − 1/C) where it is quadratic."""
    return (1 - 1 / classes) / 2 if loss == "quadratic" else math.log(classes)


def collect_evidence(
    config: TrainConfig,
    classes: int,
    initial_loss: float | None,
    steps: Sequence[StepDone],
    epochs: Sequence[EpochDone],
) -> Evidence:
    """Return the evidence without the steps and epochs whose numbers are not finite. `classes` is at least 2."""
    return Evidence(
        config,
        classes,
        chance_loss(config.loss, classes),
        initial_loss if initial_loss is not None and are_finite(initial_loss) else None,
        [step for step in steps if are_finite(step.loss)],
        [e for e in epochs if are_finite(e.train_loss, e.val_loss, e.train_accuracy, e.val_accuracy, e.learning_rate)],
    )


def are_finite(*numbers: float) -> bool:
    """Tell whether all numbers are finite and smaller than MAX_FINITE."""
    return all(abs(number) < MAX_FINITE for number in numbers)  # false for NaN too


def gradient_norms(steps: Sequence[StepDone]) -> list[float]:
    """Return the finite gradient norms of the steps, in order."""
    return [step.gradient_norm for step in steps if step.gradient_norm is not None and are_finite(step.gradient_norm)]


def describe_guessing(run: Evidence) -> str:
    """Return the loss of guessing with its formula: "ln C = 2.303 for 10 classes"."""
    formula = "½ (1 − 1/C)" if run.config.loss == "quadratic" else "ln C"
    return f"{formula} = {run.chance:.3f} for {run.classes} classes"

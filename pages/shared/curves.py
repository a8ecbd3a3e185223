"""The curves of a run as points: one for each optimiser step, and two for each epoch. No Streamlit here."""

from collections.abc import Sequence
from typing import NamedTuple

from cnn_core.training.events import EpochDone, StepDone

EACH_STEP = "training, each step"
TRAINING = "training"
VALIDATION = "validation"


class CurvePoint(NamedTuple):
    """A point of the curve `series`; None where that series does not record a figure."""

    series: str
    step: float
    epoch: float
    seconds: float
    loss: float
    accuracy: float
    rate: float | None = None
    gradient: float | None = None
    dead: float | None = None


def curve_points(epochs: Sequence[EpochDone], steps: Sequence[StepDone], steps_per_epoch: int) -> list[CurvePoint]:
    """Return the points of a run's curves, series by series, each in the order of time.

    EACH_STEP has a point for each of `steps`, at its fraction of an epoch. TRAINING and VALIDATION have one each for
    every one of `epochs`, at its last step.
    """
    per_epoch = max(1, steps_per_epoch)
    return [
        *(
            CurvePoint(
                EACH_STEP, s.step, s.step / per_epoch, s.seconds, s.loss, s.accuracy, s.learning_rate, s.gradient_norm
            )
            for s in steps
        ),
        *(
            CurvePoint(TRAINING, e.epoch * per_epoch, e.epoch, e.seconds, e.train_loss, e.train_accuracy)
            for e in epochs
        ),
        *(
            CurvePoint(
                VALIDATION, e.epoch * per_epoch, e.epoch, e.seconds, e.val_loss, e.val_accuracy, dead=e.dead_relus
            )
            for e in epochs
        ),
    ]

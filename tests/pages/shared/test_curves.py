"""The points of a run's curves."""

from cnn_core.training.events import EpochDone, StepDone
from pages.shared.curves import EACH_STEP, TRAINING, VALIDATION, CurvePoint, curve_points

STEP = StepDone(step=3, epoch=2, loss=0.5, accuracy=0.75, learning_rate=0.1, seconds=6.0, gradient_norm=2.0)
EPOCH = EpochDone(2, 0.4, 0.8, 0.6, 0.7, 0.1, 8.0, dead_relus=0.25)


def test_a_step_stands_at_its_fraction_of_an_epoch() -> None:
    assert curve_points((), (STEP,), 2) == [CurvePoint(EACH_STEP, 3, 3 / 2, 6.0, 0.5, 0.75, 0.1, 2.0)]


def test_an_epoch_stands_at_its_last_step() -> None:
    assert curve_points((EPOCH,), (), 2) == [
        CurvePoint(TRAINING, 2 * 2, 2, 8.0, 0.4, 0.8),
        CurvePoint(VALIDATION, 2 * 2, 2, 8.0, 0.6, 0.7, dead=0.25),
    ]


def test_a_run_whose_length_is_unknown_counts_every_step_as_an_epoch() -> None:
    assert curve_points((), (STEP,), 0)[0].epoch == 3

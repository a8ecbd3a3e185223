"""Outcomes of runs as a table: accuracy and loss on each split, macro scores, parameters, time."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from cnn_core.evaluation.metrics import per_class_report
from cnn_core.runs import Run
from cnn_core.training.events import EpochDone


@dataclass(frozen=True)
class Outcome:
    """The figures of a run; None for what it has not reached or did not measure.

    Training and validation figures are those of the epoch whose weights were tested, else of the last. Precision,
    recall and F1 are means over the classes of the test set, each class counting alike.
    """

    epochs: int
    train_accuracy: float | None
    val_accuracy: float | None
    test_accuracy: float | None
    train_loss: float | None
    val_loss: float | None
    test_loss: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    parameters: int
    seconds: float | None


LOSS_FIELDS = ("train_loss", "val_loss", "test_loss")
"""The figures that are better when they are lower."""


def run_outcome(run: Run, epochs: Sequence[EpochDone]) -> Outcome:
    """Return the figures of a run whose finished epochs are `epochs`."""
    ended = epochs[-1] if epochs else None
    last = next((epoch for epoch in epochs if epoch.epoch == run.tested_epoch), ended)
    macro = per_class_report(np.array(run.confusion)).macro if run.confusion else None
    return Outcome(
        epochs=len(epochs),
        train_accuracy=last.train_accuracy if last else None,
        val_accuracy=last.val_accuracy if last else None,
        test_accuracy=run.test_accuracy,
        train_loss=last.train_loss if last else None,
        val_loss=last.val_loss if last else None,
        test_loss=run.test_loss,
        precision=macro.precision if macro else None,
        recall=macro.recall if macro else None,
        f1=macro.f1 if macro else None,
        parameters=run.spec.total_parameters,
        seconds=run.seconds if run.seconds is not None or ended is None else ended.seconds,
    )


def comparison_csv(
    names: Sequence[str], differing_settings: Mapping[str, Sequence[object]], outcomes: Sequence[Outcome]
) -> str:
    """Return a line of CSV for each run: its name, the settings that differ, and its figures; unknown ones stay empty.

    `differing_settings` maps a setting's name to its value in each run.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["run", *differing_settings, *Outcome.__dataclass_fields__])
    for i, (name, outcome) in enumerate(zip(names, outcomes, strict=True)):
        writer.writerow([name, *(values[i] for values in differing_settings.values()), *asdict(outcome).values()])
    return buffer.getvalue()

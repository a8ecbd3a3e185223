"""Outcomes of runs: macro scores of scikit-learn, the figures of the tested epoch, and the table as CSV."""

import csv
import io

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from cnn_core.evaluation.outcomes import Outcome, comparison_csv, run_outcome
from cnn_core.networks import preset
from cnn_core.runs import Run
from cnn_core.training import TrainConfig
from cnn_core.training.events import EpochDone

TINY = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
CONFIG = TrainConfig()


def run(**figures) -> Run:
    return Run("id", "w", "finished", "", 0.0, TINY, CONFIG, False, "CPU", 34, 2.3, **figures)


def test_the_outcome_of_a_run_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 4, 100), rng.integers(0, 4, 100)
    matrix = tuple(tuple(int(n) for n in row) for row in confusion_matrix(true, predicted))
    epochs = [EpochDone(n, 1 / n, 0.5, 2 / n, 0.6, 0.1, 3.0 * n) for n in (1, 2)]
    found = run_outcome(run(test_loss=0.3, test_accuracy=0.9, seconds=7.0, confusion=matrix), epochs)
    wanted = precision_recall_fscore_support(true, predicted, average="macro")[:3]
    assert (found.precision, found.recall, found.f1) == pytest.approx(wanted)
    assert (found.epochs, found.train_loss, found.val_loss, found.seconds) == (2, 0.5, 1.0, 7.0)
    assert found.parameters == 6090


def test_figures_are_those_of_the_weights_that_were_tested() -> None:
    epochs = [EpochDone(n, 1 / n, 0.5, 2 / n, 0.6, 0.1, 3.0 * n) for n in (1, 2, 3)]
    found = run_outcome(run(test_loss=0.3, test_accuracy=0.9, seconds=9.0, tested_epoch=2), epochs)
    assert (found.epochs, found.train_loss, found.val_loss) == (3, 0.5, 1.0)


def test_a_run_without_figures_has_none() -> None:
    found = run_outcome(run(test_loss=None, test_accuracy=None, seconds=None), [])
    assert found == Outcome(0, *[None] * 9, 6090, None)


def test_the_table_is_csv() -> None:
    found = run_outcome(run(test_loss=None, test_accuracy=0.5, seconds=1.0), [])
    text = comparison_csv(['a, "b"', "c"], {"learning_rate": (0.1, 0.2)}, [found, found])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["run"], row["learning_rate"], row["test_accuracy"], row["f1"]) for row in rows] == [
        ('a, "b"', "0.1", "0.5", ""),
        ("c", "0.2", "0.5", ""),
    ]

"""Metrics against scikit-learn, and the interval against its defining equation."""

import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import softmax
from sklearn import metrics as oracle
from torch.nn import functional

from cnn_core.evaluation.explain import explain_pair
from cnn_core.evaluation.metrics import (
    Z_95,
    accuracy_interval,
    confused_pairs,
    confusion_matrix,
    cross_entropy,
    loss_interval,
    per_class_report,
    pick_examples,
    top_k_curve,
)
from tests.cnn_core.evaluation.random_answers import answered


@st.composite
def answers(draw: st.DrawFn) -> tuple[int, list[int], list[int]]:
    """A number of classes, of which some may never occur, and the true and predicted class of each image."""
    classes = draw(st.integers(1, 6))
    pairs = draw(st.lists(st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)), min_size=1, max_size=60))
    return classes, [true for true, _ in pairs], [predicted for _, predicted in pairs]


@given(answers())
@settings(max_examples=150, deadline=None)
def test_confusion_matrix_equals_scikit_learn(given: tuple[int, list[int], list[int]]) -> None:
    classes, labels, predictions = given
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns when there is a single class
        expected = oracle.confusion_matrix(labels, predictions, labels=range(classes))
    np.testing.assert_array_equal(confusion_matrix(labels, predictions, classes), expected)


@given(answers())
@settings(max_examples=150, deadline=None)
def test_report_equals_scikit_learn(given: tuple[int, list[int], list[int]]) -> None:
    classes, labels, predictions = given
    report = per_class_report(confusion_matrix(labels, predictions, classes))
    kwargs = {"labels": list(range(classes)), "zero_division": 0}
    each = oracle.precision_recall_fscore_support(labels, predictions, **kwargs)
    ours = np.array([(row.precision, row.recall, row.f1, row.support) for row in report.classes]).T
    np.testing.assert_allclose(ours, np.array(each, dtype=float), atol=1e-12)
    for average in ("macro", "weighted"):
        expected = oracle.precision_recall_fscore_support(labels, predictions, average=average, **kwargs)[:3]
        mean = getattr(report, average)
        np.testing.assert_allclose((mean.precision, mean.recall, mean.f1), expected, atol=1e-12)
    assert report.accuracy == pytest.approx(oracle.accuracy_score(labels, predictions))


def test_rows_are_true_classes_and_columns_predicted() -> None:
    matrix = confusion_matrix([0, 0, 1], [1, 1, 1], 2)
    assert matrix.tolist() == [[0, 2], [0, 1]]


def test_a_score_without_denominator_is_zero_and_said() -> None:
    # Class 1 is never predicted, class 2 neither occurs nor is predicted.
    report = per_class_report(confusion_matrix([0, 1, 1], [0, 0, 0], 3))
    assert report.classes[1].undefined == ("precision",)
    assert report.classes[2].undefined == ("precision", "recall", "F1")
    assert report.classes[0].precision == pytest.approx(1 / 3)
    assert report.classes[0].undefined == ()


def test_no_images_at_all() -> None:
    report = per_class_report(confusion_matrix([], [], 2))
    assert report.accuracy == 0
    assert report.weighted.undefined == ("precision", "recall", "F1")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([0, 1], [0], 2), "predictions"),
        (([0, 2], [0, 0], 2), "labels"),
        (([0, 1], [0, -1], 2), "predictions"),
        (([0.5], [0], 2), "labels"),
        (([0], [0], 0), "classes"),
        (([[0]], [0], 1), "labels"),
    ],
)
def test_impossible_answers_are_refused_by_name(arguments: tuple, named: str) -> None:
    with pytest.raises(ValueError, match=rf"(?i)^(the )?{named} "):
        confusion_matrix(*arguments)


@pytest.mark.parametrize("matrix", [np.zeros((2, 3), int), np.zeros((0, 0), int), np.array([[-1]]), np.eye(2)])
def test_only_confusion_matrices_have_a_report(matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^The matrix "):
        per_class_report(matrix)


@given(st.integers(1, 5000), st.data())
@settings(max_examples=100, deadline=None)
def test_interval_ends_solve_wilsons_equation(total: int, data: st.DataObject) -> None:
    correct = data.draw(st.integers(0, total))
    low, high = accuracy_interval(correct, total)
    share = correct / total
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):  # |p̂ − p| = z·√(p(1−p)/n) at both ends
        assert abs(share - end) == pytest.approx(Z_95 * math.sqrt(end * (1 - end) / total), abs=1e-9)


def test_interval_equals_scipys() -> None:
    for correct, total in [(0, 1), (1, 1), (3, 7), (90, 100), (9_734, 10_000)]:
        expected = stats.binomtest(correct, total).proportion_ci(method="wilson")
        assert accuracy_interval(correct, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_interval_of_all_right_is_not_a_point() -> None:
    low, high = accuracy_interval(10, 10)
    assert low == pytest.approx(10 / (10 + Z_95**2))
    assert high == 1


@pytest.mark.parametrize(("correct", "total"), [(0, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(correct: int, total: int) -> None:
    with pytest.raises(ValueError, match="Correct is"):
        accuracy_interval(correct, total)


def test_confused_pairs_are_sorted_and_put_into_words() -> None:
    matrix = np.array([[8, 2, 0], [1, 0, 0], [3, 0, 7]])
    pairs = confused_pairs(matrix, top=3)
    assert [(p.true, p.predicted, p.count) for p in pairs] == [(2, 0, 3), (0, 1, 2), (1, 0, 1)]
    assert explain_pair(pairs[0], "abc") == "**c** was taken for **a** in 3 of 10 images (30.0%)."
    assert explain_pair(pairs[2], "abc") == "**b** was taken for **a** in 1 of 1 image (100.0%)."
    assert confused_pairs(np.eye(3, dtype=int)) == []


@given(st.lists(st.lists(st.floats(-800, 800), min_size=3, max_size=3), min_size=1, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_cross_entropy_equals_torch(rows: list[list[float]], data: st.DataObject) -> None:
    logits = np.array(rows)
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows))))
    expected = functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels)).item()
    assert cross_entropy(logits, labels) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_cross_entropy_needs_an_answer_for_each_label() -> None:
    with pytest.raises(ValueError, match=r"The logits have shape \(1, 3\) for 2 labels"):
        cross_entropy(np.zeros((1, 3)), np.array([0, 1]))


def test_examples_of_a_cell_come_surest_first() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    assert pick_examples(labels, probabilities).tolist() == [1, 2]  # mistakes: 0.8 before 0.6
    assert pick_examples(labels, probabilities, true=1, predicted=0).tolist() == [2]
    assert pick_examples(labels, probabilities, true=0).tolist() == [0, 1]
    assert pick_examples(labels, probabilities, predicted=1).tolist() == [1, 3]
    assert pick_examples(labels, probabilities, true=0, predicted=0).tolist() == [0]


def test_metrics_and_pictures_need_no_torch() -> None:
    code = "import sys, cnn_core.evaluation.metrics, cnn_core.render.tiles, cnn_core.insight as i"
    code += "; assert 'torch' not in sys.modules; i.grad_cam"
    subprocess.run([sys.executable, "-c", code], check=True)


@given(answered())
@settings(max_examples=60, deadline=None)
def test_loss_and_top_k_equal_scikit_learn(made: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = made
    classes = logits.shape[1]
    curve = top_k_curve(logits, labels)
    for k in range(1, classes):
        if classes == 2:  # scikit-learn takes two classes for a binary problem with one score
            break
        expected = oracle.top_k_accuracy_score(labels, logits, k=k, labels=range(classes))
        assert curve[k - 1] == pytest.approx(expected)
    assert curve[0] == pytest.approx((logits.argmax(axis=1) == labels).mean())
    assert curve[-1] == 1
    if np.abs(logits).max() < 30:  # scikit-learn clips probabilities
        expected = oracle.log_loss(labels, softmax(logits, axis=1), labels=range(classes))
        assert cross_entropy(logits, labels) == pytest.approx(expected, rel=1e-7)


def test_of_equal_logits_the_smaller_class_comes_first_as_in_argmax() -> None:
    logits, labels = np.zeros((3, 3)), np.array([0, 1, 2])
    np.testing.assert_allclose(top_k_curve(logits, labels), [1 / 3, 2 / 3, 1])


def test_loss_interval_is_the_normal_one_of_scipy() -> None:
    losses = np.random.default_rng(0).exponential(1.0, 200)
    expected = stats.norm.interval(0.95, losses.mean(), stats.sem(losses))
    assert loss_interval(losses) == pytest.approx(expected)
    assert loss_interval(np.array([0.0, 0.0, 3.0]))[0] == 0
    with pytest.raises(ValueError, match="at least two images"):
        loss_interval(np.array([1.0]))

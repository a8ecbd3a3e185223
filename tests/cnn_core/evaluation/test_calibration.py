"""Calibration, top-k, intervals, orders of the confusion matrix, two networks compared, and files: with oracles."""

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import stats
from scipy.special import softmax
from sklearn import calibration as calibration_oracle
from sklearn import metrics as oracle

from cnn_core.evaluation.calibration import calibration_sentence, measure_calibration
from cnn_core.evaluation.confusion import class_order, confusion_shares, most_confused_classes
from cnn_core.evaluation.files import matrix_csv, matrix_png, mistakes_csv, report_csv
from cnn_core.evaluation.metrics import (
    accuracy_interval,
    confusion_matrix,
    cross_entropy,
    image_losses,
    loss_interval,
    per_class_report,
    top_k_curve,
)
from cnn_core.evaluation.paired import compare_answers, comparison_verdict


@st.composite
def answered(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, K) without ties, and labels (N,) in which some classes may be absent."""
    classes, images = draw(st.integers(2, 7)), draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = draw(st.integers(1, classes))
    scale = draw(st.sampled_from([0.1, 1.0, 5.0, 300.0]))
    return random.normal(0, scale, (images, classes)), random.integers(0, present, images)


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


@given(answered(), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_calibration_equals_scikit_learn(made: tuple[np.ndarray, np.ndarray], bins: int) -> None:
    logits, labels = made
    probabilities = softmax(logits, axis=1)
    found = measure_calibration(probabilities, labels, bins)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    full = [part for part in found.bins if part.images]
    truth, said = calibration_oracle.calibration_curve(right, confidence.clip(0, 1), n_bins=bins)
    np.testing.assert_allclose([part.accuracy for part in full], truth)
    np.testing.assert_allclose([part.confidence for part in full], said)
    assert sum(part.images for part in found.bins) == len(labels)
    assert found.expected_error == pytest.approx(
        sum(part.images / len(labels) * abs(part.accuracy - part.confidence) for part in full)
    )
    assert found.largest_error == pytest.approx(max(abs(part.accuracy - part.confidence) for part in full))


def test_calibration_says_which_way_it_is_wrong() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1]])
    half = measure_calibration(probabilities, np.array([0, 1]))
    assert "too sure, by 40.0 points" in calibration_sentence(half)
    assert "ECE = 0.400, 10 bins" in calibration_sentence(half)
    assert "not sure enough, by 10.0 points" in calibration_sentence(
        measure_calibration(probabilities, np.array([0, 0]))
    )
    assert half.bins[8].interval == accuracy_interval(1, 2)
    assert half.bins[0].interval == (0, 1)


@pytest.mark.parametrize(("rows", "bins"), [(0, 10), (2, 0), (1, 10)])
def test_calibration_refuses_what_it_cannot_bin(rows: int, bins: int) -> None:
    with pytest.raises(ValueError, match=r"^(probabilities|bins) "):
        measure_calibration(np.full((rows, 2), 0.5), np.zeros(rows if rows != 1 else 2, dtype=int), bins)


@given(answered())
@settings(max_examples=40, deadline=None)
def test_shares_equal_scikit_learns_normalised_matrix(made: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = made
    answers, classes = logits.argmax(axis=1), logits.shape[1]
    matrix = confusion_matrix(labels, answers, classes)
    for of, normalize in (("row", "true"), ("column", "pred")):
        expected = oracle.confusion_matrix(labels, answers, labels=range(classes), normalize=normalize)
        np.testing.assert_allclose(confusion_shares(matrix, of), expected)
    for by in ("class", "confusion", "clustering"):
        assert sorted(class_order(matrix, by)) == list(range(classes))


def test_orders_put_mistakes_first_and_mixed_up_classes_side_by_side() -> None:
    # 0 and 2 are mixed up, 1 and 3 too; class 4 has no image
    matrix = np.array([[5, 0, 5, 0, 0], [0, 8, 0, 2, 0], [4, 0, 6, 0, 0], [0, 1, 0, 9, 0], [0, 0, 0, 0, 0]])
    assert class_order(matrix, "confusion") == [0, 2, 1, 3, 4]
    order = class_order(matrix, "clustering")
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1
    assert class_order(np.array([[3]]), "clustering") == [0]
    assert most_confused_classes(matrix, 2) == [0, 2]
    assert most_confused_classes(matrix, 9) == [0, 1, 2, 3, 4]
    assert len(most_confused_classes(np.eye(6, dtype=int), 4)) == 4
    with pytest.raises(ValueError, match="by is 'size'"):
        class_order(matrix, "size")  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_mcnemar_is_the_exact_binomial_test(pairs: list[tuple[bool, bool]]) -> None:
    labels = np.ones(len(pairs), dtype=int)
    first, second = (np.array(column, dtype=int) for column in zip(*pairs, strict=True))
    found = compare_answers(labels, first, second)
    b, c = found.only_first, found.only_second
    # both tails of Binomial(b + c, ½), which is symmetric
    tail = sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
    assert found.p_value == pytest.approx(min(1.0, 2 * tail))
    assert found.image_count == len(pairs)
    assert found.accuracy_gain == pytest.approx(second.mean() - first.mean())
    difference = second - first
    if len(pairs) > 1:
        half = 1.959963984540054 * difference.std() / math.sqrt(len(pairs))
        assert found.gain_interval[1] == pytest.approx(min(1.0, difference.mean() + half))
    assert comparison_verdict(found, "A", "B")


def test_the_verdict_names_the_better_one_or_says_that_there_is_no_proof() -> None:
    labels = np.zeros(100, dtype=int)
    bad, good = np.r_[np.ones(30, int), np.zeros(70, int)], np.zeros(100, dtype=int)
    assert "**B is better** than A" in comparison_verdict(compare_answers(labels, bad, good), "A", "B")
    assert "**A is better** than B" in comparison_verdict(compare_answers(labels, good, bad), "A", "B")
    near = good.copy()
    near[0] = 1
    assert "**no proof** that A is better than B" in comparison_verdict(compare_answers(labels, good, near), "A", "B")
    assert "no difference at all" in comparison_verdict(compare_answers(labels, good, good), "A", "B")
    with pytest.raises(ValueError, match="2, 1 and 2 values"):
        compare_answers(labels[:2], good[:1], good[:2])


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_files_hold_what_the_page_shows() -> None:
    logits = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.5]])
    labels = np.array([0, 0, 1, 1])
    probabilities = softmax(logits, axis=1)
    names = ("a, b", "ü", 'say "c"')
    matrix = confusion_matrix(labels, probabilities.argmax(axis=1), 3)
    assert read(matrix_csv(matrix, names)) == [
        ["true \\ predicted", *names],
        ["a, b", "1", "1", "0"],
        ["ü", "1", "0", "1"],
        ['say "c"', "0", "0", "0"],
    ]
    report = read(report_csv(per_class_report(matrix), names))
    assert report[1] == ["a, b", "0.5", "0.5", "0.5", "2"]
    assert report[3][0:3] == ['say "c"', "0.0", ""]
    assert report[-1] == ["accuracy", "", "0.25", "", "4"]
    mistakes = read(mistakes_csv(logits, probabilities, labels, names))
    assert [row[:3] for row in mistakes[1:]] == [["2", "ü", "a, b"], ["1", "a, b", "ü"], ["3", "ü", 'say "c"']]
    assert float(mistakes[1][3]) == pytest.approx(probabilities[2].max(), abs=1e-6)
    assert float(mistakes[1][5]) == pytest.approx(image_losses(logits, labels)[2], abs=1e-6)


@pytest.mark.parametrize("classes", [1, 3, 100])
@pytest.mark.parametrize("share", [False, True])
def test_the_matrix_as_a_picture_is_blue_on_the_diagonal_and_orange_beside_it(classes: int, share: bool) -> None:
    matrix = np.diag(np.full(classes, 3))
    matrix[0, -1] += 5
    data = matrix_png(matrix, [f"class {k} {'x' * 30}" for k in range(classes)], title="A title", show_shares=share)
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert max(pixels.shape[:2]) < 2200
    assert (pixels[..., 2] - pixels[..., 0] > 60).any()  # blue
    assert (pixels[..., 0] - pixels[..., 2] > 60).any() == (classes > 1)  # orange

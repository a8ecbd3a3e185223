"""Calibration: scikit-learn's curve, and what it says in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import calibration as calibration_oracle

from cnn_core.evaluation.calibration import calibration_sentence, measure_calibration
from cnn_core.evaluation.metrics import (
    accuracy_interval,
)
from tests.cnn_core.evaluation.random_answers import answered


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

"""Calibration: scikit-learn's curve, and what it says in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import calibration as calibration_oracle

from cnn_core.evaluation.calibration import measure_calibration
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


@pytest.mark.parametrize(("rows", "bins"), [(0, 10), (2, 0), (1, 10)])
def test_calibration_refuses_what_it_cannot_bin(rows: int, bins: int) -> None:
    with pytest.raises(ValueError, match=r"^(The probabilities|Bins) "):
        measure_calibration(np.full((rows, 2), 0.5), np.zeros(rows if rows != 1 else 2, dtype=int), bins)

"""Confusion matrices as shares and in other orders."""

import numpy as np
import pytest
from hypothesis import given, settings
from sklearn import metrics as oracle

from cnn_core.evaluation.confusion import class_order, confusion_shares, most_confused_classes
from cnn_core.evaluation.metrics import (
    confusion_matrix,
)
from tests.cnn_core.evaluation.random_answers import answered


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
    with pytest.raises(ValueError, match="The order \\(by\\) is 'size'"):
        class_order(matrix, "size")  # type: ignore[arg-type]

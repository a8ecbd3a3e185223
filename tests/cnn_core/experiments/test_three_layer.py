"""The network of three layers in NumPy: loss, regularisation and accuracy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.experiments import sanity
from cnn_core.experiments.three_layer import (
    NetworkShape,
    forward,
    initialise_parameters,
    loss_and_gradients,
    measure_accuracy,
    softmax_loss,
)


@given(st.floats(0.001, 0.5), st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_regularisation_adds_half_lambda_times_the_squares(scale, reg):
    p, batch = initialise_parameters(NetworkShape(), scale=scale), sanity.random_batch(NetworkShape(), 5)
    squares = sum(float((p[name] ** 2).sum()) for name in ("W1", "W2", "W3"))
    assert loss_and_gradients(p, *batch, reg=reg)[0] == pytest.approx(
        loss_and_gradients(p, *batch)[0] + 0.5 * reg * squares
    )


def test_softmax_does_not_change_when_a_number_is_added_to_every_logit():
    logits, labels = np.array([[1.0, -2, 0.5], [3, 3, 3]]), np.array([2, 0])
    for shift in (0.0, 1000.0, -1000.0):
        loss, gradient = softmax_loss(logits + shift, labels)
        assert loss == pytest.approx(
            (-0.5 + np.log(np.exp(1) + np.exp(-2) + np.exp(0.5)) + np.log(3)) / 2  # −log p of each, by hand
        )
        np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-15)


def test_accuracy_counts_the_largest_logit():
    p, (x, labels) = initialise_parameters(NetworkShape(), seed=1), sanity.random_batch(NetworkShape(), 20)
    assert measure_accuracy(p, x, forward(p, x)[0].argmax(axis=1)) == 1
    assert 0 <= measure_accuracy(p, x, labels) <= 1

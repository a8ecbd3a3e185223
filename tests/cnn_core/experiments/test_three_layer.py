"""The three-layer network and its sanity checks, against autograd, nudged numbers, and what is known beforehand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.experiments import sanity
from cnn_core.experiments.three_layer import (
    PARAMETER_NAMES,
    NetworkShape,
    forward,
    initialise_parameters,
    loss_and_gradients,
    measure_accuracy,
    softmax_loss,
)


@given(
    st.integers(1, 2),
    st.integers(4, 6),
    st.integers(1, 3),
    st.sampled_from([1, 3]),
    st.integers(1, 4),
    st.integers(2, 4),
)
@settings(max_examples=12, deadline=None)
def test_gradients_equal_autograd_and_nudged_numbers(channels, size, filters, kernel, hidden, classes):
    for check in sanity.check_parameters(
        NetworkShape(channels, size, filters, kernel, hidden, classes), reg=0.1, seed=size
    ):
        assert check.autograd < 1e-12, check
        assert check.numerical < 1e-6, check


def test_a_forgotten_term_is_seen(monkeypatch):
    right = sanity.loss_and_gradients

    def wrong(*args, **options):
        loss, gradients = right(*args, **options)
        return loss, gradients | {"b2": gradients["b2"] * 1.1}

    monkeypatch.setattr(sanity, "loss_and_gradients", wrong)
    checks = {check.name: check for check in sanity.check_parameters(NetworkShape(1, 6, 3, 3, 5, 4), reg=0.0)}
    assert list(checks) == list(PARAMETER_NAMES)
    assert checks["b2"].autograd > 0.01
    assert checks["W1"].autograd < 1e-12


@pytest.mark.parametrize(("classes", "expected"), [(10, 2.302585), (20, 2.995732)])
def test_tiny_weights_start_at_ln_c(classes, expected):
    loss = sanity.initial_loss(classes, 0.001, 0.0)
    assert loss.guessing == pytest.approx(expected, abs=1e-6)
    assert loss.total == pytest.approx(expected, abs=1e-4)


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


@pytest.mark.parametrize("count", [5, 30])
def test_a_handful_is_learned_by_heart(count):
    history = sanity.overfit_digits(count, 150, 0.0)
    assert history[-1].train_accuracy == 1
    assert history[-1].val_accuracy < 1
    assert history[0].loss == pytest.approx(np.log(10), abs=0.1)
    assert [epoch.epoch for epoch in history] == list(range(1, 151))


def test_equal_weights_stay_equal_and_random_ones_do_not():
    equal, random = (sanity.measure_separation(equal=start, epochs=60) for start in (True, False))
    assert equal.between_filters < 1e-12
    assert equal.between_units < 1e-12
    assert random.between_filters > 0.1
    assert random.accuracy > equal.accuracy + 0.3
    assert np.abs(equal.filters).max() > 0.06  # they did learn: all the same thing


def test_accuracy_counts_the_largest_logit():
    p, (x, labels) = initialise_parameters(NetworkShape(), seed=1), sanity.random_batch(NetworkShape(), 20)
    assert measure_accuracy(p, x, forward(p, x)[0].argmax(axis=1)) == 1
    assert 0 <= measure_accuracy(p, x, labels) <= 1

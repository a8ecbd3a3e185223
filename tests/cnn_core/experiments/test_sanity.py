"""Sanity checks of a network: its first loss, its gradients, overfitting a handful, equal weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.experiments import sanity
from cnn_core.experiments.three_layer import (
    PARAMETER_NAMES,
    NetworkShape,
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

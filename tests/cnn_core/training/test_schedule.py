"""Learning rate schedules: those of torch, in the shortest runs too."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.training import TrainConfig
from cnn_core.training.config import SCHEDULES
from cnn_core.training.schedule import learning_rate


@given(st.integers(1, 12), st.integers(1, 40), st.floats(1e-4, 10))
@settings(max_examples=60, deadline=None)
def test_schedules_equal_torchs(epochs: int, per_epoch: int, rate: float) -> None:
    total = epochs * per_epoch
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    oracles = {"cosine": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, total)}
    if total > 4:  # torch divides by zero below
        other = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
        oracles["one-cycle"] = torch.optim.lr_scheduler.OneCycleLR(other, rate, total_steps=total)
    for name, oracle in oracles.items():
        config = TrainConfig(schedule=name)
        for step in range(1, total + 1):
            expected = oracle.optimizer.param_groups[0]["lr"]
            assert learning_rate(config, rate, step, per_epoch, epochs) == pytest.approx(expected, rel=1e-6, abs=1e-12)
            oracle.optimizer.step()
            if step < total:
                oracle.step()


def test_the_rate_falls_in_steps_of_whole_epochs() -> None:
    config = TrainConfig(schedule="step", step_every=2, step_factor=0.5)
    assert [learning_rate(config, 0.8, step, 3, 6) for step in (1, 6, 7, 12, 13, 18)] == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize(("per_epoch", "epochs"), [(1, 1), (1, 2), (2, 1), (1, 3)])
def test_the_shortest_runs_have_a_rate_too(schedule: str, per_epoch: int, epochs: int) -> None:
    for step in range(1, per_epoch * epochs + 3):  # and what was extended by hand
        rate = learning_rate(TrainConfig(schedule=schedule), 0.1, step, per_epoch, epochs)
        assert 0 <= rate <= 0.1
        assert math.isfinite(rate)

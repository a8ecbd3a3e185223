"""Gradient norms and dead ReLUs."""

import pytest
import torch
from torch import nn

from cnn_core.training.diagnostics import dead_relu_share, gradient_norm
from cnn_core.training.events import StepDone
from tests.cnn_core.training.small_run import SPEC, of, run


def test_the_gradient_norm_is_what_torch_would_clip_by() -> None:
    model = SPEC.build(seed=0)
    model(torch.randn(4, 1, 8, 8)).square().sum().backward()
    expected = torch.nn.utils.clip_grad_norm_(model.parameters(), 1e9)
    assert gradient_norm(model).item() == pytest.approx(expected.item(), rel=1e-6)
    assert all(step.gradient_norm > 0 for step in of(StepDone, run()))


def test_dead_relus_are_counted_by_channel() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 1), nn.ReLU(), nn.Flatten(), nn.Linear(16, 4), nn.ReLU())
    with torch.no_grad():
        model[0].weight.zero_()
        model[0].bias.copy_(torch.tensor([-1.0, 1.0, 0.0, 2.0]))  # channels 0 and 2 are dead
        model[3].weight.zero_()
        model[3].bias.copy_(torch.tensor([-1.0, 1.0, 1.0, 1.0]))  # unit 0 is dead
    images = torch.zeros(5, 1, 2, 2, dtype=torch.uint8)
    assert dead_relu_share(model, images, lambda x: x.float()) == pytest.approx(3 / 8)
    assert model.training
    assert dead_relu_share(nn.Sequential(nn.Conv2d(1, 1, 1)), images, lambda x: x.float()) is None

"""The neuron and the layer of the vanishing gradients: slopes against autograd, and what a learner is to see."""

import numpy as np
import pytest
import torch

from cnn_core.experiments.saturation import HIDDEN_UNITS, NEURON_RATE, UNITS_RATE, train_neuron, train_units


@pytest.mark.parametrize("start", [0.0, 0.6, 2.0, 3.0])
@pytest.mark.parametrize("quadratic", [True, False])
def test_the_neuron_follows_autograd(start, quadratic):
    w = torch.tensor([start, start], dtype=torch.float64, requires_grad=True)
    outputs, slopes = [], []
    for _ in range(21):
        a = torch.sigmoid(w.sum())
        loss = a**2 / 2 if quadratic else -torch.log(1 - a)
        (gradient,) = torch.autograd.grad(loss, w)
        outputs.append(a.item())
        slopes.append(gradient[0].item())
        w = (w - NEURON_RATE * gradient).detach().requires_grad_()
    ours = train_neuron(start, 20, quadratic=quadratic)
    np.testing.assert_allclose(ours.outputs, outputs, rtol=1e-9)
    assert ours.first_slope == pytest.approx(slopes[0])


def test_only_the_quadratic_cost_stalls_when_sure_and_wrong():
    assert train_neuron(3.0, 300, quadratic=True).outputs[-1] > 0.98
    assert train_neuron(3.0, 300, quadratic=False).outputs[-1] < 0.02


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_the_layer_follows_autograd(slope):
    rng = np.random.default_rng(0)
    w, b = torch.tensor(rng.normal(0, 1, (1, HIDDEN_UNITS))), torch.full((HIDDEN_UNITS,), -1.0, dtype=torch.float64)
    v = torch.tensor(rng.normal(0, 1 / np.sqrt(HIDDEN_UNITS), (HIDDEN_UNITS, 1)))
    x = torch.linspace(-1, 1, 64, dtype=torch.float64)[:, None]
    losses = []
    for _ in range(20):
        w, b, v = (part.detach().requires_grad_() for part in (w, b, v))
        y = torch.nn.functional.leaky_relu(x @ w + b, slope) @ v
        loss = ((y - x.abs()) ** 2).mean() / 2
        losses.append(loss.item())
        gradients = torch.autograd.grad(loss, (w, b, v))
        w, b, v = (part - UNITS_RATE * step for part, step in zip((w, b, v), gradients, strict=True))
    np.testing.assert_allclose(train_units(-1.0, slope, 20).losses, losses, rtol=1e-9)


def test_dead_units_never_learn_and_leaky_ones_do():
    relu, leaky = train_units(-4.0, 0.0, 300), train_units(-4.0, 0.1, 300)
    assert relu.dead_before == relu.dead_after == leaky.dead_before == HIDDEN_UNITS
    assert len(set(relu.losses)) == 1
    assert leaky.losses[-1] < relu.losses[-1] / 3

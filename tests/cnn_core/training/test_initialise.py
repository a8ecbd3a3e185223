"""First weights: drawn as each scheme says, without touching the global random state."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.networks import NetworkSpec
from cnn_core.networks.layers import Conv2d, Flatten, Linear, ReLU
from cnn_core.training import train
from cnn_core.training.config import INITIALISATIONS
from cnn_core.training.events import Snapshot
from cnn_core.training.initialise import initialise_weights
from tests.cnn_core.training.small_run import CONFIG, DATA, of


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_weights_are_drawn_as_the_scheme_says(scheme: str) -> None:
    model = nn.Sequential(nn.Conv2d(16, 64, 5), nn.ReLU(), nn.Flatten(), nn.Linear(400, 300))
    before = torch.random.get_rng_state()
    initialise_weights(model, scheme, seed=1)
    assert torch.equal(torch.random.get_rng_state(), before)
    if scheme == "pytorch":
        return
    inputs, outputs = 400, 64 * 25
    deviation = {"he": math.sqrt(2 / inputs), "xavier": math.sqrt(2 / (inputs + outputs)), "normal": 0.01, "equal": 0.0}
    assert model[0].weight.std().item() == pytest.approx(deviation[scheme], rel=0.03, abs=1e-8)
    assert model[3].bias.abs().max().item() == 0
    again = nn.Sequential(nn.Conv2d(16, 64, 5), nn.ReLU(), nn.Flatten(), nn.Linear(400, 300))
    initialise_weights(again, scheme, seed=1)
    assert torch.equal(again[0].weight, model[0].weight)


def test_equal_weights_never_separate() -> None:
    spec = NetworkSpec("Equal", (1, 8, 8), (Conv2d(4, 3), ReLU(), Flatten(), Linear(3)))
    events = list(train(spec, DATA, replace(CONFIG, initialisation="equal", learning_rate=0.05)))
    weights = of(Snapshot, events)[-1].weights["conv1.weight"]
    assert np.abs(weights - weights[:1]).max() < 1e-6
    assert np.ptp(weights) > 0.01  # they did learn

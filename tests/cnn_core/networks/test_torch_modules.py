"""Networks built as torch modules: seeded weights and logits of guessing."""

import pytest
import torch
from torch import nn

from cnn_core.networks import (
    preset,
)
from tests.golden import GOLDEN


def test_seeded_weights_repeat_and_leave_the_global_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    first, second = preset("Tiny CNN").build(seed=3), preset("Tiny CNN").build(seed=3)
    assert torch.equal(before, torch.random.get_rng_state())
    for name, weights in first.state_dict().items():
        assert torch.equal(weights, second.state_dict()[name])
    other = preset("Tiny CNN").build(seed=4)
    assert not torch.equal(first.get_submodule("conv1").weight, other.get_submodule("conv1").weight)


def test_logits_come_out_with_the_initial_loss_of_guessing() -> None:
    module = preset("A").build(seed=0)
    logits = module(torch.randn(64, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    loss = nn.functional.cross_entropy(logits, torch.arange(64) % 20)
    assert loss.item() == pytest.approx(GOLDEN["initial_loss"]["20"], abs=0.1)

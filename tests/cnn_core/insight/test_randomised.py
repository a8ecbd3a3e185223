"""Layers that forget what they learned, and how alike two maps are."""

import numpy as np
import pytest
import torch

from cnn_core.insight.randomised import compare_maps, layers_with_weights, randomise_last_layers
from tests.cnn_core.insight.examples import BLOCKS


def test_the_last_layers_forget_and_nothing_else_changes() -> None:
    model = BLOCKS.build(seed=3).eval()
    names = layers_with_weights(model)
    assert names[0] == "conv1"
    assert names[-1].startswith("fc")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    twin = randomise_last_layers(model, 2, seed=1).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    changed = {name.rsplit(".", 1)[0] for name, value in twin.items() if not torch.equal(value, before[name])}
    assert changed == set(names[-2:])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    again = randomise_last_layers(model, 2, seed=1).state_dict()
    assert all(torch.equal(twin[name], again[name]) for name in twin)


def test_a_map_is_like_itself_and_not_like_noise() -> None:
    one, other = np.random.default_rng(0).normal(size=(2, 32, 32))
    same = compare_maps(one, -3 * one)  # size and sign do not count
    assert same.rank_correlation == pytest.approx(1)
    assert same.ssim == pytest.approx(1)
    different = compare_maps(one, other)
    assert abs(different.rank_correlation or 0) < 0.15
    assert different.ssim < 0.3
    assert compare_maps(np.zeros((8, 8)), one[:8, :8]).rank_correlation is None
    assert compare_maps(one[:2, :2], one[:2, :2]).ssim == 1
    with pytest.raises(ValueError, match="they must be the same"):
        compare_maps(one, one[:8])

"""Feature maps against a forward pass by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.insight import feature_maps
from cnn_core.networks import preset


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(1, 8, 8)).astype(np.float32)


def test_maps_are_those_of_a_forward_pass_by_hand(image: np.ndarray) -> None:
    model = preset("Tiny CNN").build(seed=1)
    maps = feature_maps(model, image)
    assert list(maps) == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2"]
    x = torch.from_numpy(image)[None]
    for name, layer in model.named_children():
        x = layer(x)
        if name in maps:
            np.testing.assert_array_equal(maps[name], x[0].detach().numpy())


def test_batch_norm_uses_running_statistics_and_modes_come_back(image: np.ndarray) -> None:
    model = preset("Tiny CNN + batch norm").build(seed=1)
    model.train()
    model.bn2.eval()
    before = model.bn1.running_mean.clone()
    maps = feature_maps(model, image)
    # A fresh batch norm has mean 0 and variance 1: in eval mode it divides by √(1 + eps) only.
    np.testing.assert_allclose(maps["bn1"], maps["conv1"] / np.sqrt(1 + 1e-5), rtol=1e-5)
    assert torch.equal(model.bn1.running_mean, before)
    assert model.training
    assert model.bn1.training
    assert not model.bn2.training
    assert not any(module._forward_hooks for module in model.modules())


def test_in_place_activation_does_not_overwrite_the_map_before_it(image: np.ndarray) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Dropout(0.5))
    maps = feature_maps(model, image)
    assert list(maps) == ["0", "1"]
    assert maps["0"].min() < 0
    np.testing.assert_array_equal(maps["1"], np.maximum(maps["0"], 0))


def test_residual_blocks_show_the_layers_inside() -> None:
    maps = feature_maps(preset("D-resnet18").build(seed=0), np.ones((3, 64, 64), np.float32))
    assert maps["block1.body.conv1"].shape[0] == 64
    assert "block1" not in maps
    assert "block1.shortcut" not in maps  # empty: it passes its input on


def test_a_network_of_linear_layers_has_no_maps(image: np.ndarray) -> None:
    assert feature_maps(preset("Linear only").build(seed=0), image) == {}


def test_an_image_has_three_dimensions(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^The image has shape"):
        feature_maps(preset("Tiny CNN").build(seed=0), image[0])

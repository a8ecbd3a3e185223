"""The filters of a network's first layer, and the labels of their tiles."""

import numpy as np
import pytest

from cnn_core.insight import FilterLayer, filter_layers, first_layer, tile_labels
from cnn_core.networks import Flatten, Linear, MaxPool2d, NetworkSpec, preset


def test_first_layer_is_the_first_convolution() -> None:
    spec = preset("Tiny CNN")
    weights = {name: value.numpy() for name, value in spec.build(seed=0).state_dict().items()}
    found = first_layer(spec, weights)
    assert found is not None
    assert (found.name, found.kind, found.weights.shape) == ("conv1", "Conv2d", (16, 1, 3, 3))
    with pytest.raises(ValueError, match=r"no 'conv1.weight'"):
        first_layer(spec, {})


def test_a_linear_network_has_one_template_a_class() -> None:
    spec = preset("Linear only", input_shape=(3, 4, 5), classes=2)
    flat = np.arange(2 * 3 * 4 * 5.0).reshape(2, 60)
    found = first_layer(spec, {"fc1.weight": flat})
    assert found is not None
    assert (found.kind, found.weights.shape) == ("Linear", (2, 3, 4, 5))
    assert found.weights[1, 2, 3, 4] == flat[1, -1]


def test_tiles_are_numbered_like_the_maps_they_make() -> None:
    layer = FilterLayer("conv1", "Conv2d", np.zeros((2, 3, 1, 1)))
    assert tile_labels(layer, by_channel=False) == ["1", "2"]
    assert tile_labels(layer, by_channel=True) == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]
    assert tile_labels(layer, by_channel=False, names=("cat", "dog")) == ["cat", "dog"]
    assert tile_labels(layer, by_channel=False, names=("cat",)) == ["1", "2"]


def test_a_network_that_pools_first_has_nothing_to_show() -> None:
    spec = NetworkSpec("pooled", (1, 4, 4), (MaxPool2d(2), Flatten(), Linear(2)))
    assert first_layer(spec, {}) is None


def test_every_convolution_has_its_filters() -> None:
    spec = preset("D-resnet18", input_shape=(3, 8, 8), classes=10)
    weights = {name: value.numpy() for name, value in spec.build(seed=0).state_dict().items()}
    layers = filter_layers(spec, weights)
    assert list(layers) == [row.name for row in spec.summary() if row.kind == "Conv2d"]
    assert all(layer.weights.ndim == 4 for layer in layers.values())
    assert filter_layers(NetworkSpec("pooled", (1, 8, 8), (MaxPool2d(2), Flatten(), Linear(10))), {}) == {}

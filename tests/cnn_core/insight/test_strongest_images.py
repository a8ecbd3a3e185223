"""Strongest images and their places, found by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnn_core.insight.activations import layer_outputs
from cnn_core.insight.strongest_images import find_peaks
from tests.cnn_core.insight.examples import BLOCKS


def ready(images: Tensor) -> Tensor:
    return (images.float() - 100) / 50


@pytest.mark.parametrize("layer", ["conv1", "block1", "block1.body.conv1", "branches1", "fc1"])
def test_peaks_are_the_largest_of_each_layer_s_outputs(layer: str) -> None:
    model = BLOCKS.build(seed=2)
    images = np.random.default_rng(0).integers(0, 256, (300, 3, 9, 7), dtype=np.uint8)
    found = find_peaks(model, images, ready, layer)
    assert model.training
    for number in (0, 17, 299):
        output = layer_outputs(model, ready(torch.from_numpy(images[number]))[None][0].numpy(), [layer])[layer]
        values = output.reshape(len(output), -1)
        np.testing.assert_allclose(found.values[number], values.max(1), rtol=1e-4, atol=1e-5)
        for unit, (row, column) in enumerate(found.positions[number]):
            here = output[unit, row, column] if output.ndim == 3 else output[unit]
            assert here == pytest.approx(values[unit].max(), rel=1e-4, abs=1e-5)


def test_the_best_patch_is_found_where_it_was_put() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 3, bias=False))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[[[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]]]))
    images = np.full((5, 1, 10, 10), 50, dtype=np.uint8)
    images[3, 0, 4:7, 6:] = 200  # an edge: dark left of column 6
    found = find_peaks(model, images, ready, "0")
    assert found.top_images(0, 2).tolist() == [3, 0]
    assert found.positions[3, 0].tolist() == [4, 4]  # the window of rows 4 … 6 and columns 4 … 6; the next one ties
    assert found.values[3, 0] == pytest.approx(3 * (200 - 50) / 50)


def test_what_cannot_be_is_said() -> None:
    model = BLOCKS.build(seed=0)
    image = np.zeros((1, 3, 9, 7), dtype=np.uint8)
    with pytest.raises(ValueError, match="Layer is ''"):
        find_peaks(model, image, ready, "")
    with pytest.raises(ValueError, match="no image"):
        find_peaks(model, image[:0], ready, "conv1")

"""Which layers Grad-CAM can explain, and which it explains at first."""

import numpy as np
import pytest

from cnn_core.insight.heat import cam_layers, default_cam_layer
from cnn_core.networks import PRESETS, preset


@pytest.mark.parametrize("name", PRESETS)
def test_grad_cam_looks_where_features_still_have_a_place(name: str) -> None:
    spec = preset(name)
    layers, chosen = cam_layers(spec), default_cam_layer(spec)
    if name == "Linear only":
        assert (layers, chosen) == ((), None)
        return
    shapes = {row.name: row.output_shape for row in spec.summary()}
    assert chosen in layers
    assert all(len(shapes[layer]) == 3 for layer in layers)
    assert np.prod(shapes[chosen][1:]) > 1
    if name == "ResNet-18":
        assert chosen == "relu9"
    if name == "E":
        assert chosen == "relu3"

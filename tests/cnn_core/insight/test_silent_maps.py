"""Silent maps against the maps themselves."""

import numpy as np

from cnn_core.networks import preset


def test_silent_maps_are_those_that_no_image_wakes() -> None:
    import torch

    from cnn_core.insight.graph import network_graph
    from cnn_core.insight.silent_maps import find_silent_maps

    spec = preset("Tiny CNN")
    model, nodes = spec.build(seed=0), network_graph(spec)
    with torch.no_grad():
        for place in (2, 5):
            model.get_parameter("conv1.weight")[place] = -1.0
            model.get_parameter("conv1.bias")[place] = -1.0
    images = torch.rand(70, *spec.input_shape) + 0.1
    silent = find_silent_maps(model, nodes, "conv1", images)
    assert silent is not None
    with torch.no_grad():
        maps = torch.relu(model.get_submodule("conv1")(images))
    np.testing.assert_array_equal(silent, (maps == 0).all(dim=3).all(dim=2).all(dim=0).numpy())
    assert silent[[2, 5]].all()
    assert not silent.all()
    assert find_silent_maps(model, nodes, "fc1", images) is None

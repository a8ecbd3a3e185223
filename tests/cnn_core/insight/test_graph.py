"""The graph of a network and what a value sees of it, with torch as the judge."""

import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from cnn_core.insight.graph import IMAGE, PROBABILITIES, contributing_maps, network_graph, receptive_boxes
from cnn_core.networks import (
    Branches,
    Residual,
    preset,
)
from cnn_core.networks.measured_field import _open_paths
from tests.cnn_core.insight.examples import Looked, places


def test_every_layer_and_join_stands_in_the_graph_with_what_torch_computes(looked: Looked) -> None:
    nodes, values, _, model = looked
    assert [IMAGE, *(name for name in nodes if name in dict(model.named_modules())), PROBABILITIES] == list(nodes)
    kept: dict[str, tuple[torch.Tensor, ...]] = {}
    for name in nodes:
        if name in (IMAGE, PROBABILITIES):
            continue
        model.get_submodule(name).register_forward_hook(lambda _, x, y, name=name: kept.update({name: (x[0][0], y[0])}))
    with torch.no_grad():
        logits = model(torch.from_numpy(np.asarray(values[IMAGE]))[None])[0]
    for name, (given, made) in kept.items():
        np.testing.assert_array_equal(values[name], made.numpy(), err_msg=name)
        assert nodes[name].shape == tuple(made.shape)
        if not isinstance(nodes[name].layer, Residual | Branches):
            # what the graph says goes in is what torch put in
            np.testing.assert_array_equal(values[nodes[name].inputs[0]], given.numpy(), err_msg=name)
    np.testing.assert_allclose(values[PROBABILITIES], torch.softmax(logits.double(), 0).numpy(), atol=1e-12)


def test_joins_are_the_sum_and_the_stack_of_what_goes_in(looked: Looked) -> None:
    nodes, values, _, _ = looked
    for name, node in nodes.items():
        inputs = [np.asarray(values[source]) for source in node.inputs]
        if isinstance(node.layer, Residual):
            np.testing.assert_allclose(values[name], inputs[0] + inputs[1], atol=1e-6)
        if isinstance(node.layer, Branches):
            np.testing.assert_array_equal(values[name], np.concatenate(inputs))


def test_a_map_is_fed_by_the_maps_that_its_gradient_reaches(looked: Looked) -> None:
    nodes, _, _, model = looked
    opened = _open_paths(copy.deepcopy(model)).double()
    seen: dict[str, torch.Tensor] = {}
    for name in nodes:
        if name not in (IMAGE, PROBABILITIES):
            # a copy: what is opened to the identity would be the tensor before it, which others read too
            opened.get_submodule(name).register_forward_hook(
                lambda _, __, y, name=name: seen.setdefault(name, y.clone())
            )
    image = torch.ones(1, *nodes[IMAGE].shape, dtype=torch.float64, requires_grad=True)
    opened(image)
    seen[IMAGE] = image
    for name in [name for name in nodes if name not in (IMAGE, PROBABILITIES)][:40]:
        for index, row, column in places(nodes, name):
            unit = seen[name][0, index] if nodes[name].is_flat else seen[name][0, index, row, column]
            boxes = receptive_boxes(nodes, name, index, row, column)
            gradients = torch.autograd.grad(unit, [seen[s] for s in boxes], retain_graph=True, allow_unused=True)
            for source, gradient in zip(boxes, gradients, strict=True):
                if source == name or gradient is None or nodes[source].is_flat:
                    continue
                support = gradient[0].abs().numpy() > 0
                assert boxes[source][2:] == hull(support.any(axis=0)), (name, source, index, row, column)
                assert boxes[source].first <= support.any(axis=(1, 2)).argmax(), (name, source, index)
            for source, first, last in contributing_maps(nodes, name, index):
                whole = seen[name][0, index].sum()
                (gradient,) = torch.autograd.grad(whole, seen[source], retain_graph=True, allow_unused=True)
                if gradient is not None and len(nodes[name].inputs) == 1:
                    reached = np.flatnonzero(gradient[0].abs().reshape(nodes[source].map_count, -1).sum(1).numpy())
                    assert (reached.min(), reached.max() + 1) == (first, last), (name, source)


def hull(support: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(support.any(axis=1)), np.flatnonzero(support.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def test_nothing_that_is_not_there_is_shown() -> None:
    nodes = network_graph(preset("Tiny CNN"))
    for name, index, row, message in (
        ("conv9", 0, 0, "^Layer is 'conv9'"),
        ("conv1", 16, 0, "^Map is 16: conv1 has 16"),
        ("conv1", 0, 8, "^Row is 8: conv1 has 8"),
        ("fc1", 0, 1, "^Row is 1: fc1 has 1"),
    ):
        with pytest.raises(ValueError, match=message):
            receptive_boxes(nodes, name, index, row)

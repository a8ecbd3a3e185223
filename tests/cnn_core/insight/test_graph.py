"""The whole network at a glance: graph, unfolded maps, receptive fields and single values, with torch as the judge."""

import copy

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from cnn_core.insight.activations import layer_outputs
from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, contributing_maps, network_graph, receptive_boxes
from cnn_core.insight.unfold import Values, Weights, all_values, unfold_map
from cnn_core.insight.value_trace import pixel_trace
from cnn_core.networks import (
    ELU,
    GELU,
    PRESETS,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Branches,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    NetworkSpec,
    ReLU,
    ReLU6,
    Residual,
    Tanh,
    preset,
)
from cnn_core.networks.measured_field import _open_paths

Looked = tuple[Graph, Values, Weights, nn.Module]
SMALL = [name for name in PRESETS if np.prod(preset(name).input_shape) <= 3 * 64 * 64]
POINTWISE = (ReLU(), ReLU6(), LeakyReLU(0.2), ELU(), GELU(), Tanh(), BatchNorm(), Dropout())


def looked_at(spec: NetworkSpec, seed: int = 0) -> Looked:
    """A network with all its numbers drawn at random, and everything it computes for a random picture."""
    model = spec.build(seed=seed).eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                    tensor.uniform_(0.5, 1.5)
    nodes = network_graph(spec)
    image = np.random.default_rng(seed).normal(size=spec.input_shape).astype(np.float32)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    return nodes, all_values(nodes, image, layer_outputs(model, image, nodes)), weights, model


def generated(seed: int) -> NetworkSpec:
    """A network made at random: groups, strides, dilation, every padding, pooling of all kinds, blocks in blocks."""
    draw = np.random.default_rng(seed)

    def one(depth: int, keep: bool) -> Layer:
        """A layer for 4·n channels; with `keep` one that leaves height and width as they are."""
        pick = int(draw.integers(0, 5 if depth == 2 else 7))
        filters = int(draw.choice([4, 8]))
        if pick == 0:
            return Conv2d(
                filters, 3, padding="same", dilation=int(draw.integers(1, 3)), groups=int(draw.choice([1, 2, 4]))
            )
        if pick == 1 and not keep:
            return Conv2d(filters, (3, 2), stride=(2, 1), padding=(1, 2), bias=False, groups=int(draw.choice([1, 4])))
        if pick == 2 and not keep:
            return [
                MaxPool2d(3, 2, padding=1, ceil_mode=True),
                AvgPool2d(2, ceil_mode=True, count_include_pad=False),
                AvgPool2d(3, 2, padding=1, ceil_mode=True),
                MaxPool2d(2, 2, dilation=2, padding=1),
            ][draw.integers(0, 4)]
        if pick == 3:
            return Conv2d(filters, 2, padding="same")
        if pick == 5:
            return Residual((one(depth + 1, True), Conv2d(8, 3, padding=1)), (Conv2d(8, 1),))
        if pick == 6:
            return Branches((tuple(one(depth + 1, True) for _ in range(2)), (Conv2d(4, 1),), ()))
        return POINTWISE[draw.integers(0, len(POINTWISE))]

    layers = [Conv2d(4, 3, padding=1, stride=int(draw.integers(1, 3))), *(one(0, False) for _ in range(6))]
    tail = [AdaptiveAvgPool2d((2, 3))] if draw.random() < 0.5 else []
    return NetworkSpec("generated", (2, 17, 14), (*layers, *tail, Flatten(), Linear(6), BatchNorm(), Tanh(), Linear(3)))


NETWORKS = [preset(name) for name in SMALL] + [generated(seed) for seed in range(12)]
IDS = [*SMALL, *(f"generated {seed}" for seed in range(12))]
CASES = [
    pytest.param(network, id=name, marks=pytest.mark.slow if name == "D-vgg" else ())
    for network, name in zip(NETWORKS, IDS, strict=True)
]


@pytest.fixture(params=CASES, scope="module")
def looked(request: pytest.FixtureRequest) -> Looked:
    return looked_at(request.param)


def places(nodes: Graph, name: str, seed: int = 0, count: int = 3) -> list[tuple[int, int, int]]:
    """(map, row, column) of the first and the last value of a node, and of some between."""
    draw, node = np.random.default_rng(seed), nodes[name]
    sizes = (node.map_count, *node.map_size)
    between = [tuple(int(draw.integers(0, size)) for size in sizes) for _ in range(count)]
    return [(0, 0, 0), tuple(size - 1 for size in sizes), *between]  # type: ignore[list-item]


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


def test_an_unfolded_map_adds_up_to_what_the_layer_gives(looked: Looked) -> None:
    nodes, values, weights, _ = looked
    for name in nodes:
        for index in {0, nodes[name].map_count - 1, nodes[name].map_count // 2}:
            for most in (3, 10_000):
                found = unfold_map(nodes, values, weights, name, index, most)
                assert len(found.contributions) <= most
                total = sum((part.product for part in found.contributions), np.zeros(()))
                if found.is_sum:
                    total = total + (0 if found.rest is None else found.rest) + (found.bias or 0)
                    np.testing.assert_allclose(total, values[name][index], atol=1e-4, err_msg=name)
                elif isinstance(nodes[name].layer, Branches | Flatten):
                    np.testing.assert_array_equal(found.contributions[0].product, values[name][index])


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


def test_the_player_shows_the_value_of_the_map(looked: Looked) -> None:
    nodes, values, weights, _ = looked
    spelt = 0
    for name in list(nodes)[:40]:
        for index, row, column in places(nodes, name):
            try:
                found = pixel_trace(nodes, values, weights, name, index, row, column)
            except ValueError as problem:
                assert "padding alone" in str(problem)  # noqa: PT017
                continue
            if found is None:
                continue
            spelt += 1
            step = found.trace.steps[found.step]
            expected = float(values[name][index, row, column])
            assert float(step.total) == pytest.approx(expected, abs=1e-4), (name, index, row, column)
            assert sum(len(one.terms) for one in found.trace.steps) <= 9 * 450
            assert bool(found.note) == (
                isinstance(nodes[name].layer, Conv2d) and "The others" in str(found.trace.grids)
            )
    assert spelt or nodes.keys() == {IMAGE, "flatten", "fc1", PROBABILITIES}


def test_of_many_maps_the_strongest_are_spelt_out_and_the_others_stand_in_the_bias() -> None:
    spec = NetworkSpec("wide", (20, 5, 5), (Conv2d(2, 3, padding=1), Flatten(), Linear(2)))
    nodes, values, weights, _ = looked_at(spec)
    found = pixel_trace(nodes, values, weights, "conv1", 1, 2, 2)
    assert found is not None
    window = values[IMAGE][:, 1:4, 1:4] * weights["conv1.weight"][1]
    strongest = sorted(np.argsort(-np.abs(window).reshape(20, -1).sum(1))[:4])
    assert f"({', '.join(str(c + 1) for c in strongest)})" in found.note
    rest = np.delete(window, strongest, axis=0).sum()
    assert float(found.trace.steps[0].bias) == pytest.approx(rest + weights["conv1.bias"][1], abs=1e-6)
    assert found.trace.grids[0].planes == tuple(f"map {c + 1}" for c in strongest)


def test_the_neighbours_shown_are_the_maps_own() -> None:
    nodes, values, weights, _ = looked_at(preset("LeNet-5"))
    found = pixel_trace(nodes, values, weights, "conv1", 4, 10, 0)
    assert found is not None
    output = found.trace.grid["output"].values
    np.testing.assert_allclose(output[0], values["conv1"][4, 9:12, 0:2], atol=1e-5)
    assert found.step == 2
    assert found.corner == (9, 0)


def test_nothing_that_is_not_there_is_shown() -> None:
    nodes = network_graph(preset("Tiny CNN"))
    for name, index, row, message in (
        ("conv9", 0, 0, "^layer is 'conv9'"),
        ("conv1", 16, 0, "^map is 16: conv1 has 16"),
        ("conv1", 0, 8, "^row is 8: conv1 has 8"),
        ("fc1", 0, 1, "^row is 1: fc1 has 1"),
    ):
        with pytest.raises(ValueError, match=message):
            receptive_boxes(nodes, name, index, row)


def test_a_window_in_the_padding_alone_is_said_to_be_one() -> None:
    spec = NetworkSpec("padded", (1, 4, 4), (Conv2d(1, 2, padding=3), Flatten(), Linear(2)))
    nodes, values, weights, _ = looked_at(spec)
    assert IMAGE not in receptive_boxes(nodes, "conv1", 0, 0, 0)
    with pytest.raises(ValueError, match="lies in the padding alone"):
        pixel_trace(nodes, values, weights, "conv1", 0, 0, 0)
    found = pixel_trace(nodes, values, weights, "conv1", 0, 2, 2)  # its upper neighbours see nothing
    assert found is not None
    assert float(found.trace.steps[found.step].total) == pytest.approx(float(values["conv1"][0, 2, 2]), abs=1e-5)


def test_weights_that_are_no_numbers_are_refused_by_the_player_alone() -> None:
    nodes, values, weights, _ = looked_at(preset("Tiny CNN"))
    broken = {name: np.full_like(value, np.nan) for name, value in weights.items()}
    outputs = {name: np.full_like(value, np.nan) for name, value in values.items() if name != IMAGE}
    assert np.isnan(unfold_map(nodes, {**values, **outputs}, broken, "conv2", 3, 4).result).all()
    with pytest.raises(ValueError, match="not a finite number"):
        pixel_trace(nodes, values, broken, "conv1", 0, 0, 0)

"""Networks that several tests look into: every kind of layer and join, and everything they compute."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.insight.activations import layer_outputs
from cnn_core.insight.graph import Graph, network_graph
from cnn_core.insight.unfold import Values, Weights, all_values
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

BLOCKS = NetworkSpec(
    "blocks",
    (3, 9, 7),
    (
        *(Conv2d(6, 3, padding=1), BatchNorm(), ReLU()),
        Residual((Conv2d(6, 3, padding=1), ReLU())),
        Branches(((Conv2d(4, 1),), (MaxPool2d(3, 1, 1),))),
        *(AdaptiveAvgPool2d(1), Flatten(), Linear(4)),
    ),
)


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


def places(nodes: Graph, name: str, seed: int = 0, count: int = 3) -> list[tuple[int, int, int]]:
    """(map, row, column) of the first and the last value of a node, and of some between."""
    draw, node = np.random.default_rng(seed), nodes[name]
    sizes = (node.map_count, *node.map_size)
    between = [tuple(int(draw.integers(0, size)) for size in sizes) for _ in range(count)]
    return [(0, 0, 0), tuple(size - 1 for size in sizes), *between]  # type: ignore[list-item]

"""One map unfolded: what each map that feeds it adds to it, or passes on. NumPy only.

`cnn_core.insight.explain` writes the formula behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, Node, contributing_maps
from cnn_core.networks import (
    Conv2d,
    Flatten,
    Linear,
    Residual,
)
from cnn_core.ops import conv2d

Array = NDArray[np.float64]
Weights = Mapping[str, NDArray[Any]]
Values = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True, eq=False)
class Contribution:
    """What one map adds: `values` (h, w) of map `index` of `source`, with its `kernel`, give `product` (H, W).

    Those of units are 0-dimensional. `kernel` is None where the layer has no weights: the product is then what is
    passed on.
    """

    source: str
    index: int
    values: Array
    kernel: Array | None
    product: Array


@dataclass(frozen=True, eq=False)
class UnfoldedMap:
    """How map `index` of the node `name` is made from the maps that feed it.

    With `is_sum`, `result` is the sum of the products of all `contributions`, of `rest` and of `bias`. Otherwise the
    contributions are what the layer reads. They stand in the order of the network; `left_out_count` weaker ones are not
    among them, and of a sum these are added up in `rest` (None where nothing is left out). `bias` is None where the
    layer has none.
    """

    name: str
    index: int
    contributions: tuple[Contribution, ...]
    left_out_count: int
    rest: Array | None
    bias: float | None
    result: Array
    is_sum: bool


def all_values(nodes: Graph, image: NDArray[np.floating], outputs: Values) -> Values:
    """Return every node's values by its name: the image (C, H, W), the `outputs` of the layers, the probabilities."""
    values: dict[str, NDArray[np.floating]] = {
        IMAGE: image,
        **{name: outputs[name] for name in nodes if name in outputs},
    }
    if PROBABILITIES in nodes:
        (logits,) = nodes[PROBABILITIES].inputs
        values[PROBABILITIES] = softmax(np.asarray(outputs[logits], np.float64))
    return values


def unfold_map(nodes: Graph, values: Values, weights: Weights, name: str, index: int, max_parts: int) -> UnfoldedMap:
    """Unfold map `index` of the node `name`; of more than `max_parts` contributions the strongest are kept.

    `values` are those of `all_values`, `weights` is the state_dict as arrays.
    Raises ValueError when there is no such map.
    """
    node, layer = nodes[name], nodes[name].layer
    parts = _list_contributions(nodes, values, weights, name, index)
    is_sum = isinstance(layer, Conv2d | Linear | Residual)
    kept = _strongest_places(parts, max_parts)
    chosen = set(kept)
    others = [part.product for place, part in enumerate(parts) if place not in chosen]
    return UnfoldedMap(
        name,
        index,
        tuple(parts[place] for place in kept),
        len(others),
        np.sum(others, axis=0) if others and is_sum else None,
        map_bias(node, weights, index),
        np.asarray(values[name][index], np.float64),
        is_sum,
    )


def map_bias(node: Node, weights: Weights, index: int) -> float | None:
    """Return the bias of map `index` of a node; None where the layer has none."""
    has_bias = isinstance(node.layer, Conv2d | Linear) and node.layer.bias
    return float(weights[f"{node.name}.bias"][index]) if has_bias else None


def _list_contributions(nodes: Graph, values: Values, weights: Weights, name: str, index: int) -> list[Contribution]:
    """What each map that feeds map `index` adds to it or passes on, in the order of the network."""
    inputs, layer = contributing_maps(nodes, name, index), nodes[name].layer
    (source, first, last) = inputs[0] if inputs else (name, 0, 0)
    match layer:
        case Conv2d():
            return _convolution_contributions(
                layer, source, first, values[source][first:last], weights[f"{name}.weight"][index]
            )
        case Linear():
            return _linear_contributions(source, values[source], weights[f"{name}.weight"][index])
        case Flatten():
            return _flatten_contributions(nodes[name], values, inputs[0], index)
    passed = [(source, k, np.asarray(values[source][k], np.float64)) for source, a, b in inputs for k in range(a, b)]
    return [Contribution(source, k, whole, None, whole) for source, k, whole in passed]


def _convolution_contributions(
    layer: Conv2d, source: str, first: int, maps: NDArray[np.floating], kernels: NDArray[Any]
) -> list[Contribution]:
    """Each input map (C, h, w) with its own kernel (C, kh, kw), none summed up yet."""
    x, w = np.asarray(maps, np.float64), np.asarray(kernels, np.float64)
    settings: dict[str, Any] = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
    with np.errstate(all="ignore"):  # a diverged network holds ∞ and NaN, which are shown as such
        products = conv2d(x[None], w[:, None], groups=len(x), **settings)[0]
    return [Contribution(source, first + c, x[c], w[c], products[c]) for c in range(len(x))]


def _linear_contributions(source: str, units: NDArray[np.floating], row: NDArray[Any]) -> list[Contribution]:
    x, w = np.asarray(units, np.float64), np.asarray(row, np.float64)
    with np.errstate(all="ignore"):
        products = x * w
    return [Contribution(source, j, x[j], w[j], products[j]) for j in range(len(x))]


def _flatten_contributions(node: Node, values: Values, read: tuple[str, int, int], index: int) -> list[Contribution]:
    source, place, _ = read
    shape = node.input_shapes[0]
    value = np.asarray(values[node.name][index], np.float64)
    return [Contribution(source, place, np.asarray(values[source][place], np.float64).reshape(shape[1:]), None, value)]


def _strongest_places(parts: list[Contribution], max_parts: int) -> list[int]:
    """The places of the parts with the largest sum of magnitudes, in order."""
    if len(parts) <= max_parts:
        return list(range(len(parts)))
    strength = np.nan_to_num([np.abs(part.product).sum() for part in parts])
    return sorted(np.argsort(-strength, kind="stable")[:max_parts].tolist())

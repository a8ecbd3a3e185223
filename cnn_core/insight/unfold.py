"""One map unfolded: what each map that feeds it adds, and the formula with the layer's own numbers. NumPy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from cnn_core import words
from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, Node, contributing_maps
from cnn_core.networks import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Branches,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Residual,
    Tanh,
)
from cnn_core.ops import conv2d
from cnn_core.trace import decimals

Array = NDArray[np.float64]
Weights = Mapping[str, NDArray[Any]]
Values = Mapping[str, NDArray[np.floating]]
BATCH_NORM_EPS = 1e-5
"""What PyTorch adds to the variance by default, and this project never changes."""


@dataclass(frozen=True, eq=False)
class Contribution:
    """What one map adds: `values` (h, w) of map `index` of `source`, times its `kernel`, is `product` (H, W).

    Units are 0-dimensional. `kernel` is None where nothing is weighed: the product is then what is passed on.
    """

    source: str
    index: int
    values: Array
    kernel: Array | None
    product: Array


@dataclass(frozen=True, eq=False)
class UnfoldedMap:
    """How map `index` of `name` comes about: the sum of all parts, the `rest` and the `bias` is `result`.

    `parts` are in order, the weaker ones summed up in `rest` (None when all are there). Not everything is a sum:
    with `is_sum` False, `formula` says how the parts make the result.
    `bias` is None where there is none.
    """

    name: str
    index: int
    contributions: tuple[Contribution, ...]
    left_out_count: int
    rest: Array | None
    bias: float | None
    result: Array
    formula: str
    is_sum: bool


def all_values(nodes: Graph, image: NDArray[np.floating], outputs: Values) -> Values:
    """Every node's values by its name: the image (C, H, W) that went in, the layers' outputs, the probabilities."""
    values: dict[str, NDArray[np.floating]] = {
        IMAGE: image,
        **{name: outputs[name] for name in nodes if name in outputs},
    }
    if PROBABILITIES in nodes:
        (logits,) = nodes[PROBABILITIES].inputs
        values[PROBABILITIES] = softmax(np.asarray(outputs[logits], np.float64))
    return values


def unfold_map(nodes: Graph, values: Values, weights: Weights, name: str, index: int, max_parts: int) -> UnfoldedMap:
    """Unfold map `index` of the node `name`; of more than `max_parts` parts the strongest are kept, the others summed
    up.

    `values` are those of `all_values`, `weights` the state_dict as arrays.
    Raises ValueError when there is no such map.
    """
    node, layer = nodes[name], nodes[name].layer
    parts = _list_contributions(nodes, values, weights, name, index)
    bias = float(weights[f"{name}.bias"][index]) if isinstance(layer, Conv2d | Linear) and layer.bias else None
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
        bias,
        np.asarray(values[name][index], np.float64),
        map_formula(node, weights, index, bias),
        is_sum,
    )


def _list_contributions(nodes: Graph, values: Values, weights: Weights, name: str, index: int) -> list[Contribution]:
    """What each map that feeds map `index` adds to it, or passes on."""
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
    with np.errstate(all="ignore"):  # of numbers that are none
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


def format_number(value: float) -> str:
    """A number in a sentence: four decimals at most, and four digits where it is smaller than that."""
    short = decimals.format_decimal(decimals.exact_decimal(float(value)))
    return short if short != "0" or value == 0 else words.format_number(value, ".3g")


def map_formula(node: Node, weights: Weights, index: int, bias: float | None = None) -> str:
    """How a map of the node is made of those that feed it, in one line with this map's own numbers."""
    layer = node.layer
    match layer:
        case Conv2d():
            count = node.input_shapes[0][0] // layer.groups
            of = f"Σ over {count} maps of (map ∗ its kernel)" if count > 1 else "map ∗ kernel"
            return of + _bias_term(bias)
        case Linear():
            return f"Σ over {node.input_shapes[0][0]:,} units of (value · weight)" + _bias_term(bias)
        case BatchNorm():
            mean, variance, scale, shift = (
                format_number(weights[f"{node.name}.{what}"][index])
                for what in ("running_mean", "running_var", "weight", "bias")
            )
            return f"(x − mean {mean}) / √(variance {variance} + 0.00001) · scale {scale} + shift {shift}"
        case MaxPool2d() | AvgPool2d() | AdaptiveAvgPool2d():
            return _pooling_formula(layer, node)
        case Flatten():
            height, width = node.input_shapes[0][1:]
            place, inside = divmod(index, height * width)
            row, column = divmod(inside, width)
            return f"the value of map {place + 1} at row {row + 1}, column {column + 1}"
        case Residual():
            return "body + shortcut"
        case Branches():
            return "the map itself: the branches' maps are stacked, not added"
    return _activation_formula(node)


def _bias_term(bias: float | None) -> str:
    return " (no bias)" if bias is None else f" + bias {format_number(bias)}"


def _pooling_formula(layer: MaxPool2d | AvgPool2d | AdaptiveAvgPool2d, node: Node) -> str:
    if isinstance(layer, AdaptiveAvgPool2d):
        return f"the mean of each of {words.format_shape(node.map_size)} parts of the map"
    rows, columns = layer.windows(node.input_shapes[0])
    what = "largest value" if isinstance(layer, MaxPool2d) else "mean"
    step = f"{rows.stride}" if rows.stride == columns.stride else f"{rows.stride}, {columns.stride}"
    return f"the {what} of each window of {rows.kernel}×{columns.kernel}, stride {step}"


def _activation_formula(node: Node) -> str:
    match node.layer:
        case ReLU():
            return "max(0, x)"
        case ReLU6():
            return "min(max(0, x), 6)"
        case LeakyReLU(negative_slope=slope):
            return f"x where x > 0, else {format_number(slope)} · x"
        case ELU(alpha=alpha):
            return f"x where x > 0, else {format_number(alpha)} · (eˣ − 1)"
        case GELU():
            return "x · Φ(x), Φ the normal distribution function"
        case Tanh():
            return "tanh(x)"
        case Dropout():
            return "x: dropout passes everything on when the network answers"
        case None if node.inputs:
            return f"eˣ / the sum of eˣ over all {node.map_count:,} classes"
    return "the picture, less the training images' mean, over their deviation"

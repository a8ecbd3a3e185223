"""One value of a map: the very sum, maximum or mean that made it, as a trace small enough to be stepped through."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_core.insight.graph import Graph, Node
from cnn_core.insight.unfold import Array, Values, Weights, laid, number
from cnn_core.networks import AdaptiveAvgPool2d, AvgPool2d, Conv2d, MaxPool2d
from cnn_core.networks.layers import pair
from cnn_core.trace import Trace, adaptive_pool_trace, avg_pool_trace, convolution_trace, max_pool_trace
from cnn_core.trace.model import relabelled

MOST_CHANNELS, MOST_TERMS = 4, 450
"""How many input maps are laid beside each other, and how many terms one sum may have to be read."""
AROUND = 1
"""So many neighbours of the value, on every side, are shown with it where each of their sums is whole."""


@dataclass(frozen=True, eq=False)
class Pixel:
    """The trace of a value and of its neighbours; `step` is the value's own. `words` say what was left out.

    `corner` is the row and column of the map at which the trace's output begins.
    """

    trace: Trace
    step: int
    corner: tuple[int, int]
    words: str


class _Cut(NamedTuple):
    """The part of the input that some outputs read: rows and columns, and the padding that is left around them."""

    rows: slice
    columns: slice
    padding: tuple[tuple[int, int], tuple[int, int]]


def pixel_trace(
    nodes: Graph, values: Values, weights: Weights, name: str, index: int, row: int, column: int
) -> Pixel | None:
    """The trace of the value at (row, column) of map `index` of a convolution or pooling; None for other nodes.

    `values` and `weights` as for `unfold`. Of a convolution over many maps the strongest are spelt out and what the
    others add stands in the bias, so that the total is the value of the map.
    Raises ValueError when a number in it is not finite, or no number of the input takes part.
    """
    node = nodes[name]
    if node.windows is None:
        return None
    own = [windows[at] for windows, at in zip(node.windows, (row, column), strict=True)]
    if not all(own):
        raise ValueError("this value's window lies in the padding alone: no number of the map before takes part.")
    source = np.asarray(values[node.inputs[0]], np.float64)
    match node.layer:
        case Conv2d():
            return _convolution(node, node.layer, source, weights, index, (row, column))
        case AdaptiveAvgPool2d():
            return _named(_bin(source[index], own[0], own[1], (row, column)), node, index)
        case MaxPool2d() | AvgPool2d():
            return _named(_pooling(node, node.layer, source[index], (row, column)), node, index)
    return None


def _named(found: Pixel | None, node: Node, index: int) -> Pixel | None:
    """The same with the names that the maps have in the network."""
    labels = {"input": f"{node.inputs[0]}, map {index + 1}", "output": f"{node.name}, map {index + 1}"}
    return found and replace(found, trace=relabelled(found.trace, labels))


def _convolution(node: Node, layer: Conv2d, source: Array, weights: Weights, index: int, at: tuple[int, int]) -> Pixel:
    given = len(source) // layer.groups
    first = index // (layer.filters // layer.groups) * given
    x, w = source[first : first + given], np.asarray(weights[f"{node.name}.weight"][index], np.float64)
    bias = float(weights[f"{node.name}.bias"][index]) if layer.bias else None
    fits = given <= MOST_CHANNELS and w.size <= MOST_TERMS
    places = _around(node, at) if fits else ((at[0], at[0] + 1), (at[1], at[1] + 1))
    cut = _cut(node, (layer.axis(0), layer.axis(1)), laid(layer), places)
    patch = x[:, cut.rows, cut.columns]
    words, kept = "", np.arange(given)
    if not fits:
        (value, strength) = _contributions(patch, w, layer, cut)
        kept = np.sort(np.argsort(-strength, kind="stable")[: min(MOST_CHANNELS, max(1, MOST_TERMS // w[0].size))])
        rest = float(np.delete(value, kept).sum())
        others = given - len(kept)
        words = _left_out(first + kept, others, rest, bias)
        bias = (bias or 0.0) + rest if others else bias
    trace = convolution_trace(
        patch[kept],
        w[None, kept],
        None if bias is None else np.array([bias]),
        stride=pair(layer.stride),
        padding=cut.padding,
        dilation=pair(layer.dilation),
    )
    labels = {"input": node.inputs[0], "kernel": f"Kernel {index + 1}", "output": f"{node.name}, map {index + 1}"}
    if words:
        labels["bias"] = "The others" if not layer.bias else "The others and bias"
    width = places[1][1] - places[1][0]
    named = _with_planes(relabelled(trace, labels), [f"map {first + c + 1}" for c in kept])
    corner = places[0][0], places[1][0]
    return Pixel(named, (at[0] - corner[0]) * width + at[1] - corner[1], corner, words)


def _with_planes(trace: Trace, names: list[str]) -> Trace:
    """The same trace with the names that the maps have in the network."""
    planes = tuple(names) if len(names) > 1 else ()
    grids = tuple(replace(grid, planes=planes) if grid.name in ("input", "kernel") else grid for grid in trace.grids)
    return replace(trace, grids=grids)


def _contributions(patch: Array, w: Array, layer: Conv2d, cut: _Cut) -> tuple[Array, Array]:
    """What each input map adds to the one value that `patch` is cut for, and how strongly it takes part."""
    window = np.pad(patch, ((0, 0), *cut.padding))[:, :: pair(layer.dilation)[0], :: pair(layer.dilation)[1]]
    with np.errstate(invalid="ignore"):  # 0 × ∞ is no number, and is shown as such
        products = (window * w).reshape(len(w), -1)
    return products.sum(axis=1), np.abs(products).sum(axis=1)


def _left_out(kept: NDArray[Any], others: int, rest: float, bias: float | None) -> str:
    if not others:
        return ""
    maps = "map that adds" if len(kept) == 1 else f"{len(kept)} maps that add"
    which = ", ".join(str(c + 1) for c in kept)
    with_bias = "" if bias is None else f"; with the bias {number(bias)} that is {number(rest + bias)}"
    return f"Spelt out: the {maps} most here ({which}). The other {others:,} add {number(rest)}{with_bias}."


def _pooling(node: Node, layer: MaxPool2d | AvgPool2d, source: Array, at: tuple[int, int]) -> Pixel:
    places = _around(node, at)
    padding = pair(layer.padding)
    cut = _cut(node, (layer.axis(0), layer.axis(1)), ((padding[0],) * 2, (padding[1],) * 2), places)
    patch = source[None, cut.rows, cut.columns]
    stride = (layer.axis(0)["stride"], layer.axis(1)["stride"])
    # the patch holds whole windows; only where the map ends may one hang over, as in the map itself
    if isinstance(layer, MaxPool2d):
        trace = max_pool_trace(
            patch, layer.kernel_size, stride=stride, padding=cut.padding, dilation=layer.dilation, ceil_mode=True
        )
    else:
        counted = layer.count_include_pad
        trace = avg_pool_trace(
            patch, layer.kernel_size, stride=stride, padding=cut.padding, ceil_mode=True, count_include_pad=counted
        )
    width = places[1][1] - places[1][0]
    corner = places[0][0], places[1][0]
    return Pixel(trace, (at[0] - corner[0]) * width + at[1] - corner[1], corner, "")


def _bin(source: Array, rows: range, columns: range, at: tuple[int, int]) -> Pixel | None:
    """The mean of one part of an adaptive pooling; None when it has too many values to be read."""
    patch = source[None, rows.start : rows.stop, columns.start : columns.stop]
    return Pixel(adaptive_pool_trace(patch, 1, combine="mean"), 0, at, "") if patch.size <= MOST_TERMS else None


def _around(node: Node, at: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of the value and its neighbours, those inside the map whose windows read a number."""
    assert node.windows is not None
    found = []
    for place, windows in zip(at, node.windows, strict=True):
        first, last = max(place - AROUND, 0), min(place + AROUND + 1, len(windows))
        found.append((first if windows[first] else place, last if windows[last - 1] else place + 1))
    return found[0], found[1]


def _cut(
    node: Node,
    axes: tuple[dict[str, Any], dict[str, Any]],
    padding: tuple[tuple[int, int], tuple[int, int]],
    places: tuple[tuple[int, int], tuple[int, int]],
) -> _Cut:
    """The input that the outputs at `places` read, from the first cell of the first window to the last of the last."""
    slices, left = [], []
    for axis, sides, (first, last), size in zip(axes, padding, places, node.sources[0][1:], strict=True):
        start = first * axis["stride"] - sides[0]
        end = (last - 1) * axis["stride"] - sides[0] + axis["dilation"] * (axis["kernel"] - 1) + 1
        slices.append(slice(max(start, 0), min(end, size)))
        left.append((max(-start, 0), min(max(end - size, 0), sides[1])))
    return _Cut(slices[0], slices[1], (left[0], left[1]))

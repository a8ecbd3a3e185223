"""One value of a map: the sum, maximum or mean behind it, as a trace small enough to step through. No torch."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_core.geometry import Window
from cnn_core.insight.graph import Graph, Node
from cnn_core.insight.unfold import Array, Values, Weights, map_bias
from cnn_core.networks import AdaptiveAvgPool2d, AvgPool2d, Conv2d, MaxPool2d
from cnn_core.networks.layers import pair
from cnn_core.trace import Trace, adaptive_pool_trace, avg_pool_trace, convolution_trace, max_pool_trace
from cnn_core.trace.model import relabelled

MAX_CHANNELS = 4
"""Input maps side by side: with more, their cells are too small to read on a laptop."""
MAX_TERMS = 450
"""Terms of one sum; a kernel of 7 × 7 on 9 maps, still read term by term, has 441."""
NEIGHBOUR_RADIUS = 1
"""Rows and columns of neighbours on every side of the value, shown where no map has to be left out of their sums."""


@dataclass(frozen=True)
class LeftOutMaps:
    """Of a sum over many maps: the maps that are `written_out` (from 0), and what the other `count` add in `total`.

    `bias` is the layer's own; None where it has none.
    """

    written_out: tuple[int, ...]
    count: int
    total: float
    bias: float | None


@dataclass(frozen=True, eq=False)
class PixelTrace:
    """The trace of a value and its neighbours: `step` is the value's own step, `corner` where the output begins.

    The corner is a row and a column of the map. `left_out` is None where every term of the sum is written out.
    """

    trace: Trace
    step: int
    corner: tuple[int, int]
    left_out: LeftOutMaps | None = None


class _InputPatch(NamedTuple):
    """The part of the input that some outputs read: rows and columns, and the padding that is left around them."""

    rows: slice
    columns: slice
    padding: tuple[tuple[int, int], tuple[int, int]]


def pixel_trace(
    nodes: Graph, values: Values, weights: Weights, name: str, index: int, row: int, column: int
) -> PixelTrace | None:
    """Trace the value at (row, column) of map `index` of a convolution or pooling; None for other nodes.

    `values` and `weights` as for `unfold_map`. Of a convolution over many maps the strongest are written out; what the
    others add is counted with the bias, so that the total is the value of the map.
    Raises ValueError when a number in it is not finite, or no number of the input takes part.
    """
    node = nodes[name]
    if node.windows is None:
        return None
    value_windows = [windows.cells(at) for windows, at in zip(node.windows, (row, column), strict=True)]
    if not all(value_windows):
        raise ValueError("This value's window lies in the padding alone: no number of the map before takes part.")
    source = np.asarray(values[node.inputs[0]], np.float64)
    match node.layer:
        case Conv2d():
            return _trace_convolution(node, node.layer, source, weights, index, (row, column))
        case AdaptiveAvgPool2d():
            return _label_maps(
                _trace_adaptive_bin(source[index], value_windows[0], value_windows[1], (row, column)), node, index
            )
        case MaxPool2d() | AvgPool2d():
            return _label_maps(_trace_pooling(node, node.layer, source[index], (row, column)), node, index)
    return None


def _label_maps(pixel: PixelTrace | None, node: Node, index: int) -> PixelTrace | None:
    """The same trace with the names of the network's layers."""
    labels = {"input": f"{node.inputs[0]}, map {index + 1}", "output": f"{node.name}, map {index + 1}"}
    return pixel and replace(pixel, trace=relabelled(pixel.trace, labels))


def _trace_convolution(
    node: Node, layer: Conv2d, source: Array, weights: Weights, index: int, position: tuple[int, int]
) -> PixelTrace:
    group_maps = len(source) // layer.groups
    first = index // (layer.filters // layer.groups) * group_maps
    x, w = source[first : first + group_maps], np.asarray(weights[f"{node.name}.weight"][index], np.float64)
    bias = map_bias(node, weights, index)
    fits = group_maps <= MAX_CHANNELS and w.size <= MAX_TERMS
    row, column = position
    places = _neighbour_ranges(node, position) if fits else ((row, row + 1), (column, column + 1))
    cut = _cut_input(layer.windows(node.input_shapes[0]), places)
    patch = x[:, cut.rows, cut.columns]
    kept, left_out = np.arange(group_maps), None
    if not fits:
        kept, left_out = _leave_out_weakest(*_map_contributions(patch, w, layer, cut), w[0].size, first, bias)
    if left_out:
        bias = (bias or 0.0) + left_out.total
    trace = convolution_trace(
        patch[kept],
        w[None, kept],
        None if bias is None else np.array([bias]),
        stride=pair(layer.stride),
        padding=cut.padding,
        dilation=pair(layer.dilation),
    )
    labels = {"input": node.inputs[0], "kernel": f"Kernel {index + 1}", "output": f"{node.name}, map {index + 1}"}
    if left_out:
        labels["bias"] = "The others" if left_out.bias is None else "The others and bias"
    named = _name_planes(relabelled(trace, labels), [f"map {first + c + 1}" for c in kept])
    (top, _), (left, right) = places
    return PixelTrace(named, (row - top) * (right - left) + column - left, (top, left), left_out)


def _leave_out_weakest(
    values: Array, strength: Array, kernel_size: int, first: int, bias: float | None
) -> tuple[NDArray[np.intp], LeftOutMaps | None]:
    """The maps of a group, counted from its own first, whose terms can be written out, and what the others add."""
    count = min(MAX_CHANNELS, max(1, MAX_TERMS // kernel_size))
    kept = np.sort(np.argsort(-strength, kind="stable")[:count])
    others = len(values) - len(kept)
    if not others:
        return kept, None
    return kept, LeftOutMaps(tuple((first + kept).tolist()), others, float(np.delete(values, kept).sum()), bias)


def _name_planes(trace: Trace, names: list[str]) -> Trace:
    """The same trace with the numbers of the network's maps."""
    planes = tuple(names) if len(names) > 1 else ()
    grids = tuple(replace(grid, planes=planes) if grid.name in ("input", "kernel") else grid for grid in trace.grids)
    return replace(trace, grids=grids)


def _map_contributions(patch: Array, w: Array, layer: Conv2d, cut: _InputPatch) -> tuple[Array, Array]:
    """What each input map adds to the one value that `patch` is cut for, and the sum of its magnitudes."""
    window = np.pad(patch, ((0, 0), *cut.padding))[:, :: pair(layer.dilation)[0], :: pair(layer.dilation)[1]]
    with np.errstate(invalid="ignore"):  # 0 × ∞ is not a number, and is shown as such
        products = (window * w).reshape(len(w), -1)
    return products.sum(axis=1), np.abs(products).sum(axis=1)


def _trace_pooling(node: Node, layer: MaxPool2d | AvgPool2d, source: Array, position: tuple[int, int]) -> PixelTrace:
    places = _neighbour_ranges(node, position)
    cut = _cut_input(layer.windows(node.input_shapes[0]), places)
    patch = source[None, cut.rows, cut.columns]
    # the patch holds whole windows; only where the map ends may one hang over, as in the map itself
    if isinstance(layer, MaxPool2d):
        trace = max_pool_trace(
            patch, layer.kernel_size, stride=layer.stride, padding=cut.padding, dilation=layer.dilation, ceil_mode=True
        )
    else:
        counted = layer.count_include_pad
        trace = avg_pool_trace(
            patch,
            layer.kernel_size,
            stride=layer.stride,
            padding=cut.padding,
            ceil_mode=True,
            count_include_pad=counted,
        )
    width = places[1][1] - places[1][0]
    corner = places[0][0], places[1][0]
    return PixelTrace(trace, (position[0] - corner[0]) * width + position[1] - corner[1], corner)


def _trace_adaptive_bin(source: Array, rows: range, columns: range, position: tuple[int, int]) -> PixelTrace | None:
    """The mean of one part of an adaptive pooling; None when it has too many values to read."""
    patch = source[None, rows.start : rows.stop, columns.start : columns.stop]
    return PixelTrace(adaptive_pool_trace(patch, 1, combine="mean"), 0, position) if patch.size <= MAX_TERMS else None


def _neighbour_ranges(node: Node, position: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of the value and its neighbours, those inside the map whose windows read a number."""
    assert node.windows is not None
    ranges = []
    for place, windows in zip(position, node.windows, strict=True):
        first, last = max(place - NEIGHBOUR_RADIUS, 0), min(place + NEIGHBOUR_RADIUS + 1, windows.out)
        ranges.append((first if windows.cells(first) else place, last if windows.cells(last - 1) else place + 1))
    return ranges[0], ranges[1]


def _cut_input(windows: tuple[Window, Window], places: tuple[tuple[int, int], tuple[int, int]]) -> _InputPatch:
    """The input that the outputs at `places` read, from the first cell of the first window to the last of the last."""
    slices, remaining_padding = [], []
    for window, (first, last) in zip(windows, places, strict=True):
        start = first * window.stride - window.before
        end = (last - 1) * window.stride - window.before + window.span
        slices.append(slice(max(start, 0), min(end, window.size)))
        remaining_padding.append((max(-start, 0), min(max(end - window.size, 0), window.after)))
    return _InputPatch(slices[0], slices[1], (remaining_padding[0], remaining_padding[1]))

"""What the glance draws, as JSON-able data: the graph, the maps in bytes, and one map unfolded."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.insight.explain import format_number, map_formula
from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, Node
from cnn_core.insight.unfold import Contribution, UnfoldedMap, Values, Weights
from cnn_core.networks import BatchNorm, Branches, Conv2d, Dropout, Flatten, Linear, Residual
from cnn_core.render.colour import diverging_rgb, symmetric_limit
from cnn_core.render.quantised import SCALE_STEPS, quantise_maps
from cnn_core.render.tiles import image_rgb
from cnn_core.words import format_size
from pages.components.common.map_payload import (
    GraphNode,
    InputRule,
    MapsColumn,
    NodeWindows,
    PictureData,
    StripPicture,
    UnitsColumn,
)
from pages.components.glance.payload import (
    FollowingMap,
    KernelPicture,
    MapPicture,
    UnfoldedHead,
    UnfoldedMapData,
    UnfoldedPart,
    UnfoldedUnitData,
)
from pages.parts.inspect.layer_names import describe_kind, describe_left_out, describe_unit, layer_title, map_title

PAGE_SIZE = 16
"""Maps of a layer at a time: one column on a laptop."""
STRIP_SIZE = 256
"""Units of a flat layer in its strip, at most: one pixel each."""
SMALL_SIDE = 64
"""Values along a side of a small map, at most; larger maps are sampled."""
UNFOLDED_SIDE = 112
"""Values along a side of an unfolded map, at most."""
MAX_NUMBERED_WEIGHTS = 25
"""Weights of a kernel that are written into its cells, at most: those of 5 × 5."""


@dataclass(frozen=True, eq=False)
class Activations:
    """The graph of a network, everything that it computes for one picture, and its weights as arrays."""

    graph: Graph
    values: Values
    weights: Weights


def encode_palette() -> str:
    """Return the colours of bytes 1 … 255 of quantised maps, from the most negative to the most positive, as base64."""
    return base64.b64encode(diverging_rgb(np.linspace(-1, 1, 2 * SCALE_STEPS + 1), 1.0).tobytes()).decode()


def picture_data(image: NDArray[np.uint8], alt: str) -> PictureData:
    """Return the colours of a stored image (C, H, W), row by row."""
    rgb = image_rgb(image)
    return {"pixels": base64.b64encode(rgb.tobytes()).decode(), "size": (rgb.shape[0], rgb.shape[1]), "alt": alt}


def graph_data(nodes: Graph) -> list[GraphNode]:
    """Return every node: its name, what feeds it and what its windows read, so that a browser can trace values back."""
    places = {name: place for place, name in enumerate(nodes)}
    return [
        {
            "name": name,
            "title": layer_title(name),
            "kind": describe_kind(node),
            "shape": format_size(node.shape),
            "maps": node.map_count,
            "size": node.map_size,
            "flat": node.is_flat,
            "inputs": [places[source] for source in node.inputs],
            "rule": _input_rule(node),
            "windows": _window_ranges(node),
        }
        for name, node in nodes.items()
    ]


def _input_rule(node: Node) -> InputRule:
    """Which maps of the inputs a map is made of; `cnn_core.insight.graph.inputs_of` says the same."""
    match node.layer:
        case Conv2d(groups=groups, filters=filters):
            return {"kind": "group", "numbers": [filters // groups, node.input_shapes[0][0] // groups]}
        case Flatten():
            return {"kind": "flatten", "numbers": list(node.input_shapes[0][1:])}
        case Branches():
            return {"kind": "stack", "numbers": [shape[0] for shape in node.input_shapes]}
        case Linear() | None:
            return {"kind": "all", "numbers": []}
    return {"kind": "same", "numbers": []}


def _window_ranges(node: Node) -> tuple[NodeWindows, NodeWindows] | None:
    """Rows, then columns: for each output the first cell and one past the last, and the step between cells."""
    if node.windows is None:
        return None
    rows, columns = node.windows
    return _axis_ranges(rows.all_cells), _axis_ranges(columns.all_cells)


def _axis_ranges(windows: tuple[range, ...]) -> NodeWindows:
    return {"ends": [(cells.start, cells.stop) for cells in windows], "step": max(cells.step for cells in windows)}


def columns_data(
    activations: Activations, names: list[str], page: int, classes: list[str]
) -> list[MapsColumn | UnitsColumn]:
    """Return the columns called `names`: of each layer the maps of `page` (from 0; its last page when it has fewer)."""
    graph = activations.graph
    return [
        _units_column(activations, name, page, classes) if graph[name].is_flat else maps_column(activations, name, page)
        for name in names
    ]


def maps_column(activations: Activations, name: str, page: int) -> MapsColumn:
    """Return the column of a layer that keeps height and width: the maps of `page`."""
    values = np.asarray(activations.values[name])
    shown = _shown_maps(activations.graph[name], values, page)
    limit = _finite_limit(values)
    maps = quantise_maps(values[shown], SMALL_SIDE)
    return {
        "node": list(activations.graph).index(name),
        "shown": shown,
        "limit": format_number(limit),
        "pixels": maps.base64_text,
        "picture": _rows_and_columns(maps.codes[0]),
        "every": maps.sampling_step,
        "shares": (maps.limits / limit).tolist(),
        "own": maps.limits.tolist(),
        "limits": [format_number(own) for own in maps.limits],
    }


def _units_column(activations: Activations, name: str, page: int, classes: list[str]) -> UnitsColumn:
    node, values = activations.graph[name], np.asarray(activations.values[name])
    shown = _shown_maps(node, values, page)
    limit = _finite_limit(values)
    named = node.map_count == len(classes) and name in (*activations.graph[PROBABILITIES].inputs, PROBABILITIES)
    maps = quantise_maps(values[None, :, None], STRIP_SIZE)
    strip: StripPicture = {
        "pixels": maps.base64_text,
        "picture": _rows_and_columns(maps.codes[0]),
        "every": maps.sampling_step,
    }
    return {
        "node": list(activations.graph).index(name),
        "shown": shown,
        "limit": format_number(limit),
        "texts": [f"{values[k]:.1%}" if name == PROBABILITIES else format_number(values[k]) for k in shown],
        "shares": [float(values[k] / limit) if np.isfinite(values[k]) else None for k in shown],
        "labels": [classes[k] if named else f"{k + 1}" for k in shown],
        "strip": strip,
    }


def _rows_and_columns(array: NDArray[np.generic]) -> tuple[int, int]:
    rows, columns = array.shape
    return rows, columns


def _shown_maps(node: Node, values: NDArray[np.floating], page: int) -> list[int]:
    """The maps of the page; of many probabilities the largest ones, as the first would mean little."""
    if node.name == PROBABILITIES and node.map_count > PAGE_SIZE:
        return [int(k) for k in np.argsort(-np.nan_to_num(values), kind="stable")[:PAGE_SIZE]]
    first = min(page, (node.map_count - 1) // PAGE_SIZE) * PAGE_SIZE
    return list(range(first, min(first + PAGE_SIZE, node.map_count)))


def _finite_limit(values: NDArray[np.floating]) -> float:
    return symmetric_limit(np.where(np.isfinite(values), values, 0.0))


def unfolded_data(activations: Activations, unfolded: UnfoldedMap) -> UnfoldedMapData | UnfoldedUnitData:
    """Return one map unfolded: what feeds it, each contribution, their sum, and the same map in the layers behind."""
    node = activations.graph[unfolded.name]
    head: UnfoldedHead = {
        "node": list(activations.graph).index(unfolded.name),
        "map": unfolded.index,
        "title": map_title(node, unfolded.index),
        "formula": map_formula(node, activations.weights, unfolded.index),
        "words": describe_left_out(node, unfolded),
        "bias": None if unfolded.bias is None else format_number(unfolded.bias),
        "is_sum": unfolded.is_sum,
    }
    if node.is_flat:
        return _unit_data(activations, unfolded, head)
    sums = (
        [part.product for part in unfolded.contributions]
        + [unfolded.result]
        + ([] if unfolded.rest is None else [unfolded.rest])
    )
    shared = _finite_limit(np.stack(sums)) if unfolded.is_sum else _finite_limit(unfolded.result)
    return {
        **head,
        "parts": [_part_data(activations, part, shared, unfolded.is_sum) for part in unfolded.contributions],
        "rest": None if unfolded.rest is None else _map_data(unfolded.rest, shared),
        "result": _map_data(unfolded.result, shared),
        "after": _following_maps(activations, unfolded.name, unfolded.index),
    }


def _part_data(activations: Activations, part: Contribution, shared: float, is_sum: bool) -> UnfoldedPart:
    layer = np.asarray(activations.values[part.source])
    return {
        "title": f"{layer_title(part.source)}, map {part.index + 1}",
        "values": _map_data(part.values, _finite_limit(layer)),
        "kernel": None if part.kernel is None else _kernel_data(part.kernel),
        "product": _map_data(part.product, shared) if is_sum and part.kernel is not None else None,
    }


def _map_data(values: NDArray[np.floating], shared: float) -> MapPicture:
    maps = quantise_maps(values[None], UNFOLDED_SIDE)
    return {
        "pixels": maps.base64_text,
        "picture": _rows_and_columns(maps.codes[0]),
        "every": maps.sampling_step,
        "size": _rows_and_columns(values),
        "share": float(maps.limits[0] / shared),
        "limit": float(maps.limits[0]),
        "limits": (format_number(float(maps.limits[0])), format_number(shared)),
    }


def _kernel_data(kernel: NDArray[np.floating]) -> KernelPicture:
    texts = [format_number(float(weight)) for weight in kernel.flat] if kernel.size <= MAX_NUMBERED_WEIGHTS else []
    return {**_map_data(kernel, _finite_limit(kernel)), "texts": texts}


def _following_maps(activations: Activations, name: str, index: int) -> list[FollowingMap]:
    """The same map behind the following layers that change each value alone: batch norm, activations."""
    following: list[FollowingMap] = []
    for after, node in activations.graph.items():
        if node.inputs != (name,) or node.windows is not None or node.is_flat:
            continue
        if isinstance(node.layer, Flatten | Residual | Branches | Dropout):
            continue
        values = np.asarray(activations.values[after])
        title = f"{layer_title(after)}, map {index + 1}"
        following.append(
            {
                "title": title,
                "formula": map_formula(node, activations.weights, index),
                "picture": _map_data(values[index], _finite_limit(values)),
            }
        )
        if isinstance(node.layer, BatchNorm):
            following += _following_maps(activations, after, index)
        break
    return following


def _unit_data(activations: Activations, unfolded: UnfoldedMap, head: UnfoldedHead) -> UnfoldedUnitData:
    """The terms of a unit as lines of a table, the sum of those left out, and the value."""
    lines = [
        [
            describe_unit(activations.graph, part.source, part.index),
            format_number(float(part.values)) if part.values.ndim == 0 else "",
            "" if part.kernel is None else format_number(float(part.kernel)),
            format_number(float(part.product)),
        ]
        for part in unfolded.contributions
    ]
    heads = ["From", "value", "weight", "product"]
    if unfolded.name == PROBABILITIES:
        shares = activations.values[PROBABILITIES]
        heads = ["From", "x", "eˣ / sum"]
        lines = [
            [where, x, format_number(shares[part.index])]
            for (where, x, *_), part in zip(lines, unfolded.contributions, strict=True)
        ]
    elif not unfolded.is_sum:
        heads, lines = heads[:2], [[where, value] for where, value, *_ in lines]
    others = None
    if unfolded.rest is not None:
        others = (f"{unfolded.left_out_count:,} others", format_number(float(unfolded.rest)))
    return {
        **head,
        "lines": lines,
        "heads": heads,
        "others": others,
        "value": format_number(float(unfolded.result)),
    }


def column_names(nodes: Graph, page: int, size: int) -> list[str]:
    """Return the names of the image, of the `size` layers of page `page` (from 0), and of the probabilities."""
    layers = [name for name in nodes if name not in (IMAGE, PROBABILITIES)]
    ends = [PROBABILITIES] if PROBABILITIES in nodes else []
    return [IMAGE, *layers[page * size : (page + 1) * size], *ends]

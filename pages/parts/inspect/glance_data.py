"""What the glance draws, as JSON-able data: the graph, the maps in bytes, and one map unfolded."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, Node
from cnn_core.insight.unfold import Part, Unfolded, Values, Weights, formula, number
from cnn_core.networks import BatchNorm, Branches, Conv2d, Dropout, Flatten, Linear, Residual
from cnn_core.render.colour import diverging_rgb, symmetric_limit
from cnn_core.render.quantised import STEPS, quantised
from cnn_core.render.tiles import image_rgb
from pages.parts.inspect.layer_names import caption, kind_words, layer_title, map_title, unit_place

PAGE, STRIP, SMALL, LARGE = 16, 256, 64, 112
"""Maps of a layer at a time, units of a strip, and the most pixels a side of a small and of an unfolded map."""
NUMBERED = 25
"""Up to so many weights of a kernel are written into its cells."""


@dataclass(frozen=True, eq=False)
class Looked:
    """A network looked at: its graph, everything that it computes for one picture, and its weights as arrays."""

    nodes: Graph
    values: Values
    weights: Weights


def palette() -> str:
    """The colours of bytes 1 … 255 of quantised maps, from the most negative to the most positive, as base64."""
    return base64.b64encode(diverging_rgb(np.linspace(-1, 1, 2 * STEPS + 1), 1.0).tobytes()).decode()


def picture_data(image: NDArray[np.uint8], alt: str) -> dict[str, Any]:
    """A stored image (C, H, W) as its colours, row by row."""
    rgb = image_rgb(image)
    return {"pixels": base64.b64encode(rgb.tobytes()).decode(), "size": rgb.shape[:2], "alt": alt}


def graph_data(nodes: Graph) -> list[dict[str, Any]]:
    """Every node: what it is called, what feeds it and what its windows read, so that a browser follows them back."""
    places = {name: place for place, name in enumerate(nodes)}
    return [
        {
            "name": name,
            "title": layer_title(name),
            "kind": kind_words(node),
            "shape": " × ".join(f"{size:,}" for size in node.shape),
            "maps": node.maps,
            "size": node.size,
            "flat": node.flat,
            "inputs": [places[source] for source in node.inputs],
            "rule": _rule(node),
            "windows": _windows(node),
        }
        for name, node in nodes.items()
    ]


def _rule(node: Node) -> list[Any]:
    """Which maps of the inputs a map is made of; `cnn_core.insight.graph.back` says the same."""
    match node.layer:
        case Conv2d(groups=groups, filters=filters):
            return ["group", filters // groups, node.sources[0][0] // groups]
        case Flatten():
            return ["flatten", *node.sources[0][1:]]
        case Branches():
            return ["stack", *(shape[0] for shape in node.sources)]
        case Linear() | None:
            return ["all"]
    return ["same"]


def _windows(node: Node) -> list[Any] | None:
    """Rows, then columns: for each output the first cell and one past the last, and the step between cells."""
    if node.windows is None:
        return None
    return [
        {"ends": [[cells.start, cells.stop] for cells in windows], "step": max(cells.step for cells in windows)}
        for windows in node.windows
    ]


def columns_data(looked: Looked, names: list[str], page: int, classes: list[str]) -> list[dict[str, Any]]:
    """The columns called `names`: of each layer the maps of `page` (from 0; its last one when it has fewer)."""
    return [_column(looked, name, page, classes) for name in names]


def _column(looked: Looked, name: str, page: int, classes: list[str]) -> dict[str, Any]:
    node, values = looked.nodes[name], np.asarray(looked.values[name])
    shown = _shown(node, values, page)
    limit = _limit(values)
    data: dict[str, Any] = {"node": list(looked.nodes).index(name), "shown": shown, "limit": number(limit)}
    if not node.flat:
        maps = quantised(values[shown], SMALL)
        shares = maps.limits / limit
        return data | {
            "pixels": maps.text,
            "picture": maps.bytes.shape[1:],
            "every": maps.every,
            "shares": shares.tolist(),
            "own": maps.limits.tolist(),
            "limits": [number(own) for own in maps.limits],
        }
    named = node.maps == len(classes) and name in (*looked.nodes[PROBABILITIES].inputs, PROBABILITIES)
    strip = quantised(values[None, :, None], STRIP)
    return data | {
        "texts": [f"{values[k]:.1%}" if name == PROBABILITIES else number(values[k]) for k in shown],
        "shares": [float(values[k] / limit) if np.isfinite(values[k]) else None for k in shown],
        "labels": [classes[k] if named else f"{k + 1}" for k in shown],
        "strip": {"pixels": strip.text, "picture": strip.bytes.shape[1:], "every": strip.every},
    }


def _shown(node: Node, values: NDArray[np.floating], page: int) -> list[int]:
    """The maps of the page; of many probabilities the largest, as the first ones would say nothing."""
    if node.name == PROBABILITIES and node.maps > PAGE:
        return [int(k) for k in np.argsort(-np.nan_to_num(values), kind="stable")[:PAGE]]
    first = min(page, (node.maps - 1) // PAGE) * PAGE
    return list(range(first, min(first + PAGE, node.maps)))


def _limit(values: NDArray[np.floating]) -> float:
    return symmetric_limit(np.where(np.isfinite(values), values, 0.0))


def unfolded_data(looked: Looked, found: Unfolded) -> dict[str, Any]:
    """One map unfolded: what feeds it, each part, their sum, and what the layers right behind make of it."""
    node = looked.nodes[found.name]
    data = {
        "node": list(looked.nodes).index(found.name),
        "map": found.index,
        "title": map_title(node, found.index),
        "formula": found.formula,
        "words": caption(node, found),
        "bias": None if found.bias is None else number(found.bias),
        "is_sum": found.is_sum,
        "places": [list(looked.nodes).index(part.source) for part in found.parts],
    }
    if node.flat:
        return data | _units(looked, found)
    sums = [part.product for part in found.parts] + [found.result] + ([] if found.rest is None else [found.rest])
    shared = _limit(np.stack(sums)) if found.is_sum else _limit(found.result)
    return data | {
        "parts": [_part(looked, part, shared, found.is_sum) for part in found.parts],
        "rest": None if found.rest is None else _picture(found.rest, shared),
        "result": _picture(found.result, shared),
        "after": _after(looked, found.name, found.index),
    }


def _part(looked: Looked, part: Part, shared: float, is_sum: bool) -> dict[str, Any]:
    layer = np.asarray(looked.values[part.source])
    return {
        "title": f"{layer_title(part.source)}, map {part.index + 1}",
        "values": _picture(part.values, _limit(layer)),
        "kernel": None if part.kernel is None else _kernel(part.kernel),
        "product": _picture(part.product, shared) if is_sum and part.kernel is not None else None,
    }


def _picture(values: NDArray[np.floating], shared: float) -> dict[str, Any]:
    maps = quantised(values[None], LARGE)
    return {
        "pixels": maps.text,
        "picture": maps.bytes.shape[1:],
        "every": maps.every,
        "size": values.shape,
        "share": float(maps.limits[0] / shared),
        "limit": float(maps.limits[0]),
        "limits": [number(float(maps.limits[0])), number(shared)],
    }


def _kernel(kernel: NDArray[np.floating]) -> dict[str, Any]:
    data = _picture(kernel, _limit(kernel))
    data["texts"] = [number(float(weight)) for weight in kernel.flat] if kernel.size <= NUMBERED else []
    return data


def _after(looked: Looked, name: str, index: int) -> list[dict[str, Any]]:
    """The same map behind the layers that follow and take each value by itself: batch norm, activations."""
    found: list[dict[str, Any]] = []
    for after, node in looked.nodes.items():
        if node.inputs != (name,) or node.windows is not None or node.flat:
            continue
        if isinstance(node.layer, Flatten | Residual | Branches | Dropout):
            continue
        values = np.asarray(looked.values[after])
        title = f"{layer_title(after)}, map {index + 1}"
        found.append(
            {"title": title, "formula": formula(node, looked.weights, index)}
            | {"picture": _picture(values[index], _limit(values))}
        )
        if isinstance(node.layer, BatchNorm):
            found += _after(looked, after, index)
        break
    return found


def _units(looked: Looked, found: Unfolded) -> dict[str, Any]:
    """The terms of a unit as lines of a table, the others summed up, and the value."""
    lines = [
        [
            unit_place(looked.nodes, part.source, part.index),
            number(float(part.values)) if part.values.ndim == 0 else "",
            "" if part.kernel is None else number(float(part.kernel)),
            number(float(part.product)),
        ]
        for part in found.parts
    ]
    heads = ["From", "value", "weight", "product"]
    if found.name == PROBABILITIES:
        shares = looked.values[PROBABILITIES]
        heads = ["From", "x", "eˣ / sum"]
        lines = [
            [where, x, number(shares[part.index])] for (where, x, *_), part in zip(lines, found.parts, strict=True)
        ]
    elif not found.is_sum:
        heads, lines = heads[:2], [[where, value] for where, value, *_ in lines]
    return {
        "lines": lines,
        "heads": heads,
        "others": None if found.rest is None else [f"{found.left_out:,} others", number(float(found.rest))],
        "value": number(float(found.result)),
    }


def columns_of(nodes: Graph, page: int, size: int) -> list[str]:
    """The image, `size` layers of page `page` (from 0), the probabilities."""
    layers = [name for name in nodes if name not in (IMAGE, PROBABILITIES)]
    ends = [PROBABILITIES] if PROBABILITIES in nodes else []
    return [IMAGE, *layers[page * size : (page + 1) * size], *ends]

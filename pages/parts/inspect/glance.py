"""The whole network at a glance: every layer's maps side by side, what feeds each, and each of them unfolded."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph
from cnn_core.insight.unfold import unfold
from pages.components.glance import network_glance
from pages.parts.inspect.activations import look, warn_of_broken, written_out
from pages.parts.inspect.glance_data import (
    PAGE,
    Looked,
    columns_data,
    columns_of,
    graph_data,
    palette,
    picture_data,
    unfolded_data,
)
from pages.parts.inspect.layer_names import layer_title
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.controls import choice, numbered
from pages.shared.subject import Subject

LAYERS, PARTS, UNITS = 48, 8, 12
"""Columns at a time, and the parts of an unfolded map and of an unfolded unit that are spelt out."""
SCALES = ("one for each layer", "each map its own")
NOTHING = "nothing"
LAYER, MAP, ROW, COLUMN = "inspect_glance_layer", "inspect_glance_map", "inspect_glance_row", "inspect_glance_column"
FIGURE, SHOWN = "inspect_glance", "inspect_glance_shown"


@dataclass(frozen=True)
class Chosen:
    """The map that is unfolded, and the pixel (row, column) whose sum is shown, None for none; counted from 0."""

    layer: str
    map: int
    pixel: tuple[int, int] | None


@st.fragment
def glance(subject: Subject, epoch: int, picture: Picture) -> None:
    """Every layer's maps from the picture to the probabilities; the chosen map unfolded; the chosen value's sum.

    Cheap enough to be called again for every stroke of a drawing.
    """
    looked = look(subject, epoch, picture.image)
    warn_of_broken(looked)
    page, layers, scale = _view(looked.nodes)
    figure = st.container()
    chosen = _chosen(looked.nodes)
    data = _data(looked, columns_of(looked.nodes, layers, LAYERS), page, chosen, subject, picture)
    with figure:
        network_glance(data | {"scale": "map" if scale == SCALES[1] else "layer"}, key=FIGURE, choose=_pick)
    if chosen and chosen.pixel:
        written_out(looked, chosen.layer, chosen.map, chosen.pixel, "inspect_glance_player")
    lesson.show("inspect", "How to read the network at a glance")


def _view(nodes: Graph) -> tuple[int, int, str]:
    """Which maps of each layer and which layers are shown (pages from 0), and the scale."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        scale = choice("Scale of the colours", SCALES, SCALES[0], "inspect_glance_scale")
        most = max(node.maps for node in nodes.values() if not node.flat)
        flat = max((node.maps for node in nodes.values() if node.flat), default=0)
        maps = _page("Maps of each layer", max(most, min(flat, 512)), PAGE, "inspect_glance_maps")
        layers = _page("Layers", len(nodes) - 1 - (PROBABILITIES in nodes), LAYERS, "inspect_glance_layers")
    return maps, layers, scale


def _page(label: str, count: int, size: int, key: str) -> int:
    """The number, from 0, of the chosen page of `count` things; there is no choice where all fit."""
    if count <= size:
        return 0
    pages = [f"{start + 1} to {min(start + size, count)}" for start in range(0, count, size)]
    if st.session_state.get(key, pages[0]) not in pages:
        st.session_state[key] = pages[0]
    return pages.index(st.selectbox(label, pages, key=key, bind="query-params", width=170))


def _chosen(nodes: Graph) -> Chosen | None:
    """The map that is unfolded and its pixel, as the link says; at first a map of the first layer with weights."""
    options = [NOTHING, *(name for name in nodes if name != IMAGE)]
    first = next((name for name in nodes if nodes[name].kind in ("Conv2d", "Linear")), options[-1])
    if st.session_state.get(LAYER, first) not in options:
        st.session_state[LAYER] = first
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = st.selectbox(
            "Unfolded layer", options, options.index(first), key=LAYER, bind="query-params", format_func=layer_title
        )
        if layer == NOTHING:
            return None
        node = nodes[layer]
        noun = "Unit" if node.flat else "Map"
        index = numbered(f"{noun}, 1 to {node.maps:,}", node.maps, 1, MAP)
        rows, columns = node.size
        if node.flat or index is None:
            return Chosen(layer, (index or 1) - 1, None)
        row = numbered(f"Row, 1 to {rows}", rows, None, ROW)
        column = numbered(f"Column, 1 to {columns}", columns, None, COLUMN)
    pixel = (row - 1, column - 1) if row and column else None
    return Chosen(layer, index - 1, pixel)


def _pick(picked: dict[str, Any]) -> None:
    """A map or a pixel was clicked; what the browser sends is checked again where it is read."""
    layer = picked.get("layer")
    st.session_state[LAYER] = layer if isinstance(layer, str) and layer else NOTHING
    for key, name in ((MAP, "map"), (ROW, "row"), (COLUMN, "column")):
        place = picked.get(name)
        st.session_state[key] = place + 1 if isinstance(place, int) and place >= 0 else (1 if key == MAP else None)


def _data(
    looked: Looked, names: list[str], page: int, chosen: Chosen | None, subject: Subject, picture: Picture
) -> dict[str, Any]:
    """What the component draws."""
    classes = state.dataset(subject.dataset).class_names
    data: dict[str, Any] = {
        "graph": graph_data(looked.nodes),
        "columns": columns_data(looked, names, page, list(classes)),
        "palette": palette(),
        "picture": picture_data(picture.image, picture.title),
        "chosen": None,
        "unfolded": None,
        "shown": f"{picture.title} {picture.number}".strip(),
    }
    if chosen is None:
        return data
    node = looked.nodes[chosen.layer]
    most = UNITS if node.flat else PARTS
    found = unfold(looked.nodes, looked.values, looked.weights, chosen.layer, chosen.map, most)
    row, column = chosen.pixel or (None, None)
    place = list(looked.nodes).index(chosen.layer)
    marked = {"node": place, "map": chosen.map, "row": row, "column": column}
    return data | {"chosen": marked, "unfolded": unfolded_data(looked, found)}

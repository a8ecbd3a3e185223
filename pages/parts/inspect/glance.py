"""The whole network at a glance: every layer's maps side by side, what feeds each, and each of them unfolded."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph
from cnn_core.insight.unfold import unfold_map
from pages.components.glance import show_network_glance
from pages.components.glance.payload import GlancePayload
from pages.parts.inspect.activations import compute_activations, show_calculation, warn_of_invalid_values
from pages.parts.inspect.glance_data import (
    PAGE_SIZE,
    Activations,
    column_names,
    columns_data,
    encode_palette,
    graph_data,
    picture_data,
    unfolded_data,
)
from pages.parts.inspect.layer_names import layer_title
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.controls import choose_number, choose_option
from pages.shared.subject import LoadedRun

MAX_LAYERS = 48
"""Columns at a time: more take a browser noticeably long to draw."""
MAX_PARTS = 8
"""Maps that an unfolded map is written out as."""
MAX_UNITS = 12
"""Terms that an unfolded unit is written out as."""
SCALES = ("one for each layer", "each map its own")
NOTHING = "nothing"
LAYER_KEY = "inspect_glance_layer"
MAP_KEY = "inspect_glance_map"
ROW_KEY = "inspect_glance_row"
COLUMN_KEY = "inspect_glance_column"
FIGURE_KEY = "inspect_glance"


@dataclass(frozen=True)
class ChosenValue:
    """The map that is unfolded, and the pixel (row, column) whose sum is shown, None for none; counted from 0."""

    layer: str
    map: int
    pixel: tuple[int, int] | None


@st.fragment
def show_glance(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    """Show every layer's maps, from the picture to the probabilities, the chosen map unfolded, the chosen value's sum.

    Cheap enough to be called again for every stroke of a drawing.
    """
    activations = compute_activations(subject, epoch, picture.image)
    warn_of_invalid_values(activations)
    page, layers, scale = _choose_view(activations.graph)
    figure = st.container()
    chosen = _choose_value(activations.graph)
    data = _glance_data(
        activations, column_names(activations.graph, layers, MAX_LAYERS), page, chosen, subject, picture
    )
    data["scale"] = "map" if scale == SCALES[1] else "layer"
    with figure:
        show_network_glance(data, key=FIGURE_KEY, on_choice=_store_clicked_value)
    if chosen and chosen.pixel:
        show_calculation(activations, chosen.layer, chosen.map, chosen.pixel, "inspect_glance_player")
    lesson.show_section("inspect", "How to read the network at a glance")


def _choose_view(nodes: Graph) -> tuple[int, int, str]:
    """Which maps of each layer and which layers are shown (pages from 0), and the scale."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        scale = choose_option("Scale of the colours", SCALES, SCALES[0], "inspect_glance_scale")
        most = max(node.map_count for node in nodes.values() if not node.is_flat)
        flat = max((node.map_count for node in nodes.values() if node.is_flat), default=0)
        maps = _choose_page("Maps of each layer", max(most, min(flat, 512)), PAGE_SIZE, "inspect_glance_maps")
        layers = _choose_page("Layers", len(nodes) - 1 - (PROBABILITIES in nodes), MAX_LAYERS, "inspect_glance_layers")
    return maps, layers, scale


def _choose_page(label: str, count: int, size: int, key: str) -> int:
    """The number, from 0, of the chosen page of `count` things; there is no choice where all fit."""
    if count <= size:
        return 0
    pages = [f"{start + 1} to {min(start + size, count)}" for start in range(0, count, size)]
    if st.session_state.get(key, pages[0]) not in pages:
        st.session_state[key] = pages[0]
    return pages.index(st.selectbox(label, pages, key=key, bind="query-params", width=170))


def _choose_value(nodes: Graph) -> ChosenValue | None:
    """The map that is unfolded and its pixel, as the link says; at first a map of the first layer with weights."""
    options = [NOTHING, *(name for name in nodes if name != IMAGE)]
    first = next((name for name in nodes if nodes[name].kind in ("Conv2d", "Linear")), options[-1])
    if st.session_state.get(LAYER_KEY, first) not in options:
        st.session_state[LAYER_KEY] = first
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = st.selectbox(
            "Unfolded layer", options, options.index(first), key=LAYER_KEY, bind="query-params", format_func=layer_title
        )
        if layer == NOTHING:
            return None
        node = nodes[layer]
        noun = "Unit" if node.is_flat else "Map"
        index = choose_number(f"{noun}, 1 to {node.map_count:,}", node.map_count, 1, MAP_KEY)
        rows, columns = node.map_size
        if node.is_flat or index is None:
            return ChosenValue(layer, (index or 1) - 1, None)
        row = choose_number(f"Row, 1 to {rows}", rows, None, ROW_KEY)
        column = choose_number(f"Column, 1 to {columns}", columns, None, COLUMN_KEY)
    pixel = (row - 1, column - 1) if row and column else None
    return ChosenValue(layer, index - 1, pixel)


def _store_clicked_value(picked: Mapping[str, object]) -> None:
    """A map or a pixel was clicked; what the browser sends is checked again where it is read."""
    layer = picked.get("layer")
    st.session_state[LAYER_KEY] = layer if isinstance(layer, str) and layer else NOTHING
    for key, name in ((MAP_KEY, "map"), (ROW_KEY, "row"), (COLUMN_KEY, "column")):
        place = picked.get(name)
        st.session_state[key] = place + 1 if isinstance(place, int) and place >= 0 else (1 if key == MAP_KEY else None)


def _glance_data(
    activations: Activations,
    names: list[str],
    page: int,
    chosen: ChosenValue | None,
    subject: LoadedRun,
    picture: Picture,
) -> GlancePayload:
    """What the component draws."""
    classes = state.load_dataset(subject.dataset_name).class_names
    data: GlancePayload = {
        "graph": graph_data(activations.graph),
        "columns": columns_data(activations, names, page, list(classes)),
        "palette": encode_palette(),
        "picture": picture_data(picture.image, picture.title),
        "scale": "layer",
        "chosen": None,
        "unfolded": None,
        "shown": f"{picture.title} {picture.drawing_number}".strip(),
    }
    if chosen is None:
        return data
    node = activations.graph[chosen.layer]
    most = MAX_UNITS if node.is_flat else MAX_PARTS
    unfolded = unfold_map(activations.graph, activations.values, activations.weights, chosen.layer, chosen.map, most)
    row, column = chosen.pixel or (None, None)
    place = list(activations.graph).index(chosen.layer)
    data["chosen"] = {"node": place, "map": chosen.map, "row": row, "column": column}
    data["unfolded"] = unfolded_data(activations, unfolded)
    return data

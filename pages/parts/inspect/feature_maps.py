"""Every layer's feature maps beside the input: what each value sees, and the sum behind the one that is clicked."""

from collections.abc import Mapping

import streamlit as st

from cnn_core.insight.graph import IMAGE
from pages.components.feature_maps import show_linked_maps
from pages.components.feature_maps.payload import FeatureMapsPayload
from pages.parts.inspect.activations import compute_activations, show_calculation, warn_of_invalid_values
from pages.parts.inspect.glance_data import (
    PAGE_SIZE,
    Activations,
    encode_palette,
    graph_data,
    maps_column,
    picture_data,
)
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.controls import choose_option
from pages.shared.pictures import choose_page
from pages.shared.subject import LoadedRun

SCALES = ("same for all", "each by itself")
LAYERS_SHOWN = 8
"""Layers at a time: more take longer to send than a click should."""
VALUE_KEY = "inspect_map_value"
FIGURE_KEY = "inspect_maps"


@st.fragment
def show_maps_of_image(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    """Show every layer's feature maps, and the calculation of the chosen value."""
    activations = compute_activations(subject, epoch, picture.image)
    names = [name for name, node in activations.graph.items() if not node.is_flat and name != IMAGE]
    if not names:
        st.info("This network has no layer that keeps height and width: there are no feature maps to show.")
        return
    warn_of_invalid_values(activations)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        each = choose_option("Scale of the maps", SCALES, SCALES[0], "inspect_map_scale") == SCALES[1]
        shown = choose_page("Layers", names, LAYERS_SHOWN, "inspect_layers")
        most = max(activations.graph[name].map_count for name in shown)
        page = choose_page("Maps of each layer", [str(i) for i in range(most)], PAGE_SIZE, "inspect_map_page")
    chosen = _clicked_value(activations)
    data: FeatureMapsPayload = {
        "graph": graph_data(activations.graph),
        "columns": [maps_column(activations, name, int(page[0]) // PAGE_SIZE) for name in shown],
        "palette": encode_palette(),
        "picture": picture_data(picture.image, picture.title),
        "scale": "map" if each else "layer",
        "chosen": None,
        "shown": f"{picture.title} {picture.drawing_number}".strip(),
    }
    if chosen:
        layer, index, row, column = chosen
        data["chosen"] = {"node": list(activations.graph).index(layer), "map": index, "row": row, "column": column}
    show_linked_maps(data, key=FIGURE_KEY, on_choice=_store_clicked_value)
    if chosen:
        show_calculation(activations, layer, index, (row, column), "inspect_maps_player")
    lesson.show_section("inspect", "How to read feature maps")


def _store_clicked_value(picked: Mapping[str, object]) -> None:
    """A value was clicked; what the browser sends is checked where it is read."""
    state.keep_in_link(
        **{VALUE_KEY: " ".join(f"{picked.get(name)}"[:80] for name in ("layer", "map", "row", "column"))}
    )


def _clicked_value(activations: Activations) -> tuple[str, int, int, int] | None:
    """The layer, map, row and column (from 0) of the value that was clicked last; None when this network has none."""
    layer, *places = st.query_params.get(VALUE_KEY, "").split(" ")
    node = activations.graph.get(layer)
    if (
        node is None
        or node.is_flat
        or len(places) != 3
        or not all(place.isdecimal() and len(place) < 9 for place in places)
    ):
        return None
    index, row, column = map(int, places)
    inside = index < node.map_count and row < node.map_size[0] and column < node.map_size[1]
    return (layer, index, row, column) if inside else None

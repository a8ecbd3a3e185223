"""Every layer's feature maps beside the input: what each value sees, and the sum behind the one that is clicked."""

from typing import Any

import streamlit as st

from cnn_core.insight.graph import IMAGE
from pages.components.feature_maps import feature_maps
from pages.parts.inspect.activations import look, warn_of_broken, written_out
from pages.parts.inspect.glance_data import PAGE, Looked, columns_data, graph_data, palette, picture_data
from pages.parts.inspect.picture import Picture
from pages.shared import lesson, state
from pages.shared.controls import choice
from pages.shared.pictures import page_of
from pages.shared.subject import Subject

SCALES = ("same for all", "each by itself")
LAYERS_SHOWN = 8
VALUE, FIGURE = "inspect_map_value", "inspect_maps"


@st.fragment
def maps(subject: Subject, epoch: int, picture: Picture) -> None:
    """Every layer's feature maps; the chosen value written out."""
    looked = look(subject, epoch, picture.image)
    names = [name for name, node in looked.nodes.items() if not node.flat and name != IMAGE]
    if not names:
        st.info("This network has no layer that keeps height and width: there are no feature maps to show.")
        return
    warn_of_broken(looked)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        each = choice("Scale of the maps", SCALES, SCALES[0], "inspect_map_scale") == SCALES[1]
        shown = page_of("Layers", names, LAYERS_SHOWN, "inspect_layers")
        most = max(looked.nodes[name].maps for name in shown)
        page = page_of("Maps of each layer", [str(i) for i in range(most)], PAGE, "inspect_map_page")
    chosen = _chosen(looked)
    classes = list(state.dataset(subject.dataset).class_names)
    data: dict[str, Any] = {
        "graph": graph_data(looked.nodes),
        "columns": columns_data(looked, shown, int(page[0]) // PAGE, classes),
        "palette": palette(),
        "picture": picture_data(picture.image, picture.title),
        "scale": "map" if each else "layer",
        "chosen": None,
        "shown": f"{picture.title} {picture.number}".strip(),
    }
    if chosen:
        layer, index, row, column = chosen
        data["chosen"] = {"node": list(looked.nodes).index(layer), "map": index, "row": row, "column": column}
    feature_maps(data, key=FIGURE, choose=_pick)
    if chosen:
        written_out(looked, layer, index, (row, column), "inspect_maps_player")
    lesson.show("inspect", "How to read feature maps")


def _pick(picked: dict[str, Any]) -> None:
    """A value was clicked; what the browser sends is checked where it is read."""
    state.keep_in_link(**{VALUE: " ".join(f"{picked.get(name)}"[:80] for name in ("layer", "map", "row", "column"))})


def _chosen(looked: Looked) -> tuple[str, int, int, int] | None:
    """The layer, map, row and column (from 0) of the value that was clicked last; None when this network has none."""
    layer, *places = st.query_params.get(VALUE, "").split(" ")
    node = looked.nodes.get(layer)
    if (
        node is None
        or node.flat
        or len(places) != 3
        or not all(place.isdecimal() and len(place) < 9 for place in places)
    ):
        return None
    index, row, column = map(int, places)
    inside = index < node.maps and row < node.size[0] and column < node.size[1]
    return (layer, index, row, column) if inside else None

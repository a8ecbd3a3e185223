"""The whole network at a glance: every layer's maps side by side, what feeds each, and each of them unfolded."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight import image_rgb
from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, network_graph
from cnn_core.insight.pixel import pixel_trace
from cnn_core.insight.unfold import Values, all_values, number, unfold
from cnn_core.trace import play_data
from pages.shared import lesson, state
from pages.shared.controls import choice
from pages.shared.glance import network_glance
from pages.shared.glance.data import PAGE, Looked, columns_data, columns_of, graph_data, palette, unfolded_data
from pages.shared.glance.words import layer_title, map_title
from pages.shared.insight.source import Picture
from pages.shared.insight.subject import Subject, borrowed
from pages.shared.player import player

if TYPE_CHECKING:
    from torch import Tensor

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
    _broken(looked)
    page, layers, scale = _view(looked.nodes)
    figure = st.container()
    chosen = _chosen(looked.nodes)
    data = _data(looked, columns_of(looked.nodes, layers, LAYERS), page, chosen, subject, picture)
    with figure:
        network_glance(data | {"scale": "map" if scale == SCALES[1] else "layer"}, key=FIGURE, choose=_pick)
    if chosen and chosen.pixel:
        _value(looked, chosen.layer, chosen.map, chosen.pixel)
    lesson.show("inspect", "How to read the network at a glance")


def look(subject: Subject, epoch: int, image: NDArray[np.uint8]) -> Looked:
    """Everything that the network computes for one stored image uint8 (C, H, W); nobody may write to it."""
    nodes, values = _computed(subject.run_id, epoch, image, subject)
    with borrowed(subject, epoch) as model:
        weights = {name: value.numpy() for name, value in model.state_dict().items()}
    return Looked(nodes, values, weights)


# A resource, as the values of a large network are 100 MB, which cached data would copy at every click.
@st.cache_resource(max_entries=4, show_spinner=False)
def _computed(run_id: str, epoch: int, image: NDArray[np.uint8], _subject: Subject) -> tuple[Graph, Values]:
    import torch

    from cnn_core.insight.activations import layer_outputs

    nodes = network_graph(_subject.spec)
    ready = made_ready(run_id, _subject)(torch.from_numpy(image[np.newaxis]))[0].numpy()
    with borrowed(_subject, epoch) as model:
        return nodes, all_values(nodes, ready, layer_outputs(model, ready, nodes))


@st.cache_resource(max_entries=8, show_spinner=False)
def made_ready(run_id: str, _subject: Subject) -> "Callable[[Tensor], Tensor]":
    """How a run's images are made ready; kept, as the means are taken over all training images."""
    import torch

    from cnn_core.training.evaluation import normaliser

    return normaliser(state.dataset(_subject.dataset), torch.device("cpu"), _subject.config)


def _broken(looked: Looked) -> None:
    """Say so where a layer gives what is no number."""
    names = (layer_title(name) for name, values in looked.values.items() if not np.isfinite(values).all())
    first = next(names, None)
    if first:
        st.warning(
            f"From **{first}** on, values are infinite or not a number: those are drawn chequered in grey, and no sum "
            "can be written out there. Choose an earlier checkpoint, or train again with a lower learning rate.",
            icon=":material/warning:",
        )


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
        index = _number(f"{noun}, 1 to {node.maps:,}", node.maps, 1, MAP)
        rows, columns = node.size
        if node.flat or index is None:
            return Chosen(layer, (index or 1) - 1, None)
        row = _number(f"Row, 1 to {rows}", rows, None, ROW)
        column = _number(f"Column, 1 to {columns}", columns, None, COLUMN)
    pixel = (row - 1, column - 1) if row and column else None
    return Chosen(layer, index - 1, pixel)


def _number(label: str, most: int, start: int | None, key: str) -> int | None:
    """A whole number from 1 to `most`, kept in the link; one beyond is the last."""
    if (st.session_state.get(key) or 1) > most:
        st.session_state[key] = most
    return st.number_input(label, 1, most, start, key=key, bind="query-params", width=150)


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
    rgb = image_rgb(picture.image)
    data: dict[str, Any] = {
        "graph": graph_data(looked.nodes),
        "columns": columns_data(looked, names, page, list(classes)),
        "palette": palette(),
        "picture": {
            "pixels": base64.b64encode(rgb.tobytes()).decode(),
            "size": rgb.shape[:2],
            "alt": picture.title,
        },
        "chosen": None,
        "unfolded": None,
        "shown": picture.title,
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


def _value(looked: Looked, layer: str, index: int, pixel: tuple[int, int]) -> None:
    """The sum, maximum or mean behind one value, in the player; for other layers what they make of it, in a line."""
    node = looked.nodes[layer]
    row, column = pixel
    st.subheader(f"{map_title(node, index)}: row {row + 1}, column {column + 1}", anchor=False)
    value = float(looked.values[layer][index, row, column])
    try:
        found = pixel_trace(looked.nodes, looked.values, looked.weights, layer, index, row, column)
    except ValueError as problem:
        st.info(f"This value cannot be written out: {problem}")
        return
    if found is None:
        inputs = [
            f"{layer_title(name)} {number(float(looked.values[name][index, row, column]))}"
            for name in node.inputs
            if looked.nodes[name].shape == node.shape
        ]
        st.markdown(f"The value is **{number(value)}**" + (f", made of {' and '.join(inputs)}." if inputs else "."))
        return
    st.markdown(f"The value is **{number(value)}**. {found.words}")
    start = {"step": found.step, "of": f"{layer} {index} {row} {column}"}
    padding = "−∞" if node.kind == "MaxPool2d" else "0"
    corner = {"corner": {"output": found.corner}}
    tally = {"tally": "multiplications"} if node.kind == "Conv2d" else {}
    data = play_data(found.trace) | tally | {"aside": True, "padding_text": padding, "start": start} | corner
    player(data, key="inspect_glance_player")

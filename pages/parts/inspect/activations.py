"""Everything that a network computes for one picture, and one of its values written out; shared by the views."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight.graph import Graph, network_graph
from cnn_core.insight.unfold import Values, all_values, number
from cnn_core.insight.value_trace import pixel_trace
from cnn_core.trace import play_data
from pages.components.player import player
from pages.parts.inspect.glance_data import Looked
from pages.parts.inspect.layer_names import layer_title, map_title
from pages.shared.subject import Subject, borrowed, made_ready


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

    from cnn_core.insight.activations import layer_outputs, one_thread

    nodes = network_graph(_subject.spec)
    ready = made_ready(run_id, _subject)(torch.from_numpy(image[np.newaxis]))[0].numpy()
    with borrowed(_subject, epoch) as model, one_thread():
        return nodes, all_values(nodes, ready, layer_outputs(model, ready, nodes))


def warn_of_broken(looked: Looked) -> None:
    """Say so where a layer gives what is no number."""
    names = (layer_title(name) for name, values in looked.values.items() if not np.isfinite(values).all())
    first = next(names, None)
    if first:
        st.warning(
            f"From **{first}** on, values are infinite or not a number: those are drawn chequered in grey, and no sum "
            "can be written out there. Choose an earlier checkpoint, or train again with a lower learning rate.",
            icon=":material/warning:",
        )


def written_out(looked: Looked, layer: str, index: int, pixel: tuple[int, int], key: str) -> None:
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
    player(data, key=key)

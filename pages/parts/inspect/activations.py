"""Everything that a network computes for one picture, and one of these values written out; several views use it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight.explain import describe_left_out, format_number
from cnn_core.insight.graph import Graph, network_graph
from cnn_core.insight.unfold import Values, all_values
from cnn_core.insight.value_trace import pixel_trace
from cnn_core.trace import play_data
from pages.components.player import show_player
from pages.components.player.payload import PlayerNotes
from pages.parts.inspect.glance_data import Activations
from pages.parts.inspect.layer_names import layer_title, map_title
from pages.shared.subject import BY_RUN, LoadedRun, locked_model, run_normaliser


def compute_activations(subject: LoadedRun, epoch: int, image: NDArray[np.uint8]) -> Activations:
    """Compute all values of the network for a stored image uint8 (C, H, W). The arrays are shared: only read them."""
    nodes, values = _compute_values(subject, epoch, image)
    with locked_model(subject, epoch) as model:
        weights = {name: value.numpy() for name, value in model.state_dict().items()}
    return Activations(nodes, values, weights)


# A resource, as the values of a large network are 100 MB, which cached data would copy at every click.
@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=BY_RUN)
def _compute_values(subject: LoadedRun, epoch: int, image: NDArray[np.uint8]) -> tuple[Graph, Values]:
    import torch

    from cnn_core.insight.activations import layer_outputs, one_thread

    nodes = network_graph(subject.spec)
    ready = run_normaliser(subject)(torch.from_numpy(image[np.newaxis]))[0].numpy()
    with locked_model(subject, epoch) as model, one_thread():
        return nodes, all_values(nodes, ready, layer_outputs(model, ready, nodes))


def warn_of_invalid_values(activations: Activations) -> None:
    """Warn where a layer gives values that are infinite or not a number."""
    names = (layer_title(name) for name, values in activations.values.items() if not np.isfinite(values).all())
    first = next(names, None)
    if first:
        st.warning(
            f"From **{first}** on, values are infinite or not a number: those are drawn chequered in grey, and no sum "
            "can be written out there. Choose an earlier checkpoint, or train again with a lower learning rate.",
            icon=":material/warning:",
        )


def show_calculation(activations: Activations, layer: str, index: int, pixel: tuple[int, int], key: str) -> None:
    """Show the sum, maximum or mean behind one value in the player; for other layers, the values it comes from."""
    node = activations.graph[layer]
    row, column = pixel
    st.subheader(f"{map_title(node, index)}: row {row + 1}, column {column + 1}", anchor=False)
    value = float(activations.values[layer][index, row, column])
    try:
        traced = pixel_trace(activations.graph, activations.values, activations.weights, layer, index, row, column)
    except ValueError as problem:
        st.info(f"This value cannot be written out. {problem}")
        return
    if traced is None:
        inputs = [
            f"{layer_title(name)} {format_number(float(activations.values[name][index, row, column]))}"
            for name in node.inputs
            if activations.graph[name].shape == node.shape
        ]
        st.markdown(
            f"The value is **{format_number(value)}**" + (f", made of {' and '.join(inputs)}." if inputs else ".")
        )
        return
    note = describe_left_out(traced.left_out) if traced.left_out else ""
    st.markdown(f"The value is **{format_number(value)}**. {note}")
    notes: PlayerNotes = {
        "padding_text": "−∞" if node.kind == "MaxPool2d" else "0",
        "aside": True,
        "start": {"step": traced.step, "of": f"{layer} {index} {row} {column}"},
        "corner": {"output": traced.corner},
    }
    if node.kind == "Conv2d":
        notes["tally"] = "multiplications"
    show_player({**play_data(traced.trace), **notes}, key=key)

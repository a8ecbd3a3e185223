"""First-layer filters of the learner's own trained networks, to try on a photograph."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight import first_layer
from cnn_core.kernels.families import SIZES, tidy
from pages.shared import state
from pages.shared.lab import stack
from pages.shared.lesson import note

PLANES = ("Mean of the channels", "Red", "Green", "Blue")


@st.cache_data(max_entries=8, show_spinner=False)
def _filters(run_id: str, epoch: int) -> NDArray[np.floating] | None:
    """Filters (count, channels, k, k) of a run's first convolution; None where the network has none that fits."""
    run = state.store().get(run_id)
    layer = first_layer(run.spec, state.store().load_weights(run_id, epoch))
    if layer is None or layer.kind != "Conv2d" or max(layer.weights.shape[2:]) > max(SIZES):
        return None
    return layer.weights


def learned_filters() -> None:
    """Choose a run of one's own, a filter and a channel; the filter becomes the kernel."""
    runs = {run.id: run for run in state.store().runs(state.workspace()) if state.store().checkpoints(run.id)}
    if not runs:
        note("Filters of your own trained networks appear here once you have trained one.")
        return
    st.markdown("**A filter that a network of yours has learned**")
    run_id = st.selectbox("Network", list(runs), key="kernels_run", format_func=lambda run: state.run_name(runs[run]))
    filters = _filters(run_id, state.store().checkpoints(run_id)[-1])
    if filters is None:
        note("This network does not begin with a convolution of up to 11 × 11.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input("Filter", 1, len(filters), 1, key="kernels_filter")
        plane = PLANES[0]
        if filters.shape[1] == 3:
            plane = st.selectbox("Channel", PLANES, key="kernels_plane")
        st.button("Take it", key="kernels_learned", on_click=_take, args=(filters[number - 1], PLANES.index(plane)))


def _take(planes: NDArray[np.floating], channel: int) -> None:
    chosen = planes.mean(axis=0) if channel == 0 else planes[channel - 1]
    stack.write_weights(tidy(np.asarray(chosen, dtype=np.float64)))

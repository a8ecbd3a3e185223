"""First-layer filters of the learner's own trained networks, to try on a photograph."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.insight import first_layer
from cnn_core.kernels.families import SIZES, Weights, round_weights
from cnn_core.render.tiles import enlarge, filter_tiles
from pages.components.common.data_url import encode_data_url
from pages.components.thumbnails import Thumbnail, show_thumbnails
from pages.parts.kernels import stack
from pages.parts.kernels.settings import ARRANGEMENT_KEY, BANK, VIEW_KEY
from pages.shared import state
from pages.shared.controls import show_note
from pages.shared.run_words import run_name

PLANES = ("Mean of the channels", "Red", "Green", "Blue")
TILE = 64
"""Screen pixels of a filter."""
MAX_SHOWN = 64
FILTER_KEY = "kernels_filter"


@st.cache_data(max_entries=8, show_spinner=False)
def _load_filters(run_id: str, epoch: int) -> NDArray[np.floating] | None:
    """Load the filters (count, channels, k, k) of a run's first convolution; None when it has none that fits."""
    run = state.run_store().get_run(run_id)
    layer = first_layer(run.spec, state.run_store().load_weights(run_id, epoch))
    if layer is None or layer.kind != "Conv2d" or max(layer.weights.shape[2:]) > max(SIZES):
        return None
    return layer.weights


def show_learned_filters() -> None:
    """Choose a run of one's own; of its filters one becomes the kernel, or the first few a bank."""
    runs = {
        run.id: run
        for run in state.run_store().list_runs(state.current_workspace())
        if state.run_store().checkpoint_epochs(run.id)
    }
    if not runs:
        show_note("Filters of your own trained networks appear here once you have trained one.")
        return
    st.markdown("**A filter that a network of yours has learned**")
    run_id = st.selectbox("Network", list(runs), key="kernels_run", format_func=lambda run: run_name(runs[run]))
    filters = _load_filters(run_id, state.run_store().checkpoint_epochs(run_id)[-1])
    if filters is None:
        show_note("This network does not begin with a convolution of up to 11 × 11.")
        return
    plane = PLANES[0]
    if filters.shape[1] == 3:
        plane = st.selectbox("Channel", PLANES, key="kernels_plane")
    weights = [_filter_plane(filter_, PLANES.index(plane)) for filter_ in filters[:MAX_SHOWN]]
    show_thumbnails(
        "Filters",
        _filter_thumbnails(np.stack(weights)),
        st.session_state.get(FILTER_KEY, ""),
        key="kernels_filters",
        on_choice=lambda number: _apply_filter(number, weights[int(number) - 1]),
    )
    left_out = f" The first {MAX_SHOWN} of {len(filters)}." if len(filters) > MAX_SHOWN else ""
    show_note(
        f"Click one: it becomes the kernel. White is 0, red negative, blue positive, one scale for all.{left_out}"
    )
    bank_size = min(len(weights), stack.MAX_SLOTS)
    st.button(
        f"Take the first {bank_size} as a bank",
        key="kernels_learned",
        on_click=_apply_bank,
        args=(weights[:bank_size],),
    )


def _filter_plane(planes: NDArray[np.floating], channel: int) -> Weights:
    """Return a kernel (k, k) of a filter (channels, k, k): the mean over its channels, or a channel, counted from 1."""
    chosen = planes.mean(axis=0) if channel == 0 else planes[channel - 1]
    return round_weights(np.asarray(chosen, dtype=np.float64))


def _filter_thumbnails(kernels: NDArray[np.float64]) -> list[Thumbnail]:
    tiles = enlarge(filter_tiles(kernels[:, None]).rgb, max(1, TILE // kernels.shape[-1]))
    titles = [f"{number}" for number in range(1, len(tiles) + 1)]
    sources = [encode_data_url(Image.fromarray(tile)) for tile in tiles]
    return [
        Thumbnail(title, f"Filter {title}", f"Filter {title}", source)
        for title, source in zip(titles, sources, strict=True)
    ]


def _apply_filter(number: str, weights: Weights) -> None:
    st.session_state[FILTER_KEY] = number
    st.session_state[VIEW_KEY] = "Signed"
    stack.write_weights(weights)


def _apply_bank(kernels: list[Weights]) -> None:
    stack.replace_stack(kernels)
    st.session_state[ARRANGEMENT_KEY], st.session_state[VIEW_KEY] = BANK, "Signed"

"""Feature maps beside the input: pointing at a value shows its receptive field at once, a click chooses it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from pages.components.common import register_component
from pages.components.feature_maps.payload import FeatureMapsPayload

_component = register_component(
    "cnn_lab_maps",
    Path(__file__).parent / "feature_maps.js",
    '<div class="fields" role="group" aria-label="Feature maps"></div>',
)


def show_linked_maps(data: FeatureMapsPayload, *, key: str, on_choice: Callable[[Mapping[str, object]], None]) -> None:
    """Show the maps of `data`.

    `on_choice` gets the value that is clicked: its `layer` (a node's name), `map`, `row` and `column`, counted from 0.
    """

    def report_choice() -> None:
        picked = st.session_state[key].chosen
        if picked:
            on_choice(dict(picked))

    _component(data=data, key=key, on_chosen_change=report_choice)

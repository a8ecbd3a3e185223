"""The whole network at a glance: a client-side component; pointing shows what feeds a map, a click unfolds it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from pages.components.common import register_component
from pages.components.glance.payload import GlancePayload

_component = register_component(
    "cnn_lab_glance",
    Path(__file__).parent / "glance.js",
    '<div class="glance" role="group" aria-label="The network at a glance"></div>',
)


def show_network_glance(data: GlancePayload, *, key: str, on_choice: Callable[[Mapping[str, object]], None]) -> None:
    """Show the network of `data`.

    `on_choice` gets what a visitor clicks: its layer (a node's name, "" to close), `map`, and `row` and `column` of a
    pixel, all counted from 0, the latter None for the whole map.
    """

    def report_choice() -> None:
        picked = st.session_state[key].chosen
        if picked:
            on_choice(dict(picked))

    _component(data=data, key=key, on_chosen_change=report_choice)

"""The table of a network being designed: a diagram, a line for each layer, and what is done to it."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages.components.common import register_component
from pages.components.network_table.payload import NetworkTablePayload

_component = register_component(
    "cnn_lab_network", Path(__file__).parent / "network_table.js", '<div class="network"></div>'
)


def show_network_table(data: NetworkTablePayload, *, key: str, on_action: Callable[[str, str], None]) -> None:
    """Show the table of a network.

    `on_action` gets what a visitor does to a layer ("choose", "up", "down", "duplicate" or "delete") and the path of
    this layer as text.
    """

    def report_action() -> None:
        done = st.session_state[key].acted
        if done:
            on_action(str(done["what"]), str(done["path"]))

    _component(data=data, key=key, on_acted_change=report_action)

"""The table of a network being designed: a diagram, a line for each layer, and what is done to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "cnn_lab_network",
    html='<div class="network"></div>\n<!-- filled by network_table.js -->',
    css=(HERE / "network_table.css").read_text(encoding="utf-8"),
    js=(HERE / "network_table.js").read_text(encoding="utf-8"),
)


def show_network_table(data: dict[str, Any], *, key: str, on_action: Callable[[str, str], None]) -> None:
    """Show the table that `designer.table.table_data` makes.

    `on_action` gets what a visitor does to a layer, and its path as text: "choose", "up", "down", "duplicate",
    "delete".
    """

    def report_action() -> None:
        done = st.session_state[key].acted
        if done:
            on_action(str(done["what"]), str(done["path"]))

    _component(data=data, key=key, on_acted_change=report_action)

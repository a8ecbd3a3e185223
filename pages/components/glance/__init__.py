"""The whole network at a glance: a client-side component; pointing shows what feeds a map, a click unfolds it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
# One module in the browser, one file a concern: joined here, as there is no build step.
SCRIPTS = (
    "../common/cells.js",
    "../common/paint.js",
    "../common/receptive_field.js",
    "columns.js",
    "unfold.js",
    "glance.js",
)

_component = st.components.v2.component(
    "cnn_lab_glance",
    html='<div class="glance" role="group" aria-label="The network at a glance"></div>\n<!-- filled by glance.js -->',
    css=(HERE / "glance.css").read_text(encoding="utf-8"),
    js="\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
)


def show_network_glance(data: dict[str, Any], *, key: str, on_choice: Callable[[dict[str, Any]], None]) -> None:
    """Show the network of `data`: graph, columns, palette, picture, scale, chosen and unfolded.

    `on_choice` gets what a visitor clicks: its layer (a node's name, "" to close), `map`, and `row` and `column` of a
    pixel, all counted from 0, the latter None for the whole map.
    """

    def report_choice() -> None:
        picked = st.session_state[key].chosen
        if picked:
            on_choice(dict(picked))

    _component(data=data, key=key, on_chosen_change=report_choice)

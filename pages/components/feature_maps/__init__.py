"""Feature maps beside the input: pointing at a value shows its receptive field at once, a click chooses it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
# Colours and the way back through the network are the glance's.
SCRIPTS = ("../common/paint.js", "../common/receptive_field.js", "feature_maps.js")

_component = st.components.v2.component(
    "cnn_lab_maps",
    html='<div class="fields" role="group" aria-label="Feature maps"></div>\n<!-- filled by feature_maps.js -->',
    css=(HERE / "feature_maps.css").read_text(encoding="utf-8"),
    js="\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
)


def show_linked_maps(data: dict[str, Any], *, key: str, on_choice: Callable[[dict[str, Any]], None]) -> None:
    """Show the maps of `data`: graph, columns, palette, picture, scale and chosen, as for the glance.

    `on_choice` gets the value that is clicked: its `layer` (a node's name), `map`, `row` and `column`, counted from 0.
    """

    def report_choice() -> None:
        picked = st.session_state[key].chosen
        if picked:
            on_choice(dict(picked))

    _component(data=data, key=key, on_chosen_change=report_choice)

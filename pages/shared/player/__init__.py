"""The player: one client-side component that shows any trace, a frame per step and no server round trip."""

from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "cnn_lab_player",
    html='<div class="player" role="group" aria-label="Step-by-step player"></div>\n<!-- filled by player.js -->',
    css=(HERE / "player.css").read_text(encoding="utf-8"),
    js=(HERE / "player.js").read_text(encoding="utf-8"),
)


def player(data: dict[str, Any], *, key: str) -> None:
    """Show a trace. `data` is what `cnn_core.trace.play_data` makes."""
    _component(data=data, key=key)

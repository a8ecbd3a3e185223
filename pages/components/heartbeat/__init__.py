"""Draws the fragment it stands in again a moment after it was drawn, for as long as it is shown."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "cnn_lab_heartbeat",
    html='<span class="heartbeat"></span>\n<!-- driven by heartbeat.js -->',
    js=(Path(__file__).parent / "heartbeat.js").read_text(encoding="utf-8"),
)


def schedule_rerun(seconds: float, *, key: str) -> None:
    """Draw this fragment again in `seconds`, counted from when the browser has it.

    A fragment with `run_every` asks again whether or not it has been answered, and while the page is being left;
    mounting it with another interval takes a run of the whole page, which clicks may overtake. This waits for the
    answer, falls silent at the click on a link, and ends by not being drawn.
    """
    number = st.session_state.get(f"{key}_number", 0) + 1
    st.session_state[f"{key}_number"] = number
    _component(data={"number": number, "seconds": seconds}, key=key, on_beat_change=lambda: None, height=1)

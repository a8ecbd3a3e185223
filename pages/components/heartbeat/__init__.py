"""A component that draws its fragment again a moment after the last drawing, for as long as it is shown."""

from pathlib import Path
from typing import TypedDict

import streamlit as st

from pages.components.common import register_component

_component = register_component(
    "cnn_lab_heartbeat", Path(__file__).parent / "heartbeat.js", '<span class="heartbeat"></span>'
)


class HeartbeatPayload(TypedDict):
    """What heartbeat.js needs: the number of the drawing, and the seconds to the next."""

    number: int
    seconds: float


def schedule_rerun(seconds: float, *, key: str) -> None:
    """Draw this fragment again in `seconds`, counted from when the browser has it.

    A fragment with `run_every` asks again whether or not it has been answered, even while the visitor leaves the page,
    and another interval takes a run of the whole page, which clicks may overtake. This component waits for the answer,
    falls silent when a link is clicked, and stops when it is no longer drawn.
    """
    number = st.session_state.get(f"{key}_number", 0) + 1
    st.session_state[f"{key}_number"] = number
    payload: HeartbeatPayload = {"number": number, "seconds": seconds}
    _component(data=payload, key=key, on_beat_change=lambda: None, height=1)

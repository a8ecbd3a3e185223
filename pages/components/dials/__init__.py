"""Dials: sliders that answer while they are dragged, not only when they are let go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "cnn_lab_dials",
    html='<div class="dials"></div>\n<!-- filled by dials.js -->',
    css=(HERE / "dials.css").read_text(encoding="utf-8"),
    js=(HERE / "dials.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Dial:
    """One number to turn: its name, label, range, step, unit and present value."""

    name: str
    label: str
    low: float
    high: float
    step: float
    value: float
    unit: str = ""


def show_dials(dial_list: Sequence[Dial], *, key: str, on_turn: Callable[[Mapping[str, float]], None]) -> None:
    """Show the dials; while one is turned, `on_turn` is called with the values of those that changed.

    One value is on its way at a time: the next is sent when the page has answered, so that it never lags behind.
    """

    def report_values() -> None:
        sent = st.session_state[key].turned or {}
        known = {dial.name for dial in dial_list}
        on_turn({name: float(value) for name, value in sent.items() if name in known})

    _component(data={"dials": [asdict(dial) for dial in dial_list]}, key=key, on_turned_change=report_values)

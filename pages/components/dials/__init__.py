"""Dials: sliders that answer while they are dragged, not only when they are let go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import streamlit as st

from pages.components.common import register_component

_component = register_component("cnn_lab_dials", Path(__file__).parent / "dials.js", '<div class="dials"></div>')


@dataclass(frozen=True)
class Dial:
    """One number to turn: its name, label, range (`low` to `high`), step, value now, and unit."""

    name: str
    label: str
    low: float
    high: float
    step: float
    value: float
    unit: str = ""


class DialData(TypedDict):
    """A Dial as the browser gets it."""

    name: str
    label: str
    low: float
    high: float
    step: float
    value: float
    unit: str


class DialsPayload(TypedDict):
    """What dials.js draws."""

    dials: list[DialData]


def _dial_data(dial: Dial) -> DialData:
    return {
        "name": dial.name,
        "label": dial.label,
        "low": dial.low,
        "high": dial.high,
        "step": dial.step,
        "value": dial.value,
        "unit": dial.unit,
    }


def show_dials(dial_list: Sequence[Dial], *, key: str, on_turn: Callable[[Mapping[str, float], str], None]) -> None:
    """Show the dials; while one is turned, `on_turn` gets the new values by name, and the gesture.

    The gesture is a name that all changes of one drag, or of keys pressed without a pause, have in common.
    One message is on its way at a time: the next is sent when the page has answered, so that it never lags behind.
    """

    def report_values() -> None:
        sent = st.session_state[key].turned
        if sent:
            known = {dial.name for dial in dial_list}
            values = {name: float(value) for name, value in sent["values"].items() if name in known}
            on_turn(values, f"dial {sent['gesture']}")

    payload: DialsPayload = {"dials": [_dial_data(dial) for dial in dial_list]}
    _component(data=payload, key=key, on_turned_change=report_values)

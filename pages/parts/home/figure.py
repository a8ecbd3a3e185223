"""The drawn illustrations of assets/figures, in the colours of whichever theme is on."""

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.shared.site import ROOT


@cache
def _figure_component(name: str) -> ComponentRenderer:
    svg = (ROOT / "assets" / "figures" / f"{name}.svg").read_text(encoding="utf-8")
    return st.components.v2.component(f"cnn_lab_figure_{name}", html=svg)


def show_figure(name: str, *, key: str) -> None:
    """Draw assets/figures/<name>.svg; its <title> says what it shows to those who do not see it."""
    _figure_component(name)(key=key)

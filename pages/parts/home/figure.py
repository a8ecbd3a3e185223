"""The drawn illustrations of assets/figures, in the colours of the present theme."""

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from pages.shared.site import ROOT


@cache
def _figure_component(name: str) -> ComponentRenderer:
    svg = (ROOT / "assets" / "figures" / f"{name}.svg").read_text(encoding="utf-8")
    return st.components.v2.component(f"cnn_lab_figure_{name}", html=svg)


def show_figure(name: str, *, key: str) -> None:
    """Show assets/figures/<name>.svg; its <title> describes it to screen readers."""
    _figure_component(name)(key=key)

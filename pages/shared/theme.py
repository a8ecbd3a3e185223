"""The colours of the theme that is on, for charts that must be told."""

import streamlit as st

from pages.shared.palette import TEXT_ON_DARK, TEXT_ON_LIGHT


def text_colour() -> str:
    """The text colour of the theme that is on, for charts that must be told."""
    return TEXT_ON_DARK if st.context.theme.type == "dark" else TEXT_ON_LIGHT

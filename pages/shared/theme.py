"""The colours of the theme that is on, for charts that must be told."""

import streamlit as st


def text_colour() -> str:
    """The text colour of the theme that is on, for charts that must be told."""
    return "#E8ECF4" if st.context.theme.type == "dark" else "#1B2333"

"""The colours of the present theme, for charts: they do not follow the theme themselves."""

import streamlit as st

from pages.shared.palette import TEXT_ON_DARK, TEXT_ON_LIGHT


def text_colour() -> str:
    """Return the text colour of the present theme as #RRGGBB."""
    return TEXT_ON_DARK if st.context.theme.type == "dark" else TEXT_ON_LIGHT

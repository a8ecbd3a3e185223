"""Problems on the screen. Errors are finished sentences where they are raised: nothing is added to them or cut off."""

import streamlit as st


def show_problem(problem: Exception, consequence: str = "") -> None:
    """Show an error's own sentence; `consequence` is a sentence before it on what cannot be done because of it."""
    st.error(f"{consequence} {problem}".strip())

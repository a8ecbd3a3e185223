"""CNN Lab: the entry point. Worker processes import this module, so everything that draws is guarded."""

import streamlit as st

from pages.shared.site import configure, pages


def main() -> None:
    """Configure the app, register every page and run the chosen one."""
    configure()
    st.session_state.routed = True
    st.navigation(pages()).run()


if __name__ == "__main__":
    main()

"""CNN Lab: the entry point. Worker processes import this module, so everything that draws is guarded."""

import streamlit as st

from pages.shared.garbage import freeze_libraries
from pages.shared.site import configure_tab, navigation_pages


def main() -> None:
    """Configure the app, register every page and run the chosen one."""
    configure_tab()
    st.session_state.routed = True
    try:
        st.navigation(navigation_pages()).run()
    finally:
        freeze_libraries()


if __name__ == "__main__":
    main()

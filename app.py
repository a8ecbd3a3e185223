"""CNN Lab: the entry point. Worker processes import this module, so everything that draws is guarded."""

import streamlit as st

from garbage import spare_libraries
from pages.shared.site import configure, pages


def main() -> None:
    """Configure the app, register every page and run the chosen one."""
    configure()
    st.session_state.routed = True
    try:
        st.navigation(pages()).run()
    finally:
        spare_libraries()


if __name__ == "__main__":
    main()

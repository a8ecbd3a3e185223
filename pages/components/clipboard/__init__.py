"""A picture from the clipboard: Ctrl+V anywhere on the page, or a button where the browser lets one read it."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "cnn_lab_clipboard",
    html='<div class="clipboard"></div>\n<!-- filled by clipboard.js -->',
    css=(HERE / "clipboard.css").read_text(encoding="utf-8"),
    js=(HERE / "clipboard.js").read_text(encoding="utf-8"),
)


def show_clipboard_button(*, key: str, max_bytes: int, on_picture: Callable[[bytes], None]) -> None:
    """Show the button and listen for pastes; `on_picture` gets the bytes of a pasted picture, unread and unchecked."""

    def report_picture() -> None:
        sent = st.session_state[key].pasted
        if sent:
            try:
                on_picture(base64.b64decode(sent, validate=True))
            except binascii.Error:
                on_picture(b"")

    _component(data={"most_bytes": max_bytes}, key=key, on_pasted_change=report_picture)

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


def clipboard_picture(*, key: str, most_bytes: int, take: Callable[[bytes], None]) -> None:
    """Show the button and listen for pastes; `take` gets the bytes of a pasted picture, unread and unchecked."""

    def pasted() -> None:
        sent = st.session_state[key].pasted
        if sent:
            try:
                take(base64.b64decode(sent, validate=True))
            except binascii.Error:
                take(b"")

    _component(data={"most_bytes": most_bytes}, key=key, on_pasted_change=pasted)

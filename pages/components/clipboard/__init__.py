"""A picture from the clipboard: Ctrl+V anywhere on the page, or a button where the browser allows it."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import streamlit as st

from pages.components.common import register_component

_component = register_component(
    "cnn_lab_clipboard", Path(__file__).parent / "clipboard.js", '<div class="clipboard"></div>'
)


class ClipboardPayload(TypedDict):
    """What clipboard.js needs: the bytes of the largest picture that can be read."""

    most_bytes: int


def show_clipboard_button(*, key: str, max_bytes: int, on_picture: Callable[[bytes], None]) -> None:
    """Show the button and listen for pastes; `on_picture` gets the bytes of a pasted picture, unread and unchecked."""

    def report_picture() -> None:
        sent = st.session_state[key].pasted
        if sent:
            try:
                on_picture(base64.b64decode(sent, validate=True))
            except binascii.Error:
                on_picture(b"")

    payload: ClipboardPayload = {"most_bytes": max_bytes}
    _component(data=payload, key=key, on_pasted_change=report_picture)

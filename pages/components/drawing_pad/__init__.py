"""A drawing pad: a picture drawn with finger, pen, mouse or arrow keys, sent while it is drawn."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components.common import register_component

SIDE = 112
"""Rows and columns of a drawing as it is sent: four times those of MNIST."""

_component = register_component(
    "cnn_lab_pad",
    Path(__file__).parent / "drawing_pad.js",
    '<div class="pad" role="group" aria-label="Drawing pad"></div>',
)


class DrawingPadPayload(TypedDict):
    """What drawing_pad.js begins with: `pixels` are `side` × `side` greys as base64, empty for an empty pad; `shown` is
    the number of the drawing that is answered."""

    side: int
    pixels: str
    shown: str


def show_pad(
    *, key: str, drawing: NDArray[np.uint8] | None, shown_number: str, on_drawing: Callable[[NDArray[np.uint8]], None]
) -> None:
    """Show the pad with `drawing` uint8 (SIDE, SIDE), black ink on white, or empty for None.

    `on_drawing` gets every new drawing in that form. While the visitor draws, one drawing is on its way at a time: the
    next is sent when the page has answered. `shown_number` is the number of the drawing that this answer belongs to.
    """

    def report_drawing() -> None:
        sent = st.session_state[key].drawn
        picture = _decode_drawing(sent)
        if picture is not None:
            st.session_state[f"{key}_number"] = str(sent.get("number", ""))[:40]
            on_drawing(picture)

    grey = "" if drawing is None else base64.b64encode(drawing.tobytes()).decode()
    payload: DrawingPadPayload = {"side": SIDE, "pixels": grey, "shown": shown_number}
    _component(data=payload, key=key, on_drawn_change=report_drawing)


def drawing_number(key: str) -> str:
    """Return the number that the browser gave to the last drawing of the pad `key`; empty before the first."""
    return str(st.session_state.get(f"{key}_number", ""))


def _decode_drawing(sent: Any) -> NDArray[np.uint8] | None:
    """Return the drawing (SIDE, SIDE) in what a browser sent; None for anything else."""
    try:
        pixels = base64.b64decode(sent["pixels"], validate=True)
    except (TypeError, KeyError, ValueError, binascii.Error):
        return None
    if len(pixels) != SIDE * SIDE:
        return None
    return np.frombuffer(pixels, np.uint8).reshape(SIDE, SIDE).copy()

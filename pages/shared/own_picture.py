"""A picture of one's own put into the network: drawn, uploaded or taken with the webcam; and what the network sees."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import MOST_BYTES, Pixels, Upload, decode_upload
from cnn_core.insight.own_image import Fitted, fitted, on_black
from pages.components.drawing_pad import SIDE, number_of, pad
from pages.shared import state
from pages.shared.controls import note
from pages.shared.picture import Picture
from pages.shared.pictures import upright
from pages.shared.subject import Subject

DRAWING, UPLOAD, WEBCAM = "Drawing pad", "Upload", "Webcam"
OWN = (DRAWING, UPLOAD, WEBCAM)
SEEN = 168
"""Pixels of what the network sees, on the screen."""


def own_picture(way: str, subject: Subject, key: str) -> Picture | None:
    """The picture that the visitor draws or brings by one of OWN, made ready for the network and shown beside it.

    None as long as there is none; then what to do is said. `key` begins the names of the controls.
    """
    left, right = st.columns([1, 1], gap="large")
    with left:
        rgb, name = _drawn(key) if way == DRAWING else _brought(way, key)
        dark = on_black(state.dataset(subject.dataset).train.images[:64])
        ink = dark and (way == DRAWING or _as_ink(key))
    if rgb is None:
        return None
    found = fitted(rgb, subject.spec.input_shape, ink=ink)
    with right:
        _seen(found, subject)
    return Picture(found.image, name, number=number_of(f"{key}_pad") if way == DRAWING else "")


def _as_ink(key: str) -> bool:
    return st.toggle(
        "It is ink on paper",
        True,
        key=f"{key}_ink",
        bind="query-params",
        help="On: made ready as this data set's images were (grey, bright on black, cut to the ink, centred by mass). "
        "Off: only cut in the middle and resized.",
    )


def _seen(found: Fitted, subject: Subject) -> None:
    """What the network gets, and what was done for it."""
    _, height, width = subject.spec.input_shape
    st.markdown("**What the network sees**")
    st.image(
        upright(found.image, SEEN),
        width=SEEN,
        output_format="PNG",
        alt=f"What the network sees: {width} × {height} pixels",
    )
    if found.empty:
        st.info("Nothing is on it yet: the network gets an empty image, and its answer says what it takes *that* for.")
        return
    colour = "colour" if len(found.image) >= 3 else "grey"
    note(f"{width} × {height} pixels, {colour}: {'; '.join(found.steps) or 'as it is'}.")


def _drawn(key: str) -> tuple[Pixels, str]:
    """The drawing on the pad, black on white; an empty one at first."""
    held = f"{key}_drawing"
    drawn: NDArray[np.uint8] | None = st.session_state.get(held)

    def keep(picture: NDArray[np.uint8]) -> None:
        st.session_state[held] = picture

    pad(key=f"{key}_pad", drawn=drawn, shown=number_of(f"{key}_pad"), draw=keep)
    grey = np.full((SIDE, SIDE), 255, np.uint8) if drawn is None else drawn
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2), "Your drawing"


def _brought(way: str, key: str) -> tuple[Pixels | None, str]:
    """The picture that was uploaded or photographed; None when there is none or it cannot be read."""
    if way == UPLOAD:
        file = st.file_uploader(
            "PNG, JPEG, WebP, GIF, BMP or TIFF",
            key=f"{key}_upload",
            max_upload_size=MOST_BYTES // 10**6,
            help="It is read in memory, shrunk to 512 pixels, and never stored.",
        )
    else:
        file = st.camera_input("Take a picture with the webcam", key=f"{key}_camera")
    if file is None:
        st.info("Choose a picture: it is cut and resized to what the network takes, and shown here beside it.")
        return None, ""
    try:
        upload = _decoded(file.getvalue())
    except ValueError as problem:
        st.error(str(problem))
        return None, ""
    rgb = upload.image
    st.image(rgb, width=SEEN, alt="Your picture as it came")
    note(" ".join([f"As it came: {rgb.shape[1]} × {rgb.shape[0]} pixels.", *upload.notes]))
    return rgb, "Your picture"


@st.cache_data(max_entries=4, show_spinner=False)
def _decoded(data: bytes) -> Upload:
    return decode_upload(data)

"""The visitor's own picture: drawn, uploaded or taken with the webcam; and what the network sees of it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import MAX_BYTES, Pixels, Upload, decode_upload
from cnn_core.insight.own_image import FittedImage, fit_with_steps, is_bright_on_black
from pages.components.drawing_pad import SIDE, drawing_number, show_pad
from pages.shared import state
from pages.shared.controls import show_note
from pages.shared.picture import Picture
from pages.shared.pictures import enlarged_rgb
from pages.shared.problems import show_problem
from pages.shared.subject import LoadedRun

DRAWING = "Drawing pad"
UPLOAD = "Upload"
WEBCAM = "Webcam"
OWN_SOURCES = (DRAWING, UPLOAD, WEBCAM)
PICTURE_WIDTH = 168
"""Pixels of what the network sees, on the screen."""


def choose_own_picture(source: str, subject: LoadedRun, key: str) -> Picture | None:
    """Let the visitor draw or bring a picture by one of OWN_SOURCES, and show beside it what the network gets.

    None as long as there is none; then the page says what to do. The keys of the controls begin with `key`.
    """
    left, right = st.columns([1, 1], gap="large")
    with left:
        rgb, name = _choose_drawing(key) if source == DRAWING else _choose_photo(source, key)
        dark = is_bright_on_black(state.load_dataset(subject.dataset_name).train.images[:64])
        ink = dark and (source == DRAWING or _choose_ink(key))
    if rgb is None:
        return None
    found = fit_with_steps(rgb, subject.spec.input_shape, is_drawing=ink)
    with right:
        _show_network_input(found, subject)
    return Picture(found.image, name, drawing_number=drawing_number(f"{key}_pad") if source == DRAWING else "")


def _choose_ink(key: str) -> bool:
    return st.toggle(
        "It is ink on paper",
        True,
        key=f"{key}_ink",
        bind="query-params",
        help="On: prepared as this data set's images were (grey, bright on black, cut to the ink, centred by mass). "
        "Off: only cut in the middle and resized.",
    )


def _show_network_input(found: FittedImage, subject: LoadedRun) -> None:
    """What the network gets, and what was done for it."""
    _, height, width = subject.spec.input_shape
    st.markdown("**What the network sees**")
    st.image(
        enlarged_rgb(found.image, PICTURE_WIDTH),
        width=PICTURE_WIDTH,
        output_format="PNG",
        alt=f"What the network sees: {width} × {height} pixels",
    )
    if found.is_empty:
        st.info("Nothing is on it yet: the network gets an empty image, and its answer says what it takes *that* for.")
        return
    colour = "colour" if len(found.image) >= 3 else "grey"
    show_note(f"{width} × {height} pixels, {colour}: {'; '.join(found.steps) or 'as it is'}.")


def _choose_drawing(key: str) -> tuple[Pixels, str]:
    """The drawing on the pad, black on white; an empty one at first."""
    drawing_key = f"{key}_drawing"
    drawn: NDArray[np.uint8] | None = st.session_state.get(drawing_key)

    def store_drawing(picture: NDArray[np.uint8]) -> None:
        st.session_state[drawing_key] = picture

    show_pad(key=f"{key}_pad", drawing=drawn, shown_number=drawing_number(f"{key}_pad"), on_drawing=store_drawing)
    grey = np.full((SIDE, SIDE), 255, np.uint8) if drawn is None else drawn
    return np.repeat(grey[:, :, np.newaxis], 3, axis=2), "Your drawing"


def _choose_photo(source: str, key: str) -> tuple[Pixels | None, str]:
    """The picture that was uploaded or photographed; None when there is none or it cannot be read."""
    if source == UPLOAD:
        file = st.file_uploader(
            "PNG, JPEG, WebP, GIF, BMP or TIFF",
            key=f"{key}_upload",
            max_upload_size=MAX_BYTES // 10**6,
            help="It is read in memory, shrunk to 512 pixels, and never stored.",
        )
    else:
        file = st.camera_input("Take a picture with the webcam", key=f"{key}_camera")
    if file is None:
        st.info("Choose a picture: it is cut and resized to what the network takes, and shown here beside it.")
        return None, ""
    try:
        upload = _cached_upload(file.getvalue())
    except ValueError as problem:
        show_problem(problem)
        return None, ""
    rgb = upload.image
    st.image(rgb, width=PICTURE_WIDTH, alt="Your picture as it came")
    show_note(" ".join([f"As it came: {rgb.shape[1]} × {rgb.shape[0]} pixels.", *upload.notes]))
    return rgb, "Your picture"


@st.cache_data(max_entries=4, show_spinner=False)
def _cached_upload(data: bytes) -> Upload:
    return decode_upload(data)

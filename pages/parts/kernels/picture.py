"""The picture that is filtered: a photograph, a drawn pattern, or one's own; which part of it, how large."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import (
    LONG_SIDE,
    MAX_BYTES,
    PATTERNS,
    PHOTOS,
    Pattern,
    crop_image,
    decode_upload,
    draw_pattern,
    load_photo,
    shrink_pixels,
)
from pages.components.clipboard import show_clipboard_button
from pages.components.thumbnails import Thumbnail, make_thumbnail, show_thumbnails
from pages.shared.controls import choose_option, show_note

PICTURE_KEY = "kernels_photo"
OWN_TITLE = "Your picture"
OWN_PICTURE_KEY = "kernels_own_picture"
PROBLEM_KEY = "kernels_picture_problem"
PHOTO_TITLES = {entry.title: entry for entry in PHOTOS}
PATTERN_TITLES = {pattern.title: pattern for pattern in PATTERNS}
SIDES = (512, 256, 128, 64, 32)


@dataclass(frozen=True, eq=False)
class Picture:
    """The picture to filter: uint8 RGB (height, width, 3), a title and what it shows."""

    image: NDArray[np.uint8]
    title: str
    alt: str


@st.cache_data(max_entries=len(PHOTOS), show_spinner=False)
def _load_photo(name: str) -> NDArray[np.uint8]:
    return load_photo(name)


@st.cache_data(max_entries=1, show_spinner=False)
def _picture_thumbnails() -> list[Thumbnail]:
    photos = [make_thumbnail(entry.title, entry.title, entry.alt, load_photo(entry.name)) for entry in PHOTOS]
    drawn = [make_thumbnail(entry.title, entry.title, entry.alt, draw_pattern(entry.title)) for entry in PATTERNS]
    return photos + drawn


@st.cache_data(max_entries=32, show_spinner=False)
def _render_pattern(title: str, angle: float, period: float, seed: int, text: str) -> NDArray[np.uint8]:
    return draw_pattern(title, angle=angle, period=period, seed=seed, text=text)


@st.cache_data(max_entries=32, show_spinner=False)
def _crop_and_scale(
    image: NDArray[np.uint8], rows: tuple[int, int], columns: tuple[int, int], side: int
) -> NDArray[np.uint8]:
    shares = [end / 100 for end in (*rows, *columns)]
    return shrink_pixels(crop_image(image, *shares), side)


def choose_picture() -> Picture | None:
    """Let the learner choose a picture and a part of it; None, with the reason shown, when there is none."""
    pictures = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Picture", [*PHOTO_TITLES, *PATTERN_TITLES, OWN_TITLE], key=PICTURE_KEY, bind="query-params", width=220
        )
        show_own_picture_box()
        with st.popover("Crop and scale", icon=":material/crop:"):
            part = choose_part()
        if chosen in PATTERN_TITLES:
            drawn = _choose_pattern(PATTERN_TITLES[chosen])
    with pictures:
        show_thumbnails(
            "Picture", _picture_thumbnails(), chosen, key=f"{PICTURE_KEY}_thumbnails", on_choice=_store_choice
        )
    problem = st.session_state.pop(PROBLEM_KEY, "")
    if problem:
        st.error(problem)
    if chosen in PATTERN_TITLES:
        picture = drawn
    elif chosen in PHOTO_TITLES:
        picture = Picture(_load_photo(PHOTO_TITLES[chosen].name), chosen, PHOTO_TITLES[chosen].alt)
    else:
        own: Picture | None = st.session_state.get(OWN_PICTURE_KEY)
        if own is None:
            st.info("Your picture is not in the link: upload, photograph or paste it again, or choose another one.")
            return None
        picture = own
        show_note(picture.alt)
    return Picture(_crop_and_scale(picture.image, *part), picture.title, picture.alt)


def choose_part() -> tuple[tuple[int, int], tuple[int, int], int]:
    """Let the learner choose rows and columns in per cent, and the longest side in pixels."""
    rows = st.slider("Rows, in % of the height", 0, 100, (0, 100), key="kernels_rows", bind="query-params")
    columns = st.slider("Columns, in % of the width", 0, 100, (0, 100), key="kernels_columns", bind="query-params")
    side = choose_option(
        "Longest side, in pixels", SIDES, LONG_SIDE, "kernels_side", "Small pictures show single pixels."
    )
    if rows[0] == rows[1] or columns[0] == columns[1]:
        show_note("Nothing would be left: one pixel is kept.")
    return _nonempty_range(rows), _nonempty_range(columns), side


def _nonempty_range(ends: tuple[int, int]) -> tuple[int, int]:
    low = min(ends[0], 99)
    return low, max(ends[1], low + 1)


def _choose_pattern(pattern: Pattern) -> Picture:
    """Draw a pattern with controls for all its parameters."""
    values = {"angle": 0, "period": 16, "seed": 0, "text": "CNN Lab"}
    if "angle" in pattern.parameters:
        values["angle"] = st.slider(
            "Angle in degrees", -180, 180, 0, 5, key="kernels_pattern_angle", bind="query-params", width=180
        )
    if "period" in pattern.parameters:
        values["period"] = st.slider(
            "Period in pixels", 2, 64, 16, key="kernels_pattern_period", bind="query-params", width=180
        )
    if "seed" in pattern.parameters:
        values["seed"] = st.number_input("Seed", 0, 9999, 0, key="kernels_pattern_seed", bind="query-params", width=120)
    if "text" in pattern.parameters:
        values["text"] = st.text_input(
            "Letters", "CNN Lab", max_chars=24, key="kernels_pattern_text", bind="query-params", width=180
        )
    return Picture(_render_pattern(pattern.title, **values), pattern.title, pattern.alt)  # type: ignore[arg-type]


def show_own_picture_box() -> None:
    """Show upload, webcam and clipboard; a picture from them is read in memory and becomes “Your picture”."""
    with st.popover("Your own picture", icon=":material/upload:", on_change="rerun", key="kernels_own") as box:
        st.file_uploader(
            "PNG, JPEG, WebP, GIF, BMP or TIFF",
            key="kernels_upload",
            on_change=_store_upload,
            max_upload_size=MAX_BYTES // 10**6,
            help="It is read in memory, shrunk to 512 pixels, and never stored.",
        )
        if box.open:  # a closed box must not switch the camera on
            st.camera_input("Or take one with the webcam", key="kernels_camera", on_change=_store_camera_shot)
    show_clipboard_button(
        key="kernels_clipboard",
        max_bytes=MAX_BYTES,
        on_picture=lambda data: store_own_picture(data, "from the clipboard"),
    )


def _store_choice(title: str) -> None:
    st.session_state[PICTURE_KEY] = title


def store_own_picture(data: bytes, name: str) -> None:
    """Read a picture that a visitor brought; what is wrong with it is said beside the controls."""
    session = st.session_state
    try:
        upload = decode_upload(data)
    except ValueError as problem:
        session[PROBLEM_KEY] = str(problem)
        return
    remarks = " ".join(upload.notes)
    session[OWN_PICTURE_KEY] = Picture(upload.image, OWN_TITLE, f"Your picture {name}. {remarks}".strip())
    session[PICTURE_KEY] = OWN_TITLE


def _store_upload() -> None:
    file = st.session_state.kernels_upload
    if file is not None:
        store_own_picture(file.getvalue(), file.name)


def _store_camera_shot() -> None:
    shot = st.session_state.get("kernels_camera")
    if shot is not None:
        store_own_picture(shot.getvalue(), "from the webcam")

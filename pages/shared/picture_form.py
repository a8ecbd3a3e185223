"""Which picture the Kernel lab filters: a photograph by its thumbnail, or an upload."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import MOST_BYTES, PHOTOS, decode_upload, photo
from pages.shared.lesson import note
from pages.shared.thumbnails import Thumbnail, thumbnail, thumbnails

KEY = "kernels_photo"
OWN = "Your picture"
TITLES = {entry.title: entry for entry in PHOTOS}


@dataclass(frozen=True, eq=False)
class Picture:
    """The picture to filter: uint8 RGB (height, width, 3), a title and what it shows."""

    image: NDArray[np.uint8]
    title: str
    alt: str


@st.cache_data(max_entries=len(PHOTOS), show_spinner=False)
def _photo(name: str) -> NDArray[np.uint8]:
    return photo(name)


@st.cache_data(max_entries=1, show_spinner=False)
def _thumbnails() -> list[Thumbnail]:
    return [thumbnail(entry.title, entry.title, entry.alt, photo(entry.name)) for entry in PHOTOS]


@st.cache_data(max_entries=8, show_spinner="Reading the picture …")
def _upload(file_id: str, _data: bytes) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    upload = decode_upload(_data)
    return upload.image, upload.notes


def choose_picture() -> Picture | None:
    """Thumbnails, a list and an upload; None, with the reason beside the control, while there is no picture."""
    pictures = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("Photograph", [*TITLES, OWN], key=KEY, bind="query-params", width=260)
        with st.popover("Use your own picture", icon=":material/upload:"):
            file = st.file_uploader(
                "PNG, JPEG, WebP, GIF, BMP or TIFF",
                key="kernels_upload",
                on_change=_take_upload,
                max_upload_size=MOST_BYTES // 10**6,
                help="It is read in memory, shrunk to 512 pixels, and never stored.",
            )
    with pictures:
        thumbnails("Photograph", _thumbnails(), chosen, choice_key=KEY)
    if chosen != OWN:
        entry = TITLES[chosen]
        return Picture(_photo(entry.name), entry.title, entry.alt)
    if file is None:
        st.info("Your picture is not in the link: press “Use your own picture”, or choose a photograph.")
        return None
    try:
        image, notes = _upload(file.file_id, file.getvalue())
    except ValueError as problem:
        st.error(str(problem))
        return None
    if notes:
        note(" ".join(notes))
    return Picture(image, OWN, f"Your picture {file.name}")


def _take_upload() -> None:
    uploaded = st.session_state.kernels_upload is not None
    st.session_state[KEY] = OWN if uploaded else PHOTOS[0].title

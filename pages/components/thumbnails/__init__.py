"""A row of small pictures to choose one from; a client-side component."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

HERE = Path(__file__).parent
SIDE = 96

_component = st.components.v2.component(
    "cnn_lab_thumbnails",
    html='<div class="thumbnails" role="radiogroup"></div>\n<!-- filled by thumbnails.js -->',
    css=(HERE / "thumbnails.css").read_text(encoding="utf-8"),
    js=(HERE / "thumbnails.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Thumbnail:
    """One picture to choose: the value it stands for, its title, what it shows, and the picture as a data: URL."""

    value: str
    title: str
    alt: str
    source: str


def make_thumbnail(value: str, title: str, alt: str, image: NDArray[np.uint8]) -> Thumbnail:
    """A Thumbnail of `image` (height, width, 3), cut to a square."""
    return Thumbnail(value, title, alt, encode_data_url(ImageOps.fit(Image.fromarray(image), (SIDE, SIDE))))


def encode_data_url(picture: Image.Image) -> str:
    """The picture as a data: URL, which a browser shows without asking a server."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def show_thumbnails(
    label: str,
    choices: Sequence[Thumbnail],
    chosen: str,
    *,
    key: str,
    on_choice: Callable[[str], None],
    large: bool = False,
) -> None:
    """Show the pictures; `on_choice` gets the value of one that is clicked. `large`: results to compare, not a menu."""

    def report_choice() -> None:
        value = st.session_state[key].chosen
        if value in {choice.value for choice in choices}:
            on_choice(value)

    pictures = [vars(choice) for choice in choices]
    data = {"label": label, "pictures": pictures, "chosen": chosen, "large": large}
    _component(data=data, key=key, on_chosen_change=report_choice)

"""A row of small pictures to choose one from; a client-side component."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pages.components.common import register_component
from pages.components.common.data_url import encode_data_url

SIDE = 96
"""Pixels of a thumbnail's sides, as large as the largest is shown."""

_component = register_component(
    "cnn_lab_thumbnails", Path(__file__).parent / "thumbnails.js", '<div class="thumbnails" role="radiogroup"></div>'
)


@dataclass(frozen=True)
class Thumbnail:
    """One picture to choose: the value it stands for, its title, what it shows, and the picture as a data: URL."""

    value: str
    title: str
    alt: str
    source: str


class ThumbnailPicture(TypedDict):
    """A Thumbnail as the browser gets it."""

    value: str
    title: str
    alt: str
    source: str


class ThumbnailsPayload(TypedDict):
    """What thumbnails.js draws; `large`: results to compare, not a menu."""

    label: str
    pictures: list[ThumbnailPicture]
    chosen: str
    large: bool


def make_thumbnail(value: str, title: str, alt: str, image: NDArray[np.uint8]) -> Thumbnail:
    """Return a Thumbnail of `image` uint8 (height, width, 3), cut to a square."""
    picture = ImageOps.fit(Image.fromarray(image), (SIDE, SIDE))
    return Thumbnail(value, title, alt, encode_data_url(picture))


def show_thumbnails(
    label: str,
    choices: Sequence[Thumbnail],
    chosen: str,
    *,
    key: str,
    on_choice: Callable[[str], None],
    large: bool = False,
) -> None:
    """Show the pictures; `on_choice` gets the value of the one that is chosen.

    With `large` they are results to compare rather than a menu.
    """

    def report_choice() -> None:
        value = st.session_state[key].chosen
        if value in {choice.value for choice in choices}:
            on_choice(value)

    pictures: list[ThumbnailPicture] = [
        {"value": choice.value, "title": choice.title, "alt": choice.alt, "source": choice.source} for choice in choices
    ]
    payload: ThumbnailsPayload = {"label": label, "pictures": pictures, "chosen": chosen, "large": large}
    _component(data=payload, key=key, on_chosen_change=report_choice)

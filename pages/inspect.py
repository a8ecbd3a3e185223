"""Inspect: a network looked into, from its filters to what every layer makes of one picture."""

import streamlit as st

from pages.parts.inspect.answer import answer
from pages.parts.inspect.attributions import attributions
from pages.parts.inspect.development import development
from pages.parts.inspect.feature_maps import maps
from pages.parts.inspect.filters import filters
from pages.parts.inspect.glance import glance
from pages.parts.inspect.image_map import embedding
from pages.parts.inspect.picture import choose_picture
from pages.parts.inspect.wants import wants
from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.site import ensure_router, header
from pages.shared.subject import Subject, choose_epoch, choose_subject, untrained_subject

VIEWS = {
    "At a glance": glance,
    "Feature maps": maps,
    "Filters": filters,
    "Development": development,
    "What a unit wants": wants,
    "Attributions": attributions,
    "Map of images": embedding,
}


@st.fragment
def look_inside(subject: Subject, epoch: int) -> None:
    """The picture, the answer and the chosen view: all that a stroke on the pad draws again."""
    picture = choose_picture(subject)
    if picture is None:
        return
    said = st.container()
    view = VIEWS[choice("Look at", tuple(VIEWS), "At a glance", "inspect_view")]
    try:
        if view is not development:  # which has it among its own, at the checkpoint that is played
            with said:
                answer(subject, epoch, picture)
        view(subject, epoch, picture)
    except ValueError as error:
        st.error(f"This checkpoint cannot be shown: {error}")


ensure_router()
header("inspect", "What a trained network looks for, and what every layer makes of one image.")
subject = choose_subject("see here what it learned. Below: a small network **before** any training.")
if subject is None:
    subject = untrained_subject()
look_inside(subject, choose_epoch(subject, "inspect"))
lesson.try_this("inspect")

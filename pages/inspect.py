"""Inspect: a network looked into, from its filters to what every layer makes of one picture."""

import streamlit as st

from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.insight.source import choose_picture
from pages.shared.insight.subject import Subject, choose_epoch, choose_subject, untrained_subject
from pages.shared.inspect.answer import answer
from pages.shared.inspect.attributions import attributions
from pages.shared.inspect.development import development
from pages.shared.inspect.embedding import embedding
from pages.shared.inspect.filters import filters
from pages.shared.inspect.glance import glance
from pages.shared.inspect.maps import maps
from pages.shared.inspect.wants import wants
from pages.shared.site import ensure_router, header

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

"""Inspect: inside a network, from its filters to what every layer computes for one picture."""

import streamlit as st

from pages.parts.inspect.answer import show_answer
from pages.parts.inspect.attributions import show_attributions
from pages.parts.inspect.development import show_development
from pages.parts.inspect.feature_maps import show_maps_of_image
from pages.parts.inspect.filters import show_filters
from pages.parts.inspect.glance import show_glance
from pages.parts.inspect.image_map import show_embedding
from pages.parts.inspect.picture import choose_picture
from pages.parts.inspect.wants import show_unit_preferences
from pages.shared import lesson
from pages.shared.controls import choose_option
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, show_header
from pages.shared.subject import LoadedRun, choose_epoch, choose_loaded_run, untrained_run

VIEWS = {
    "At a glance": show_glance,
    "Feature maps": show_maps_of_image,
    "Filters": show_filters,
    "Development": show_development,
    "What a unit wants": show_unit_preferences,
    "Attributions": show_attributions,
    "Map of images": show_embedding,
}


@st.fragment
def show_inside(subject: LoadedRun, epoch: int) -> None:
    """Show the picture, the answer and the chosen view: everything that a stroke on the drawing pad redraws."""
    picture = choose_picture(subject)
    if picture is None:
        return
    answer_container = st.container()
    view = VIEWS[choose_option("Look at", tuple(VIEWS), "At a glance", "inspect_view")]
    try:
        if view is not show_development:  # it shows the answer itself, at the checkpoint that is playing
            with answer_container:
                show_answer(subject, epoch, picture)
        view(subject, epoch, picture)
    except ValueError as problem:
        show_problem(problem, "This checkpoint cannot be shown.")


ensure_router()
show_header("inspect", "What a trained network looks for, and what every layer computes for one image.")
subject = choose_loaded_run("see here what it learned. Below: a small network **before** any training.")
if subject is None:
    subject = untrained_run()
show_inside(subject, choose_epoch(subject, "inspect"))
lesson.show_try_this("inspect")

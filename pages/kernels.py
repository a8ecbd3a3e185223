"""Kernel lab: edit a kernel and see at once what it does to a photograph."""

import streamlit as st

from pages.parts.kernels import closer, result, stack
from pages.parts.kernels.edges import show_edges
from pages.parts.kernels.files import show_downloads
from pages.parts.kernels.kernel import choose_kernel
from pages.parts.kernels.picture import Picture, choose_picture
from pages.parts.kernels.settings import EDGES, LabSettings, choose_settings, is_outdated
from pages.shared import lesson
from pages.shared.site import ensure_router, show_header


@st.fragment
def show_lab() -> None:
    """Show picture and settings, and below them the edges or the workbench."""
    picture = choose_picture()
    lab_settings = choose_settings()
    if lab_settings.arrangement == EDGES:
        if picture is not None:
            show_edges(picture, lab_settings)
    else:
        show_workbench(picture, lab_settings)


@st.fragment
def show_workbench(picture: Picture | None, settings: LabSettings) -> None:
    """Show the kernels and their result: a separate fragment, so that an edited weight redraws nothing else.

    The result comes first: the browser draws one thing after the other, and the result is what the learner waits for.
    """
    if is_outdated(settings):
        st.rerun()
    left, right = st.columns([2, 3], gap="medium")
    closer_look = st.container()
    kernel_stack = stack.read_stack()
    with right:
        outcome = result.show_outcome(picture, kernel_stack, settings) if picture else None
    with left, st.container(border=True):
        choose_kernel(kernel_stack)
    if picture is not None and outcome is not None:
        with right:
            show_downloads(kernel_stack.kernels, settings.layer, outcome.result, outcome.shown)
        with closer_look:
            closer.show_closer_look(picture, settings, outcome)


ensure_router()
show_header("kernels", "Edit a kernel and see at once what it does to a photograph. Point at a pixel to see its sum.")
show_lab()
st.divider()
for headings in (
    ("What a kernel sees", "Signs and scales", "Borders and sizes"),
    ("One, many, one after the other", "Waves"),
):
    for column, heading in zip(st.columns(3, gap="large"), headings, strict=False):
        with column:
            lesson.show_section("kernels", heading)
lesson.show_try_this("kernels")

"""Kernel lab: edit a kernel and see at once what it does to a photograph."""

import streamlit as st

from pages.parts.kernels import closer as look
from pages.parts.kernels import result as view
from pages.parts.kernels import stack
from pages.parts.kernels.edges import edges
from pages.parts.kernels.files import files
from pages.parts.kernels.kernel import choose_kernel
from pages.parts.kernels.picture import Picture, choose_picture
from pages.parts.kernels.settings import EDGES, How, outdated, settings
from pages.shared import lesson
from pages.shared.site import ensure_router, header


@st.fragment
def lab() -> None:
    """Picture and settings; then what is edited."""
    picture = choose_picture()
    how = settings()
    if how.together == EDGES:
        if picture is not None:
            edges(picture, how)
    else:
        bench(picture, how)


@st.fragment
def bench(picture: Picture | None, how: How) -> None:
    """Kernels and their result: a fragment of its own, so that an edited weight redraws nothing else.

    The result comes first, as the browser draws things one after the other and this is what is waited for.
    """
    if outdated(how):
        st.rerun()
    left, right = st.columns([2, 3], gap="medium")
    closer = st.container()
    found = stack.read_stack()
    with right:
        outcome = view.show(picture, found, how) if picture else None
    with left, st.container(border=True):
        choose_kernel(found)
    if picture is not None and outcome is not None:
        with right:
            files(found.kernels, how.layer, outcome.result, outcome.shown)
        with closer:
            look.look(picture, how, outcome)


ensure_router()
header("kernels", "Edit a kernel and see at once what it does to a photograph. Point at a pixel to see its sum.")
lab()
st.divider()
for headings in (
    ("What a kernel sees", "Signs and scales", "Borders and sizes"),
    ("One, many, one after the other", "Waves"),
):
    for column, heading in zip(st.columns(3, gap="large"), headings, strict=False):
        with column:
            lesson.show("kernels", heading)
lesson.try_this("kernels")

"""Kernel lab: edit a kernel and see at once what it does to a photograph."""

import streamlit as st

from pages.shared import lesson
from pages.shared.lab import look, view
from pages.shared.lab.files import files
from pages.shared.lab.kernel import choose_kernel
from pages.shared.lab.layer import EDGES, settings
from pages.shared.lab.picture import choose_picture
from pages.shared.site import ensure_router, header


@st.fragment
def lab() -> None:
    """Picture, kernel and result; a fragment, so that an edited weight redraws nothing else."""
    picture = choose_picture()
    how = settings()
    if how.together == EDGES:
        edges = view.show_edges(picture, how) if picture else None
        if edges is not None:
            files((), how, edges)
            look.values(edges)
        return
    left, right = st.columns([3, 5], gap="medium")
    with left, st.container(border=True):
        found = choose_kernel()
    if picture is None:
        return
    with right:
        outcome = view.show(picture, found, how)
        if outcome is not None:
            files(found.kernels, how, outcome.result)
    if outcome is not None:
        look.look(picture, how, outcome)


ensure_router()
header("kernels", "Edit a kernel and see at once what it does to a photograph. Point at a pixel to see its sum.")
lab()
st.divider()
for column, heading in zip(
    st.columns(3, gap="large"), ("What a kernel sees", "Signs and scales", "Borders"), strict=True
):
    with column:
        lesson.show("kernels", heading)
lesson.try_this("kernels")

"""Kernel lab: edit a kernel and see what it does to a photograph."""

import streamlit as st

from pages.shared import kernel_view as view
from pages.shared import lesson
from pages.shared.site import ensure_router, header


@st.fragment
def lab() -> None:
    """Picture, kernel and result; a fragment, so that an edited cell redraws nothing else."""
    picture, alt = view.choose_picture()
    before, middle, after = st.columns([4, 3, 4], gap="medium")
    with middle:
        st.markdown("**:orange[Kernel]**")
        kernel = view.choose_kernel()
        weights = view.edit_kernel()
    with st.container(horizontal=True):
        colour, flip, padding = view.choose_how()
    with before:
        view.show_original(picture, alt, colour)
    if weights is None:
        return
    with middle:
        if kernel:
            st.latex(kernel.formula)
            st.markdown(kernel.sees)
        lesson.note(view.sum_words(weights))
    try:
        result = view.filtered(picture, weights, colour, flip, padding)
    except ValueError as problem:
        st.error(str(problem))
        return
    with after:
        view.show_output(result, f"{kernel.name if kernel else 'your own kernel'} on: {alt}")
    view.choose_view(result)


ensure_router()
header("kernels", "Lay a kernel on a photograph. Change a number and watch the picture answer.")
lab()
st.divider()
left, right = st.columns(2, gap="large")
with left:
    lesson.show("kernels", "What a kernel sees")
with right:
    lesson.show("kernels", "The formula and the code")
lesson.try_this("kernels")

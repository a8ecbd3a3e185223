"""Convolution: step through one, number by number, in four views."""

import streamlit as st

from pages.parts.convolution.form import convolution_controls
from pages.parts.convolution.view import code, show, working
from pages.shared import lesson
from pages.shared.site import ensure_router, header


@st.fragment
def lab() -> None:
    """Controls, player, formula and code; a fragment, so that a changed setting redraws nothing else."""
    picked = convolution_controls()
    if picked is None:
        return
    try:
        sweep = picked.sweep()
        show(picked, sweep)
    except ValueError as problem:
        st.error(str(problem)[:1].upper() + str(problem)[1:])
        return
    how, program = st.columns(2, gap="large")
    with how:
        working(picked, sweep)
    with program:
        code(picked)


ensure_router()
header("convolution", "Slide a kernel over an input and watch every sum being made. Hover, click, type, or press play.")
lab()
st.divider()
headings = ("What happens here", "Two conventions", "One sum, four views")
for column, heading in zip(st.columns(3, gap="large"), headings, strict=True):
    with column:
        lesson.show("convolution", heading)
lesson.try_this("convolution")

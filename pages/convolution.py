"""Convolution: step through one, number by number, in four views."""

import streamlit as st

from pages.parts.convolution.form import choose_convolution
from pages.parts.convolution.view import show_code, show_convolution, show_formula
from pages.shared import lesson
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, show_header


@st.fragment
def show_lab() -> None:
    """Show controls, player, formula and code; a fragment, so that a changed setting redraws nothing else."""
    setup = choose_convolution()
    if setup is None:
        return
    try:
        sweep = setup.compute_sweep()
        show_convolution(setup, sweep)
    except ValueError as problem:
        show_problem(problem)
        return
    formula_column, code_column = st.columns(2, gap="large")
    with formula_column:
        show_formula(setup, sweep)
    with code_column:
        show_code(setup)


ensure_router()
show_header(
    "convolution", "Slide a kernel over an input and watch every sum being computed. Hover, click, type, or press play."
)
show_lab()
st.divider()
headings = ("What happens here", "Two conventions", "One sum, four views")
for column, heading in zip(st.columns(3, gap="large"), headings, strict=True):
    with column:
        lesson.show_section("convolution", heading)
lesson.show_try_this("convolution")

"""From scratch: the same operations from plain loops to the GPU, and a network of three layers checked by hand."""

import streamlit as st

from pages.components.heartbeat import schedule_rerun
from pages.parts.scratch.ladder import choose_sizes, current_climb, show_climb, show_climb_controls, show_code
from pages.parts.scratch.sanity import CHECKS, show_network_code
from pages.shared import lesson
from pages.shared.controls import choose_option
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, show_header


@st.fragment
def show_ladder() -> None:
    """Show sizes, estimate, start and stop, and the results as they arrive."""
    try:
        sizes = choose_sizes()
    except ValueError as problem:
        show_problem(problem)
        return
    climb, running = current_climb()
    show_climb_controls(sizes, climb, running)
    show_climb(climb, running)
    if running:
        schedule_rerun(0.4, key="scratch_heartbeat")


@st.fragment
def show_checks() -> None:
    """Show one sanity check at a time: only the chosen one is computed."""
    name = choose_option("Check", tuple(CHECKS), next(iter(CHECKS)), "scratch_check")
    question, show_check = CHECKS[name]
    st.markdown(f"##### {question}")
    show_check()
    show_network_code()


ensure_router()
show_header("scratch", "Write it yourself, then make it fast: four rungs of a ladder, timed side by side.")
show_ladder()
show_code()
st.divider()
st.header("Three layers by hand: is it right?", anchor=False)
lesson.show_section("scratch", "The network")
show_checks()
st.divider()
for column, heading in zip(st.columns(2, gap="large"), ("Why the ladder", "Why the checks"), strict=True):
    with column:
        lesson.show_section("scratch", heading)
lesson.show_try_this("scratch")

"""From scratch: the same operations from plain loops to the GPU, and a network of three layers checked by hand."""

import streamlit as st

from pages.components.heartbeat import heartbeat
from pages.parts.scratch.ladder import choose_sizes, climb_controls, code, current_climb, show_climb
from pages.parts.scratch.sanity import CHECKS, network_code
from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.site import ensure_router, header


@st.fragment
def ladder() -> None:
    """Sizes, estimate, start and stop, and the results as they come in."""
    try:
        sizes = choose_sizes()
    except ValueError as problem:
        st.error(str(problem)[:1].upper() + str(problem)[1:])
        return
    climb, running = current_climb()
    climb_controls(sizes, climb, running)
    show_climb(climb, running)
    if running:
        heartbeat(0.4, key="scratch_heartbeat")


@st.fragment
def checks() -> None:
    """One sanity check at a time: only the chosen one is computed."""
    name = choice("Check", tuple(CHECKS), next(iter(CHECKS)), "scratch_check")
    question, show = CHECKS[name]
    st.markdown(f"##### {question}")
    show()
    network_code()


ensure_router()
header("scratch", "Write it yourself, then make it fast: four rungs of a ladder, timed side by side.")
ladder()
code()
st.divider()
st.header("Three layers by hand: is it right?", anchor=False)
lesson.show("scratch", "The network")
checks()
st.divider()
for column, heading in zip(st.columns(2, gap="large"), ("Why the ladder", "Why the checks"), strict=True):
    with column:
        lesson.show("scratch", heading)
lesson.try_this("scratch")

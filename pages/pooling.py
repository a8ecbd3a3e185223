"""Pooling: step through it, see what is lost, and measure what it is good for."""

import streamlit as st

from cnn_core.matrices import examples
from pages.components.matrix_editor import matrix_input
from pages.components.player import player
from pages.parts.pooling.experiments import moving_pictures, photograph_back
from pages.parts.pooling.form import choose_pooling
from pages.parts.pooling.view import code, play, way_back, working
from pages.shared import lesson
from pages.shared.site import ensure_router, header


@st.fragment
def lab() -> None:
    """Controls, player, formula, code and the way back up; a fragment, so that a setting redraws nothing else."""
    pooling = choose_pooling()
    with st.container(width=480):
        x = matrix_input("Input", "pooling_input", examples.POOLING_INPUTS, role="input", max_rows=12, max_columns=12)
    if x is None:
        return
    try:
        data, ties, after = play(x, pooling)
    except ValueError as problem:
        st.error(str(problem)[:1].upper() + str(problem)[1:])
        return
    player(data, key="pooling_player", edits={"input": "pooling_input"})
    if ties:
        st.info(ties, icon=":material/balance:")
    how, program = st.columns(2, gap="large")
    with how:
        working(pooling, x, after)
    with program:
        code(pooling, x, after)
    st.divider()
    way_back(pooling, x)


@st.fragment
def experiments() -> None:
    """The same losses on a photograph, and the sensitivity to shifts measured."""
    photograph_back()
    st.divider()
    lesson.show("pooling", "Does it matter where things are?")
    moving_pictures()


ensure_router()
header(
    "pooling", "Slide a window and keep one number of each: the largest, the mean, the length. Hover, click, or play."
)
lab()
experiments()
st.divider()
for column, heading in zip(st.columns(3, gap="large"), ("What happens here", "Benefits", "Drawbacks"), strict=True):
    with column:
        lesson.show("pooling", heading)
lesson.try_this("pooling")

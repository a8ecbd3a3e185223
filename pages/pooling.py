"""Pooling: step through it, see what is lost, and measure what it is good for."""

import streamlit as st

from cnn_core.matrices import examples
from pages.components.matrix_editor import choose_matrix
from pages.components.player import show_player
from pages.parts.pooling.experiments import show_moving_pictures, show_unpooled_photograph
from pages.parts.pooling.form import choose_pooling
from pages.parts.pooling.view import player_data, show_code, show_formula, show_unpooling
from pages.shared import lesson
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, show_header


@st.fragment
def show_lab() -> None:
    """Show controls, player, formula, code and unpooling; a fragment, so that a setting redraws nothing else."""
    pooling = choose_pooling()
    with st.container(width=480):
        x = choose_matrix("Input", "pooling_input", examples.POOLING_INPUTS, role="input", max_rows=12, max_columns=12)
    if x is None:
        return
    try:
        data, ties, output_size = player_data(x, pooling)
    except ValueError as problem:
        show_problem(problem)
        return
    show_player(data, key="pooling_player", text_keys={"input": "pooling_input"})
    if ties:
        st.info(ties, icon=":material/balance:")
    formula_column, code_column = st.columns(2, gap="large")
    with formula_column:
        show_formula(pooling, x, output_size)
    with code_column:
        show_code(pooling, x, output_size)
    st.divider()
    show_unpooling(pooling, x)


@st.fragment
def show_experiments() -> None:
    """Show what pooling loses of a photograph, and measure its sensitivity to shifts."""
    show_unpooled_photograph()
    st.divider()
    lesson.show_section("pooling", "Does it matter where things are?")
    show_moving_pictures()


ensure_router()
show_header(
    "pooling",
    "Slide a window and keep one number from each place: maximum, mean or length. Hover, click, or press play.",
)
show_lab()
show_experiments()
st.divider()
for column, heading in zip(st.columns(3, gap="large"), ("What happens here", "Benefits", "Drawbacks"), strict=True):
    with column:
        lesson.show_section("pooling", heading)
lesson.show_try_this("pooling")

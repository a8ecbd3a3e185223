"""Backprop: a convolution, pooling and ReLU stepped backwards, term by term."""

import streamlit as st

from pages.components.player import show_player
from pages.parts.backprop.form import (
    BackpropCase,
    choose_convolution_settings,
    choose_input_and_kernel,
    choose_upstream_gradient,
    output_size,
)
from pages.parts.backprop.sandwich import POOLING_KINDS, STAGES, sandwich_player_data, show_stage_chain, trace_forward
from pages.parts.backprop.view import (
    FULL,
    GRADIENT_VIEWS,
    INPUT,
    WEIGHTS,
    player_data,
    show_check_table,
    show_code,
    show_formula,
    show_route_difference,
)
from pages.shared import lesson
from pages.shared.controls import choose_option
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, show_header


@st.fragment
def show_lab() -> None:
    """Show one convolution backwards: controls, player, formula and code; a fragment, so nothing else is redrawn."""
    settings = choose_convolution_settings()
    x, w = choose_input_and_kernel("backprop", "Three by three")
    if x is None or w is None:
        return
    try:
        size = output_size(x, w, settings)
    except ValueError as problem:
        show_problem(problem)
        return
    with st.container(width=480):
        dy = choose_upstream_gradient("∂L/∂O", "backprop_dy", size)
    if dy is None:
        return
    case = BackpropCase(x, w, dy, settings)
    view = choose_option(
        "Step through", tuple(GRADIENT_VIEWS), WEIGHTS, "backprop_way", "Forward, or back to one of the three."
    )
    edits = {"input": "backprop_x", "kernel": "backprop_w", "upstream": "backprop_dy"}
    show_player(player_data(view, x, w, dy, settings), key="backprop_player", text_keys={} if view == FULL else edits)
    if view in (INPUT, FULL):
        show_route_difference(case)
    formula_column, code_column = st.columns(2, gap="large")
    with formula_column:
        show_formula(view)
    with code_column:
        show_code(case)
    show_live_check(case)


@st.fragment
def show_live_check(case: BackpropCase) -> None:
    """Show three ways to the same gradients; last on the page, as the first time it waits for PyTorch to load."""
    show_check_table(case)


@st.fragment
def show_sandwich() -> None:
    """Show convolution, ReLU and pooling one after the other, forward and backward."""
    st.subheader("The sandwich: convolution, ReLU, pooling", anchor=False)
    x, w = choose_input_and_kernel("sandwich", "Five by five")
    with st.container(horizontal=True, gap="medium"):
        pool = choose_option("Pooling", POOLING_KINDS, POOLING_KINDS[0], "sandwich_pool")
        size = choose_option(
            "Window", (2, 3), 2, "sandwich_window", "Rows and columns of the pooling window, and its stride."
        )
        bias = st.number_input("Bias b", -99.0, 99.0, 0.0, key="sandwich_bias", bind="query-params", width=120)
    if x is None or w is None:
        return
    try:
        pooled = trace_forward(x, w, bias, pool, size).output_size
    except ValueError as problem:
        show_problem(problem)
        return
    with st.container(width=480):
        dy = choose_upstream_gradient("∂L/∂P", "sandwich_dy", pooled)
    if dy is None:
        return
    stages, numbers = sandwich_player_data(x, w, bias, pool, size, dy)
    show_stage_chain(numbers)
    stage = choose_option(
        "Open a stage", STAGES, STAGES[0], "sandwich_stage", "Forward on the left, backward on the right."
    )
    show_player(stages[stage], key="sandwich_player")


ensure_router()
show_header(
    "backprop", "Follow the gradient back through a convolution, term by term. Hover, click, type, or press play."
)
show_lab()
st.divider()
show_sandwich()
st.divider()
for column, heading in zip(
    st.columns(3, gap="large"), ("What happens here", "Convolutions both ways", "Pooling and ReLU"), strict=True
):
    with column:
        lesson.show_section("backprop", heading)
lesson.show_try_this("backprop")

"""Backprop: a convolution, pooling and ReLU stepped backwards, term by term."""

import streamlit as st

from pages.components.player import player
from pages.parts.backprop.form import (
    Backward,
    convolution_settings,
    input_and_kernel,
    output_size,
    upstream,
)
from pages.parts.backprop.sandwich import POOLS, STAGES, chain, forward, play_sandwich
from pages.parts.backprop.view import FULL, INPUT, WAYS, WEIGHTS, both_the_same, check_table, code, formula, play
from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.site import ensure_router, header


@st.fragment
def lab() -> None:
    """One convolution backwards: controls, player, formula and code; a fragment of its own."""
    settings = convolution_settings()
    x, w = input_and_kernel("backprop", "Three by three")
    if x is None or w is None:
        return
    try:
        size = output_size(x, w, settings)
    except ValueError as problem:
        st.error(str(problem)[:1].upper() + str(problem)[1:])
        return
    with st.container(width=480):
        dy = upstream("∂L/∂O", "backprop_dy", size)
    if dy is None:
        return
    case = Backward(x, w, dy, settings)
    way = choice("Step through", tuple(WAYS), WEIGHTS, "backprop_way", "Forward, or back to one of the three.")
    edits = {"input": "backprop_x", "kernel": "backprop_w", "upstream": "backprop_dy"}
    player(play(way, x, w, dy, settings), key="backprop_player", edits={} if way == FULL else edits)
    if way in (INPUT, FULL):
        both_the_same(case)
    how, program = st.columns(2, gap="large")
    with how:
        formula(way)
    with program:
        code(case)
    live_check(case)


@st.fragment
def live_check(case: Backward) -> None:
    """Three ways to the same gradients; last, as it waits for PyTorch the first time."""
    check_table(case)


@st.fragment
def sandwich() -> None:
    """Convolution, ReLU and pooling end to end."""
    st.subheader("The sandwich: convolution, ReLU, pooling", anchor=False)
    x, w = input_and_kernel("sandwich", "Five by five")
    with st.container(horizontal=True, gap="medium"):
        pool = choice("Pooling", POOLS, POOLS[0], "sandwich_pool")
        size = choice("Window", (2, 3), 2, "sandwich_window", "Rows and columns of the pooling window, and its stride.")
        bias = st.number_input("Bias b", -99.0, 99.0, 0.0, key="sandwich_bias", bind="query-params", width=120)
    if x is None or w is None:
        return
    try:
        pooled = forward(x, w, bias, pool, size).pooled
    except ValueError as problem:
        st.error(str(problem)[:1].upper() + str(problem)[1:])
        return
    with st.container(width=480):
        dy = upstream("∂L/∂P", "sandwich_dy", pooled)
    if dy is None:
        return
    stages, numbers = play_sandwich(x, w, bias, pool, size, dy)
    chain(numbers)
    stage = choice("Open a stage", STAGES, STAGES[0], "sandwich_stage", "Forward on the left, backward on the right.")
    player(stages[stage], key="sandwich_player")


ensure_router()
header("backprop", "Follow the gradient back through a convolution, term by term. Hover, click, type, or press play.")
lab()
st.divider()
sandwich()
st.divider()
for column, heading in zip(
    st.columns(3, gap="large"), ("What happens here", "Convolutions both ways", "Pooling and ReLU"), strict=True
):
    with column:
        lesson.show("backprop", heading)
lesson.try_this("backprop")

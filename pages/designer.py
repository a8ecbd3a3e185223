"""Network designer: build a network layer by layer, see every number of it, predict them, take it home."""

import streamlit as st

from cnn_core.networks import PRESETS
from cnn_core.networks.draft import Draft, examine
from cnn_core.networks.quiz import FIELD, SHAPE
from pages.components.network_table import network_table
from pages.parts.designer import form, table, view
from pages.parts.designer import session as state
from pages.parts.designer.files import exporting, importing
from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.design import DESIGN, DESIGNED
from pages.shared.site import ensure_router, header, page


def controls(draft: Draft, fits: bool) -> str:
    """Where to begin, the size of the input, undo, files; returns the column to predict."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Begin with", PRESETS, index=None, key="designer_preset", on_change=state.take_preset, width=170,
            placeholder=draft.name,
        )  # fmt: skip
        for label, axis in (("Channels", 0), ("Height", 1), ("Width", 2)):
            key = state.key_of(f"input_{axis}")
            size = draft.input_shape[axis]
            st.number_input(label, 1, 4096, size, key=key, on_change=take_input, args=(axis, key), width=96)
        back, forth = state.can_undo()
        st.button("Undo", icon=":material/undo:", key="designer_undo", on_click=state.undo, disabled=not back)
        st.button("Redo", icon=":material/redo:", key="designer_redo", on_click=state.redo, disabled=not forth)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hint = "The column is hidden: fill it in yourself."
        predict = choice("Predict", table.PREDICTABLE, table.NOTHING, "designer_predict", hint)
        importing()
        exporting(draft, fits)
    return predict


def take_input(axis: int, key: str) -> None:
    """Another size of the input along one axis."""
    if key != state.key_of(f"input_{axis}"):
        return  # a control that is gone
    old = state.current()
    shape = list(old.input_shape)
    shape[axis] = int(st.session_state[key])
    state.write(Draft(old.name, (shape[0], shape[1], shape[2]), old.layers))
    state.taken_by_control()


@st.fragment
def bench() -> None:
    """The table, and what is done with it."""
    draft = state.current()
    lines = examine(draft)
    fits = bool(lines) and not any(line.problem for line in lines)
    predict = controls(draft, fits)
    problem = st.session_state.pop(state.PROBLEM, "")
    if problem:
        st.error(problem)
    path = state.chosen(draft)
    left, right = st.columns([3, 1], gap="small")
    with left:
        data = table.table_data(draft, lines, path, predict)
        network_table(data, key="designer_table", act=state.act)
    with right, st.container(border=True):
        form.layer_form(draft, lines, told=predict != SHAPE)
        st.divider()
        form.add_form(draft, lines)
    if fits:
        view.totals(draft)
        st.session_state[DESIGNED] = draft.to_json()
        query = {"train_network": DESIGN}
        st.page_link(page("train"), label="Train it", icon=":material/model_training:", query_params=query)
    line = next((line for line in lines if line.path == path), None)
    if line is not None and predict not in (SHAPE, FIELD):  # it would say the answers
        st.subheader("What a unit sees", anchor=False)
        view.receptive_field(draft, line, fits)


ensure_router()
header(
    "designer", "Build a network layer by layer: every shape, count and receptive field at once, and what does not fit."
)
bench()
lesson.try_this("designer")

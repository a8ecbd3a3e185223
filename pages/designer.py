"""Network designer: build a network layer by layer, see every number of it, predict them, take it home."""

import streamlit as st

from cnn_core.networks import PRESETS
from cnn_core.networks.draft import Draft, examine_draft
from cnn_core.networks.quiz import FIELD, SHAPE
from pages.components.network_table import show_network_table
from pages.parts.designer import form, session, table, view
from pages.parts.designer.files import show_export, show_import
from pages.shared import lesson
from pages.shared.controls import choose_option
from pages.shared.design import DESIGN_KEY, DESIGN_TITLE
from pages.shared.site import ensure_router, get_page, show_header


def show_controls(draft: Draft, fits: bool) -> str:
    """Show the presets, the input size, undo and files; return the column to predict."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Begin with",
            PRESETS,
            index=None,
            key="designer_preset",
            on_change=session.apply_preset,
            width=170,
            placeholder=draft.name,
        )
        for label, axis in (("Channels", 0), ("Height", 1), ("Width", 2)):
            key = session.control_key(f"input_{axis}")
            size = draft.input_shape[axis]
            st.number_input(label, 1, 4096, size, key=key, on_change=apply_input_size, args=(axis, key), width=96)
        show_undo_buttons()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hint = "The column is hidden: fill it in yourself."
        predict = choose_option("Predict", table.PREDICTABLE, table.NOTHING, "designer_predict", hint)
        show_import()
        show_export(draft, fits)
    return predict


def show_undo_buttons() -> None:
    """Show the buttons for one step back and one step forward."""
    network = session.NETWORK_TEXT
    st.button("Undo", icon=":material/undo:", key="designer_undo", on_click=network.undo, disabled=not network.can_undo)
    st.button("Redo", icon=":material/redo:", key="designer_redo", on_click=network.redo, disabled=not network.can_redo)


def apply_input_size(axis: int, key: str) -> None:
    """Apply the size that was typed for one axis of the input: channels, height or width."""
    if key != session.control_key(f"input_{axis}"):
        return  # a control that is gone, see `pages.shared.fresh`
    old = session.current_draft()
    shape = list(old.input_shape)
    shape[axis] = int(st.session_state[key])
    session.store_draft(Draft(old.name, (shape[0], shape[1], shape[2]), old.layers))
    session.mark_as_drawn()


@st.fragment
def show_workbench() -> None:
    """Show the table with its controls, the form, the totals and the receptive field."""
    draft = session.current_draft()
    lines = examine_draft(draft)
    fits = bool(lines) and not any(line.problem for line in lines)
    predict = show_controls(draft, fits)
    problem = st.session_state.pop(session.PROBLEM_KEY, "")
    if problem:
        st.error(problem)
    path = session.chosen_path(draft)
    left, right = st.columns([3, 1], gap="small")
    with left:
        data = table.table_data(draft, lines, path, predict)
        show_network_table(data, key="designer_table", on_action=session.apply_action)
    with right, st.container(border=True):
        form.show_layer_form(draft, lines, show_shape=predict != SHAPE)
        st.divider()
        form.show_add_form(draft, lines)
    if fits:
        view.show_totals(draft)
        st.session_state[DESIGN_KEY] = draft.to_json()
        query = {"train_network": DESIGN_TITLE}
        st.page_link(get_page("train"), label="Train it", icon=":material/model_training:", query_params=query)
    line = next((line for line in lines if line.path == path), None)
    if line is not None and predict not in (SHAPE, FIELD):  # the section would give the answers away
        st.subheader("What a unit sees", anchor=False)
        view.show_receptive_field(draft, line, fits)


ensure_router()
show_header(
    "designer", "Build a network layer by layer: every shape, count and receptive field at once, and what does not fit."
)
show_workbench()
lesson.show_try_this("designer")

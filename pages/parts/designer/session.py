"""The network being designed, as JSON in the link: read, rewritten, undone; and which of its layers is chosen."""

import streamlit as st

from cnn_core.networks import PRESETS, preset
from cnn_core.networks.draft import (
    Draft,
    LayerPath,
    Layers,
    duplicate_layer,
    insert_layer,
    layer_at,
    move_layer,
    read_draft,
    remove_layer,
)
from cnn_core.networks.layers import Layer
from pages.shared.undo import History, record_change, redo_change, undo_change

NETWORK_KEY, CHOSEN_KEY, HISTORY_KEY = "designer_network", "designer_chosen", "designer_history"
PROBLEM_KEY, LAST_DRAFT_KEY = "designer_problem", "designer_last"
FORM_VERSION_KEY, DRAWN_KEY = "designer_form", "designer_drawn"
FIRST_PRESET = "B-base"


def preset_draft(name: str) -> Draft:
    """A preset to begin with."""
    spec = preset(name)
    return Draft(spec.name, spec.input_shape, spec.layers)


FIRST_JSON = preset_draft(FIRST_PRESET).to_json()


def current_json() -> str:
    """The JSON; on the first run the link has it, as its widget comes further down the page."""
    return str(st.session_state.get(NETWORK_KEY) or st.query_params.get(NETWORK_KEY) or FIRST_JSON)


def current_draft() -> Draft:
    """The network. While the text is no network, the last one stays, and `problem` says what is wrong."""
    try:
        draft = read_draft(current_json())
    except ValueError as error:
        store_problem(str(error))
        last_draft: Draft | None = st.session_state.get(LAST_DRAFT_KEY)
        return last_draft or preset_draft(FIRST_PRESET)
    st.session_state[LAST_DRAFT_KEY] = draft
    return draft


def store_problem(problem: str) -> None:
    """Something could not be done: said at the next drawing of the page."""
    st.session_state[PROBLEM_KEY] = problem


def store_draft(draft: Draft) -> None:
    """Another network, as one step that can be undone."""
    new = draft.to_json()
    st.session_state[HISTORY_KEY] = record_change(_current_history(), new)
    st.session_state[NETWORK_KEY] = new


def store_layers(layers: Layers) -> None:
    """Other layers."""
    draft = current_draft()
    store_draft(Draft(draft.name, draft.input_shape, layers))


def control_key(name: str) -> str:
    """The key of a control that shows a part of the network: a new one when the network changed by other means.

    A control that kept its key could hand back what it showed before an undo, when a click overtakes the drawing.
    """
    if st.session_state.get(DRAWN_KEY) != current_json():
        st.session_state[FORM_VERSION_KEY] = st.session_state.get(FORM_VERSION_KEY, 0) + 1
        st.session_state[DRAWN_KEY] = current_json()
    return f"designer_{name}_{st.session_state[FORM_VERSION_KEY]}"


def mark_as_drawn() -> None:
    """The network was just changed by one of its controls, which goes on showing it."""
    st.session_state[DRAWN_KEY] = current_json()


def chosen_path(draft: Draft) -> LayerPath | None:
    """The path of the chosen layer; None when there is none."""
    path = parse_path(st.session_state.get(CHOSEN_KEY, "0"))
    try:
        layer_at(draft.layers, path)
    except ValueError:
        return (0,) if draft.layers else None
    return path


def parse_path(text: str) -> LayerPath:
    """1.0.2 → (1, 0, 2); empty for anything else."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() and len(part) < 6 for part in parts) else ()


def format_path(path: LayerPath | None) -> str:
    """(1, 0, 2) → 1.0.2."""
    return ".".join(map(str, path or ()))


def select_layer(path: LayerPath) -> None:
    """Choose a layer."""
    st.session_state[CHOSEN_KEY] = format_path(path)


def apply_to_chosen(action: str) -> None:
    """What was done to the chosen layer."""
    apply_action(action, format_path(chosen_path(current_draft())))


def apply_action(action: str, path_text: str) -> None:
    """What was done to a line of the table."""
    path, layers = parse_path(path_text), current_draft().layers
    try:
        layer_at(layers, path)
        match action:
            case "choose":
                select_layer(path)
            case "up" | "down":
                step = -1 if action == "up" else 1
                store_layers(move_layer(layers, path, step))
                target = (*path[:-1], max(0, path[-1] + step))
                select_layer(target if _layer_exists(target) else path)
            case "duplicate":
                store_layers(duplicate_layer(layers, path))
                select_layer((*path[:-1], path[-1] + 1))
            case "delete":
                store_layers(remove_layer(layers, path))
                select_layer(path if _layer_exists(path) else (*path[:-1], max(0, path[-1] - 1)))
    except ValueError as problem:
        store_problem(str(problem))


def _layer_exists(path: LayerPath) -> bool:
    try:
        layer_at(current_draft().layers, path)
    except ValueError:
        return False
    return True


def add_layer(layer: Layer, path: LayerPath) -> None:
    """A new layer at a path, which is then chosen."""
    try:
        store_layers(insert_layer(current_draft().layers, path, layer))
    except ValueError as problem:
        store_problem(str(problem))
        return
    select_layer(path)


def apply_preset() -> None:
    """Begin anew from a ready-made network."""
    name = st.session_state.designer_preset
    if name in PRESETS:
        store_draft(preset_draft(name))
        select_layer((0,))


def undo() -> None:
    """One step back."""
    _store_history(undo_change(_current_history()))


def redo() -> None:
    """One step forward again."""
    _store_history(redo_change(_current_history()))


def can_undo_and_redo() -> tuple[bool, bool]:
    """Whether there is a step back, and one forward."""
    history = _current_history()
    return bool(history.past), bool(history.future)


def _current_history() -> History:
    now = current_json()
    history = st.session_state.get(HISTORY_KEY)
    return history if history is not None and history.now == now else record_change(history or History(now), now)


def _store_history(history: History) -> None:
    st.session_state[HISTORY_KEY], st.session_state[NETWORK_KEY] = history, history.now

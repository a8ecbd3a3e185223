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
from pages.shared.fresh import RevisedKey
from pages.shared.undo import UndoText

NETWORK_KEY = "designer_network"
CHOSEN_KEY = "designer_chosen"
PROBLEM_KEY = "designer_problem"
LAST_DRAFT_KEY = "designer_last"
FIRST_PRESET = "B-base"


def preset_draft(name: str) -> Draft:
    """A preset to begin with."""
    spec = preset(name)
    return Draft(spec.name, spec.input_shape, spec.layers)


NETWORK_TEXT = UndoText(NETWORK_KEY, preset_draft(FIRST_PRESET).to_json())
"""The network as JSON, which the link holds."""
CONTROL_KEYS = RevisedKey("designer")
"""The keys of the controls that show a part of the network."""


def current_draft() -> Draft:
    """The network. While the text is no network, the last one stays, and `problem` says what is wrong."""
    try:
        draft = read_draft(NETWORK_TEXT.text)
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
    NETWORK_TEXT.write(draft.to_json())


def store_layers(layers: Layers) -> None:
    """Other layers."""
    draft = current_draft()
    store_draft(Draft(draft.name, draft.input_shape, layers))


def control_key(name: str) -> str:
    """Return the key of a control that shows a part of the network: a new one when the network changed otherwise."""
    return CONTROL_KEYS.key_for(NETWORK_TEXT.text, name)


def mark_as_drawn() -> None:
    """Keep the keys of the controls: one of them just changed the network, and goes on showing it."""
    CONTROL_KEYS.keep_key(NETWORK_TEXT.text)


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

"""The network being designed, as JSON in the link, and which of its layers is chosen."""

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
    """Return the draft of a preset."""
    spec = preset(name)
    return Draft(spec.name, spec.input_shape, spec.layers)


NETWORK_TEXT = UndoText(NETWORK_KEY, preset_draft(FIRST_PRESET).to_json())
"""The network as JSON, which the link holds."""
CONTROL_KEYS = RevisedKey("designer")
"""The keys of the controls that show a part of the network."""


def current_draft() -> Draft:
    """Return the network; while the text describes none, the last network, and store what is wrong with the text."""
    try:
        draft = read_draft(NETWORK_TEXT.text)
    except ValueError as error:
        store_problem(str(error))
        last_draft: Draft | None = st.session_state.get(LAST_DRAFT_KEY)
        return last_draft or preset_draft(FIRST_PRESET)
    st.session_state[LAST_DRAFT_KEY] = draft
    return draft


def store_problem(problem: str) -> None:
    """Keep an error sentence for the next run of the page, which shows it."""
    st.session_state[PROBLEM_KEY] = problem


def store_draft(draft: Draft) -> None:
    """Replace the network, as one step that can be undone."""
    NETWORK_TEXT.write(draft.to_json())


def store_layers(layers: Layers) -> None:
    """Replace the layers of the network, as one step that can be undone."""
    draft = current_draft()
    store_draft(Draft(draft.name, draft.input_shape, layers))


def control_key(name: str) -> str:
    """Return the key of a control that shows a part of the network: a new one when the network changed otherwise."""
    return CONTROL_KEYS.key_for(NETWORK_TEXT.text, name)


def mark_as_drawn() -> None:
    """Keep the keys of the controls: one of them just changed the network, and goes on showing it."""
    CONTROL_KEYS.keep_key(NETWORK_TEXT.text)


def chosen_path(draft: Draft) -> LayerPath | None:
    """Return the path of the chosen layer, or of the first one; None when the network has no layers."""
    path = parse_path(st.session_state.get(CHOSEN_KEY, "0"))
    try:
        layer_at(draft.layers, path)
    except ValueError:
        return (0,) if draft.layers else None
    return path


def parse_path(text: str) -> LayerPath:
    """Return the path that a text such as "1.0.2" stands for, here (1, 0, 2); empty for any other text."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() and len(part) < 6 for part in parts) else ()


def format_path(path: LayerPath | None) -> str:
    """Return a path as text: (1, 0, 2) as "1.0.2"."""
    return ".".join(map(str, path or ()))


def select_layer(path: LayerPath) -> None:
    """Choose the layer at `path`."""
    st.session_state[CHOSEN_KEY] = format_path(path)


def apply_to_chosen(action: str) -> None:
    """Apply an action ("up", "down", "duplicate", "delete") to the chosen layer."""
    apply_action(action, format_path(chosen_path(current_draft())))


def apply_action(action: str, path_text: str) -> None:
    """Apply an action to the layer at a path written as text; "choose" makes it the chosen one."""
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
    """Insert a layer at `path` and choose it; store a problem where it cannot stand there."""
    try:
        store_layers(insert_layer(current_draft().layers, path, layer))
    except ValueError as problem:
        store_problem(str(problem))
        return
    select_layer(path)


def apply_preset() -> None:
    """Replace the network by the preset chosen in the control."""
    name = st.session_state.designer_preset
    if name in PRESETS:
        store_draft(preset_draft(name))
        select_layer((0,))

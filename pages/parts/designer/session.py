"""The network being designed, as JSON in the link: read, rewritten, undone; and which of its layers is chosen."""

import streamlit as st

from cnn_core.networks import PRESETS, preset
from cnn_core.networks.draft import (
    Draft,
    Layers,
    Path,
    duplicated,
    inserted,
    layer_at,
    moved,
    read_draft,
    removed,
)
from cnn_core.networks.layers import Layer
from pages.shared.undo import History, changed, redone, undone

TEXT, CHOSEN, HISTORY = "designer_network", "designer_chosen", "designer_history"
PROBLEM, LAST = "designer_problem", "designer_last"
FORM, DRAWN = "designer_form", "designer_drawn"
START = "B-base"


def as_draft(name: str) -> Draft:
    """A preset to begin with."""
    spec = preset(name)
    return Draft(spec.name, spec.input_shape, spec.layers)


FIRST = as_draft(START).to_json()


def text() -> str:
    """The JSON; on the first run the link has it, as its widget comes further down the page."""
    return str(st.session_state.get(TEXT) or st.query_params.get(TEXT) or FIRST)


def current() -> Draft:
    """The network. While the text is no network, the last one stays, and `problem` says what is wrong."""
    try:
        draft = read_draft(text())
    except ValueError as error:
        say(str(error))
        kept: Draft | None = st.session_state.get(LAST)
        return kept or as_draft(START)
    st.session_state[LAST] = draft
    return draft


def say(problem: str) -> None:
    """Something could not be done: said at the next drawing of the page."""
    st.session_state[PROBLEM] = problem


def write(draft: Draft) -> None:
    """Another network, as one step that can be undone."""
    new = draft.to_json()
    st.session_state[HISTORY] = changed(_history(), new)
    st.session_state[TEXT] = new


def write_layers(layers: Layers) -> None:
    """Other layers."""
    draft = current()
    write(Draft(draft.name, draft.input_shape, layers))


def key_of(name: str) -> str:
    """The key of a control that shows a part of the network: a new one when the network changed by other means.

    A control that kept its key could hand back what it showed before an undo, when a click overtakes the drawing.
    """
    if st.session_state.get(DRAWN) != text():
        st.session_state[FORM] = st.session_state.get(FORM, 0) + 1
        st.session_state[DRAWN] = text()
    return f"designer_{name}_{st.session_state[FORM]}"


def taken_by_control() -> None:
    """The network was just changed by one of its controls, which goes on showing it."""
    st.session_state[DRAWN] = text()


def chosen(draft: Draft) -> Path | None:
    """The path of the chosen layer; None when there is none."""
    path = as_path(st.session_state.get(CHOSEN, "0"))
    try:
        layer_at(draft.layers, path)
    except ValueError:
        return (0,) if draft.layers else None
    return path


def as_path(words: str) -> Path:
    """1.0.2 → (1, 0, 2); empty for anything else."""
    parts = words.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() and len(part) < 6 for part in parts) else ()


def as_words(path: Path | None) -> str:
    """(1, 0, 2) → 1.0.2."""
    return ".".join(map(str, path or ()))


def choose(path: Path) -> None:
    """Choose a layer."""
    st.session_state[CHOSEN] = as_words(path)


def act_on_chosen(what: str) -> None:
    """What was done to the chosen layer."""
    act(what, as_words(chosen(current())))


def act(what: str, words: str) -> None:
    """What was done to a line of the table."""
    path, layers = as_path(words), current().layers
    try:
        layer_at(layers, path)
        match what:
            case "choose":
                choose(path)
            case "up" | "down":
                by = -1 if what == "up" else 1
                write_layers(moved(layers, path, by))
                target = (*path[:-1], max(0, path[-1] + by))
                choose(target if _exists(target) else path)
            case "duplicate":
                write_layers(duplicated(layers, path))
                choose((*path[:-1], path[-1] + 1))
            case "delete":
                write_layers(removed(layers, path))
                choose(path if _exists(path) else (*path[:-1], max(0, path[-1] - 1)))
    except ValueError as problem:
        say(str(problem))


def _exists(path: Path) -> bool:
    try:
        layer_at(current().layers, path)
    except ValueError:
        return False
    return True


def add(layer: Layer, path: Path) -> None:
    """A new layer at a path, which is then chosen."""
    try:
        write_layers(inserted(current().layers, path, layer))
    except ValueError as problem:
        say(str(problem))
        return
    choose(path)


def take_preset() -> None:
    """Begin anew from a ready-made network."""
    name = st.session_state.designer_preset
    if name in PRESETS:
        write(as_draft(name))
        choose((0,))


def undo() -> None:
    """One step back."""
    _travel(undone(_history()))


def redo() -> None:
    """One step forward again."""
    _travel(redone(_history()))


def can_undo() -> tuple[bool, bool]:
    """Whether there is a step back, and one forward."""
    history = _history()
    return bool(history.past), bool(history.future)


def _history() -> History:
    now = text()
    history = st.session_state.get(HISTORY)
    return history if history is not None and history.now == now else changed(history or History(now), now)


def _travel(history: History) -> None:
    st.session_state[HISTORY], st.session_state[TEXT] = history, history.now

"""The player: one client-side component that shows any trace, a frame per step and no server round trip."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from cnn_core.matrices.text import replace_words
from cnn_core.trace.player_data import PlayedGrid
from pages.components.common import register_component
from pages.components.player.payload import PlayerData, PlayerEdit, PlayerPayload

MAX_REPLACED = 20
"""Edits by which a text's own widget may be late: more are never under way at once."""

_component = register_component(
    "cnn_lab_player",
    Path(__file__).parent / "player.js",
    '<div class="player" role="group" aria-label="Step-by-step player"></div>',
)


def show_player(data: PlayerData, *, key: str, text_keys: Mapping[str, str] | None = None) -> None:
    """Show a trace: what `cnn_core.trace.play_data` makes of it, with the page's notes.

    The grids named in `text_keys` can be edited in place: the state under their text key is then rewritten.
    """
    texts = text_keys or {}
    seen_key, texts_key = f"{key}_seen", f"{key}_texts"

    def store_edits() -> None:
        grids = {grid["name"]: grid for grid in data["grids"]}
        for edit in st.session_state[key].edited or []:
            # made again even when seen: a key typed before the answer came brings back the text of before
            if edit["grid"] in texts:
                st.session_state[seen_key] = edit["number"]
                text_key = texts[edit["grid"]]
                drawn, replaced = st.session_state[texts_key][text_key]
                text = latest_text(st.session_state[text_key], drawn, replaced)
                st.session_state[text_key] = apply_edit(text, grids[edit["grid"]], edit)
                st.session_state[texts_key][text_key] = (drawn, (*replaced, text))

    st.session_state[texts_key] = {
        text_key: track_drawn_text(
            st.session_state.get(text_key, ""), st.session_state.get(texts_key, {}).get(text_key)
        )
        for text_key in texts.values()
    }
    payload: PlayerPayload = {**data, "editable": list(texts), "seen": st.session_state.get(seen_key, 0)}
    _component(data=payload, key=key, on_edited_change=store_edits)


def track_drawn_text(text: str, previous: tuple[str, tuple[str, ...]] | None) -> tuple[str, tuple[str, ...]]:
    """Return the text that a grid is drawn from, and those that edits replaced since it last changed elsewhere.

    `previous` is what this returned for the drawing before, None for the first drawing.
    """
    replaced = previous[1] if previous else ()
    return (text, ()) if text in replaced or not previous else (text, replaced[-MAX_REPLACED:])


def latest_text(text: str, drawn: str, replaced: tuple[str, ...]) -> str:
    """Return the text to make an edit in: `drawn` where the page has sent a text that an edit has `replaced`.

    The player may know an answer earlier than the text's own widget, which then still sends its old text.
    """
    return drawn if text in replaced and drawn not in replaced else text


def apply_edit(text: str, grid: PlayedGrid, edit: PlayerEdit) -> str:
    """Return the text that a grid was made from after an edit of some cells, or of all of it by a pasted block."""
    if "block" in edit:
        return str(edit["block"])
    return replace_words(text, {source_cell(grid, index): word for index, word in edit["cells"]})


def source_cell(grid: PlayedGrid, index: int) -> tuple[int, int, int]:
    """Return plane, row and column, in the text that a grid was made from, of the cell at `index`."""
    top, _, left, _ = grid["padding"]
    plane, inside = divmod(index, grid["rows"] * grid["columns"])
    row, column = divmod(inside, grid["columns"])
    if grid["rotated"]:
        return plane, grid["rows"] - 1 - row, grid["columns"] - 1 - column
    return plane, row - top, column - left

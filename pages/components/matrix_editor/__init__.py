"""Widgets that return matrices: named examples, a field to type or paste into, and a grid of editable cells."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.matrices.examples import example_name
from cnn_core.matrices.text import EMPTY_CELL, clean_word, format_matrix, parse_matrix, split_matrix
from pages.components.common import register_component

MAX_SHOWN = 16
"""Rows and columns: a link may hold thousands of words, and a larger grid could not be edited."""

_cell_component = register_component(
    "cnn_lab_matrix_editor", Path(__file__).parent / "matrix_editor.js", '<div class="editor"></div>'
)


@dataclass(frozen=True)
class UndoActions:
    """What Ctrl+Z and Ctrl+Y do in the cells; a new `revision` tells the cells that an edit was taken back."""

    undo: Callable[[], None]
    redo: Callable[[], None]
    revision: int


class MatrixEditorPayload(TypedDict):
    """What matrix_editor.js draws: the words of the cells, row by row; sizes of 0 cannot be changed."""

    cells: list[list[str]]
    label: str
    role: Literal["input", "kernel"]
    max_rows: int
    max_columns: int
    undo: bool
    revision: int


def show_cell_editor(
    label: str,
    text: str,
    *,
    key: str,
    on_edit: Callable[[str, str], None],
    role: Literal["input", "kernel"],
    max_rows: int = 0,
    max_columns: int = 0,
    undo_actions: UndoActions | None = None,
) -> None:
    """Show editable cells over a matrix `text`; `on_edit` gets the new text after every key, and the gesture.

    The gesture is a name that all keys typed into one cell without a pause have in common.
    With `max_rows` and `max_columns` above 0, rows and columns can be added up to that size, and removed.
    """

    def apply_edit() -> None:
        edited = st.session_state[key].edited
        if edited:
            rows = [" ".join(clean_word(cell) for cell in row) for row in edited["rows"]]
            on_edit("; ".join(rows), f"cells {edited['gesture']}")

    def step_history() -> None:
        if undo_actions:
            {"undo": undo_actions.undo, "redo": undo_actions.redo}.get(st.session_state[key].travelled, lambda: None)()

    rows = [row[:MAX_SHOWN] for row in split_matrix(text)[:MAX_SHOWN]]
    cells = [["" if word == EMPTY_CELL else word for word in row] for row in rows]
    payload: MatrixEditorPayload = {
        "cells": cells or [["0"]],
        "label": label,
        "role": role,
        "max_rows": max_rows,
        "max_columns": max_columns,
        "undo": undo_actions is not None,
        "revision": undo_actions.revision if undo_actions else 0,
    }
    _cell_component(data=payload, key=key, on_edited_change=apply_edit, on_travelled_change=step_history)


def show_matrix_editor(
    label: str, text: str, *, text_key: str, role: Literal["input", "kernel"], max_rows: int = 0, max_columns: int = 0
) -> None:
    """Show editable cells over the text in the widget state under `text_key`."""

    def store_text(new: str, _gesture: str) -> None:
        st.session_state[text_key] = new

    show_cell_editor(
        label, text, key=f"{text_key}_cells", on_edit=store_text, role=role, max_rows=max_rows, max_columns=max_columns
    )


def choose_matrix(
    label: str,
    key: str,
    examples: dict[str, NDArray[np.float64]],
    *,
    role: Literal["input", "kernel"],
    max_rows: int,
    max_columns: int,
) -> NDArray[np.float64] | None:
    """Show a choice of named matrices and an editor; return the matrix, float64 (rows, columns).

    It is kept as text in the URL under `key`, the only source of truth. Returns None while the text is no matrix, and
    shows the reason beside the control.
    """
    name = label[0].lower() + label[1:]
    row = st.container(horizontal=True, vertical_alignment="bottom")
    picker = row.container()
    with row.popover(f"Edit the {name}", icon=":material/edit:"):
        cells = st.container()
        text = st.text_area(
            "Type or paste",
            format_matrix(next(iter(examples.values()))),
            key=key,
            bind="query-params",
            help="Rows end with ; or a new line. Fractions such as 1/9 work.",
        )
    with cells:
        show_matrix_editor(label, text, text_key=key, role=role, max_rows=max_rows, max_columns=max_columns)
    with picker:
        values = None
        problem = ""
        try:
            values = parse_matrix(text, name=name, max_rows=max_rows, max_columns=max_columns)
        except ValueError as error:
            problem = str(error)
        _show_example_picker(label, key, examples, values)
    if problem:
        st.error(problem)
    return values


def _show_example_picker(
    label: str, key: str, examples: dict[str, NDArray[np.float64]], values: NDArray[np.float64] | None
) -> None:
    """Show a select box that says which example the matrix is, and writes the chosen one into the text."""
    picker_key = f"{key}_example"

    def apply_example() -> None:
        if st.session_state[picker_key]:
            st.session_state[key] = format_matrix(examples[st.session_state[picker_key]])

    st.session_state[picker_key] = None if values is None else example_name(values, examples)
    st.selectbox(label, list(examples), key=picker_key, on_change=apply_example, placeholder="Your own numbers")

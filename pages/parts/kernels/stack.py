"""The kernels of the lab as one text, parted by `|`: read, rewritten, undone; it stands in the link."""

import time
from dataclasses import dataclass

import streamlit as st

from cnn_core.kernels.families import Weights
from cnn_core.kernels.notation import Kernel, Recipe, read_kernel, recipe, recognise, words_of
from cnn_core.matrices.text import BETWEEN_PLANES, format_matrix, split_matrix
from pages.shared.fresh import note_drawn, was_chosen
from pages.shared.undo import History, changed, redone, undone

TEXT, SLOT = "kernels_weights", "kernels_slot"
LAST, ORIGIN = "kernels_last", "kernels_origin"
HISTORY, REVISION = "kernels_history", "kernels_revision"
MOST_SLOTS = 8
FIRST = str(recipe("Sobel"))
ADDED = str(recipe("Gaussian blur", 5))


@dataclass(frozen=True, eq=False)
class Stack:
    """The slots' texts, their kernels (None where the text never made one), what is wrong with each, and the chosen."""

    texts: tuple[str, ...]
    kernels: tuple[Kernel | None, ...]
    problems: tuple[str, ...]
    slot: int

    @property
    def chosen(self) -> Kernel | None:
        """The kernel of the chosen slot."""
        return self.kernels[self.slot]


def text() -> str:
    """The text of all slots; on the first run the link has it, as its widget comes further down the page."""
    return str(st.session_state.get(TEXT) or st.query_params.get(TEXT) or FIRST)


def texts() -> list[str]:
    """The text of each slot, eight at most."""
    return text().split(BETWEEN_PLANES)[:MOST_SLOTS]


def slot() -> int:
    """The chosen slot, counted from 0."""
    number = str(st.session_state.get(SLOT) or st.query_params.get(SLOT) or 1)
    return min(max(int(number), 1), len(texts())) - 1 if number.isdecimal() else 0


def read_stack() -> Stack:
    """Every slot read. While a cell is being typed it may hold no number: then the slot's last kernel stays."""
    last: dict[int, Kernel] = st.session_state.setdefault(LAST, {})
    found, problems = texts(), []
    for index, words in enumerate(found):
        name = "kernel" if len(found) == 1 else f"kernel {index + 1}"
        try:
            last[index] = read_kernel(words, name=name)
            problems.append("")
        except ValueError as problem:
            problems.append(str(problem))
    return Stack(tuple(found), tuple(last.get(index) for index in range(len(found))), tuple(problems), slot())


def write_stack(new: str, kind: str = "") -> None:
    """Rewrite the text as one step that can be undone; steps of one `kind` in quick succession are one."""
    state = st.session_state
    state[HISTORY] = changed(_history(), new, kind=kind, at=time.monotonic())
    state[TEXT] = new


def write_slot(new: str, kind: str = "") -> None:
    """Rewrite the chosen slot."""
    _settle()
    found, index = texts(), slot()
    found[index] = f" {new.strip()} "
    write_stack(BETWEEN_PLANES.join(found).strip(), kind and f"{index} {kind}")


def write_cells(new: str) -> None:
    """Rewrite the chosen slot as numbers, cell by cell: keys typed into one cell are one step."""
    _settle()
    st.session_state[SLOT] = slot() + 1
    write_slot(new, "cells " + _differing(_cells_of(texts()[slot()]), new))


def write_weights(weights: Weights, kind: str = "") -> None:
    """Rewrite the chosen slot as numbers that come from no recipe."""
    st.session_state.pop(ORIGIN, None)
    write_slot(format_matrix(weights), kind)


def origin(found: Stack) -> Recipe | None:
    """The recipe whose dials are shown: the chosen kernel's, or while its cells are typed over, the one before.

    So the cells stay where they are while they are edited.
    """
    if found.chosen is None:
        return None
    made_by = found.chosen.recipe or recognise(found.chosen.weights)
    kept: tuple[int, Recipe] | None = st.session_state.get(ORIGIN)
    if made_by is None:
        return kept[1] if kept and kept[0] == found.slot and kept[1].size in found.chosen.weights.shape else None
    st.session_state[ORIGIN] = (found.slot, made_by)
    return made_by


def add_slot() -> None:
    """One more kernel, after the others, to choose anew."""
    _settle()
    found = texts()
    write_stack(f" {BETWEEN_PLANES} ".join([*(words.strip() for words in found), ADDED]))
    st.session_state[SLOT] = len(found) + 1


def drop_slot() -> None:
    """The chosen kernel goes."""
    _settle()
    found, index = texts(), slot()
    del found[index]
    st.session_state.pop(LAST, None)
    st.session_state.pop(ORIGIN, None)
    write_stack(f" {BETWEEN_PLANES} ".join(words.strip() for words in found))
    st.session_state[SLOT] = max(1, min(index + 1, len(found)))


def replace_stack(parts: list[Weights]) -> None:
    """These kernels and no others."""
    _settle()
    write_stack(f" {BETWEEN_PLANES} ".join(map(format_matrix, parts)))
    st.session_state[SLOT] = 1


def undo() -> None:
    """One step back."""
    _settle()
    _travel(undone(_history()))


def redo() -> None:
    """One step forward again."""
    _settle()
    _travel(redone(_history()))


def can_undo() -> tuple[bool, bool]:
    """Whether there is a step back, and one forward."""
    history = _history()
    return bool(history.past), bool(history.future)


def revision() -> int:
    """A number that grows with every undo and redo."""
    return int(st.session_state.get(REVISION, 0))


def note_typed() -> None:
    """The text was rewritten by hand: that is a step too."""
    _settle()
    st.session_state[HISTORY] = changed(st.session_state.get(HISTORY, History(FIRST)), st.session_state[TEXT])


def note_shown() -> None:
    """Note that the text is being drawn, and that the history ends with it."""
    st.session_state[HISTORY] = _history()
    note_drawn(TEXT)


def _settle() -> None:
    """Take back a text that a quick click brought along: before every change that is made by a callback."""
    history = st.session_state.get(HISTORY)
    if history is not None and TEXT in st.session_state and text() != history.now and not was_chosen(TEXT):
        st.session_state[TEXT] = history.now


def _history() -> History:
    """The history, brought up to the text, which a link may have changed."""
    now = text()
    history = st.session_state.get(HISTORY)
    return history if history is not None and history.now == now else changed(history or History(now), now)


def _travel(history: History) -> None:
    state, count = st.session_state, len(texts())
    state[HISTORY], state[TEXT] = history, history.now
    state[REVISION] = revision() + 1
    if len(texts()) != count:
        state.pop(LAST, None)
    state.pop(ORIGIN, None)


def _cells_of(words: str) -> str:
    """The numbers that a slot's text stands for; text that is not whole as it is."""
    try:
        return words_of(read_kernel(words))
    except ValueError:
        return words


def _differing(old: str, new: str) -> str:
    """The first cell in which two matrices differ."""
    before, after = split_matrix(old), split_matrix(new)
    if [len(row) for row in before] != [len(row) for row in after]:
        return "first"
    return next(
        (
            f"{i} {j}"
            for i, (row, other) in enumerate(zip(before, after, strict=True))
            for j, (word, now) in enumerate(zip(row, other, strict=True))
            if word != now
        ),
        "",
    )

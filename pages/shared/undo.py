"""Undo and redo for a text: a pure history, and the text of a page that the link and the session hold."""

from dataclasses import dataclass, replace

import streamlit as st

from pages.shared.fresh import RewrittenText

MAX_STEPS = 100
"""Steps that can be undone: more than anybody wants back, and little enough to keep for every session."""


@dataclass(frozen=True)
class History:
    """A text, the texts before it (the latest last) and the texts that undo took back (the latest last).

    `kind` names the gesture of the last change, so that changes which belong together become one step: a number that is
    typed, a dial that is turned. Whoever draws the control says where a gesture ends; no clock does it here.
    """

    now: str
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    kind: str = ""


def record_change(history: History, text: str, *, kind: str = "") -> History:
    """Return the history after a change to `text`; it joins the change before if both have the same `kind`."""
    if text == history.now:
        return history
    joins = bool(kind) and kind == history.kind and bool(history.past)
    past = history.past if joins else (*history.past, history.now)[-MAX_STEPS:]
    return History(text, past, (), kind)


def undo_change(history: History) -> History:
    """Return the history one step back; the same history where there is none."""
    if not history.past:
        return history
    return replace(
        history, now=history.past[-1], past=history.past[:-1], future=(*history.future, history.now), kind=""
    )


def redo_change(history: History) -> History:
    """Return the history one step forward again; the same history where there is none."""
    if not history.future:
        return history
    return replace(
        history, now=history.future[-1], past=(*history.past, history.now), future=history.future[:-1], kind=""
    )


@dataclass(frozen=True)
class _UndoState:
    history: History
    rewritten: RewrittenText
    revision: int = 0


@dataclass(frozen=True)
class UndoText:
    """The text under a widget's `key`, which the link holds too: read, rewritten and undone; `first` when it is new.

    Whatever is asked of it first settles what the browser sent: a typed text becomes a step, a replaced one is taken
    back (`RewrittenText`). So all of it may be called from callbacks, and in a run before the widget is drawn.
    """

    key: str
    first: str

    @property
    def text(self) -> str:
        """The text now; in the first run the link holds it, as the widget is drawn further down the page."""
        return self._settle().history.now

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return bool(self._settle().history.past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step forward."""
        return bool(self._settle().history.future)

    @property
    def revision(self) -> int:
        """The number of undos and redos so far: editors see from it that their text was taken back."""
        return self._settle().revision

    def write(self, text: str, kind: str = "") -> None:
        """Rewrite the text as one step; changes of one `kind` one after the other are one step."""
        state = self._settle()
        self._store(state, record_change(state.history, text, kind=kind), state.revision)

    def undo(self) -> None:
        """Go one step back."""
        state = self._settle()
        self._store(state, undo_change(state.history), state.revision + 1)

    def redo(self) -> None:
        """Go one step forward again."""
        state = self._settle()
        self._store(state, redo_change(state.history), state.revision + 1)

    def mark_drawn(self) -> None:
        """Note that this run draws the text's widget: to be called beside it, in every run that draws it."""
        state = self._settle()
        st.session_state[self._state_key] = replace(state, rewritten=state.rewritten.draw())

    @property
    def _state_key(self) -> str:
        return f"{self.key}_undo"

    def _settle(self) -> _UndoState:
        """Return the state, brought up to what the browser sent or the link says."""
        sent = str(st.session_state.get(self.key) or st.query_params.get(self.key) or self.first)
        state = st.session_state.get(self._state_key) or _UndoState(History(sent), RewrittenText(sent))
        # Without the key the text comes from the link, or is the first one: no browser sends either once more.
        rewritten = state.rewritten.receive(sent) if self.key in st.session_state else RewrittenText(sent)
        if rewritten.current != sent:
            st.session_state[self.key] = rewritten.current
        settled = _UndoState(record_change(state.history, rewritten.current), rewritten, state.revision)
        st.session_state[self._state_key] = settled
        return settled

    def _store(self, state: _UndoState, history: History, revision: int) -> None:
        st.session_state[self._state_key] = _UndoState(history, state.rewritten.rewrite(history.now), revision)
        st.session_state[self.key] = history.now

"""Undo and redo for whatever is kept as text."""

from dataclasses import dataclass, replace

MAX_STEPS = 100
MERGE_WITHIN_S = 1.5
"""Changes of one kind closer together than this are one step: a number being typed, a dial being turned."""


@dataclass(frozen=True)
class History:
    """The text as it is, those before it (last first to come back) and those taken back (last first to come again).

    `kind` and `at` (seconds) tell of the last change, so that those which belong together become one step.
    """

    now: str
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    kind: str = ""
    at: float = 0.0


def record_change(history: History, text: str, *, kind: str = "", at: float = 0.0) -> History:
    """The history after a change to `text` at time `at`; a change of the same non-empty `kind` soon after joins it."""
    if text == history.now:
        return history
    joins = bool(kind) and kind == history.kind and at - history.at < MERGE_WITHIN_S and bool(history.past)
    past = history.past if joins else (*history.past, history.now)[-MAX_STEPS:]
    return History(text, past, (), kind, at)


def undo_change(history: History) -> History:
    """One step back; as it is where there is none."""
    if not history.past:
        return history
    return replace(
        history, now=history.past[-1], past=history.past[:-1], future=(*history.future, history.now), kind=""
    )


def redo_change(history: History) -> History:
    """One step forward again; as it is where there is none."""
    if not history.future:
        return history
    return replace(
        history, now=history.future[-1], past=(*history.past, history.now), future=history.future[:-1], kind=""
    )

"""A click may overtake the drawing: how the pages tell a choice from a value that the browser sends once more.

With every click, Streamlit's part in the browser sends the values of *all* controls, as they are on the screen at that
moment. When Python rewrites what a control shows (a run that was chosen on another page, an undo), some time passes
before the new value is drawn. A click within that time brings the old value back, and Streamlit on the server takes it
for a choice: it stores the old value and calls the control's `on_change`. And the run of the page that this click
starts ends the one before it, which may not have come to the line that asks for an earlier click.

The remedies, none of which looks at a clock:

- `RevisedKey`: a control whose key is free gets a new key whenever Python rewrites it. What is sent for an old key is
  ignored.
- `RewrittenText`: a text whose key the link holds keeps that key. It remembers the texts that Python replaced until the
  browser has sent the new one; one of them that comes back is no choice.
- `button_pressed`: the press of a button is kept until a run of the page has read it.
"""

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class RevisedKey:
    """The keys of a control, or of the parts of a form, that show what Python may rewrite.

    A key is `name`, the part and a revision, which grows whenever something else is to be shown.
    """

    name: str

    def key_for(self, shown: object, part: str = "") -> str:
        """Return the key of a control that shows `shown`: a new one when Python made it another since the last call."""
        revision, before = st.session_state.get(self._state_key, (0, shown))
        if shown != before:
            revision += 1
        st.session_state[self._state_key] = (revision, shown)
        return self._format_key(revision, part)

    def keep_key(self, shown: object) -> None:
        """Keep the present key for `shown`: the control was changed to it by hand and goes on showing it."""
        revision, _ = st.session_state.get(self._state_key, (0, shown))
        st.session_state[self._state_key] = (revision, shown)

    def is_current(self, key: str, part: str = "") -> bool:
        """Return whether `key` belongs to the control that was drawn last, and not to one that it replaced."""
        revision, _ = st.session_state.get(self._state_key, (0, None))
        return key == self._format_key(revision, part)

    @property
    def _state_key(self) -> str:
        return f"{self.name}_revision"

    def _format_key(self, revision: int, part: str) -> str:
        return f"{self.name}_{part}_{revision}" if part else f"{self.name}_{revision}"


@dataclass(frozen=True)
class RewrittenText:
    """A text that both the learner and Python rewrite, and what the browser may still send in its place.

    `replaced` are the texts that Python replaced since the browser sent `current` last; `written` says whether Python
    wrote `current` since the text was drawn last.
    """

    current: str
    replaced: tuple[str, ...] = ()
    written: bool = False

    def rewrite(self, text: str) -> "RewrittenText":
        """Return the state after Python has written `text`."""
        if text == self.current:
            return self
        earlier = tuple(old for old in (*self.replaced, self.current) if old != text)
        return RewrittenText(text, earlier, written=True)

    def receive(self, sent: str) -> "RewrittenText":
        """Return the state after the browser has sent a text: a replaced one changes nothing, another was typed."""
        if sent == self.current:
            return self
        return replace(self, written=True) if sent in self.replaced else RewrittenText(sent)

    def draw(self) -> "RewrittenText":
        """Return the state after a run has drawn the text.

        If Python did not write it since the last drawing, the browser has sent it: nothing older can follow.
        """
        return replace(self, written=False) if self.written else replace(self, replaced=())


def button_pressed(label: str, key: str, **button_options: Any) -> bool:
    """Draw a button and return whether it was pressed; the press is kept until it is read here.

    For actions that need the values of other controls, which a callback would get from the run before.
    """
    press_key = f"{key}_pressed"

    def store_press() -> None:
        st.session_state[press_key] = True

    st.button(label, key=key, on_click=store_press, **button_options)
    return bool(st.session_state.pop(press_key, False))

"""Controls that Python rewrites: telling what was chosen from what a slow browser sends once more."""

import hashlib
import time

import streamlit as st

ARRIVAL_SECONDS = 2.0
"""After this time, what was drawn is on the screen."""


def key_for_options(name: str, *options: object) -> str:
    """The key of a control whose options change by themselves: another one whenever what is `options` is another.

    A browser knows an option by its name and sends it again with every click: under a key that stays, a click that
    overtakes the drawing would choose what was chosen before.
    """
    key = f"{name}_{hashlib.blake2s(repr(options).encode(), digest_size=8).hexdigest()}"
    st.session_state[f"{name}_key"] = key
    return key


def is_current_key(name: str, key: str) -> bool:
    """Whether the control with this key is the one on the page, and not one that it took the place of."""
    return bool(st.session_state.get(f"{name}_key") == key)


def record_drawn_value(key: str) -> None:
    """Note what the control with this key was drawn with, for `is_new_choice`; for one whose value Python rewrites."""
    sent = st.session_state.get(key)
    current, _, _ = st.session_state.get(f"{key}_drawn", (sent, sent, 0.0))
    if sent != current:
        st.session_state[f"{key}_drawn"] = (sent, current, time.monotonic())


def is_new_choice(key: str) -> bool:
    """Whether the value that came for this control was chosen, and is not the one before Python rewrote it.

    A browser sends the values of all controls with every click. One that comes before the rewritten value was drawn, or
    before it has arrived, brings the old one back.
    """
    sent = st.session_state.get(key)
    current, previous, at = st.session_state.get(f"{key}_drawn", (None, None, 0.0))
    if sent == current or (sent == previous and time.monotonic() - at < ARRIVAL_SECONDS):
        return False
    st.session_state[f"{key}_drawn"] = (sent, sent, 0.0)
    return True

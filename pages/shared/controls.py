"""Controls that several pages use, kept in the link, and the small print beside them."""

from typing import Any, TypeVar

import streamlit as st

Option = TypeVar("Option")


def choice(
    label: str,
    options: tuple[Option, ...],
    default: Option,
    key: str,
    hint: str | None = None,
    *,
    disabled: bool = False,
) -> Option:
    """One setting as a row of buttons; an empty one in a link is the default."""
    picked = st.segmented_control(
        label, options, default=default, required=True, key=key, bind="query-params", help=hint, disabled=disabled
    )
    return default if picked is None else picked


def select(label: str, key: str, options: tuple[float, ...], default: float) -> float:
    """A slider over a few values."""
    return float(st.select_slider(label, options, default, key=key, bind="query-params"))


def whole(label: str, key: str, low: int, high: int, default: int) -> int:
    """A slider over whole numbers from `low` to `high`."""
    return int(st.slider(label, low, high, default, key=key, bind="query-params"))


def numbered(label: str, most: int, start: int | None, key: str) -> int | None:
    """A whole number from 1 to `most`, kept in the link; one beyond is the last."""
    if (st.session_state.get(key) or 1) > most:
        st.session_state[key] = most
    return st.number_input(label, 1, most, start, key=key, bind="query-params", width=150)


def pressed(label: str, key: str, **looks: Any) -> bool:
    """A button, and whether it was pressed: the press is kept until it is read, should another rerun overtake this one.

    For what needs the values of other controls; what does not belongs into a callback.
    """
    kept = f"{key}_pressed"

    def keep() -> None:
        st.session_state[kept] = True

    st.button(label, key=key, on_click=keep, **looks)
    return bool(st.session_state.pop(kept, False))


def note(text: str) -> None:
    """Small print that, unlike `st.caption`, keeps the contrast that WCAG 2.2 AA asks for."""
    st.markdown(f":small[{text}]")

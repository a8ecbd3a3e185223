"""Controls that several pages use and the link keeps, and the small print beside them."""

from typing import TypeVar

import streamlit as st

Option = TypeVar("Option")


def choose_option(
    label: str,
    options: tuple[Option, ...],
    default: Option,
    key: str,
    hint: str | None = None,
    *,
    disabled: bool = False,
) -> Option:
    """Show one setting as a row of buttons and return the chosen option; a link without one chooses `default`."""
    picked = st.segmented_control(
        label, options, default=default, required=True, key=key, bind="query-params", help=hint, disabled=disabled
    )
    return default if picked is None else picked


def choose_value(label: str, key: str, values: tuple[float, ...], default: float) -> float:
    """Show a slider over a few values and return the chosen one."""
    return float(st.select_slider(label, values, default, key=key, bind="query-params"))


def choose_integer(label: str, key: str, minimum: int, maximum: int, default: int) -> int:
    """Show a slider over the whole numbers from `minimum` to `maximum` and return the chosen one."""
    return int(st.slider(label, minimum, maximum, default, key=key, bind="query-params"))


def choose_number(label: str, maximum: int, start: int | None, key: str) -> int | None:
    """Show a field for a whole number from 1 to `maximum` and return it; a larger one in a link becomes `maximum`."""
    if (st.session_state.get(key) or 1) > maximum:
        st.session_state[key] = maximum
    return st.number_input(label, 1, maximum, start, key=key, bind="query-params", width=150)


def show_note(text: str) -> None:
    """Show small print that, unlike `st.caption`, keeps the contrast that WCAG 2.2 AA asks for."""
    st.markdown(f":small[{text}]")

"""Tables and figures of literal text: nothing in them is read as Markdown."""

from collections.abc import Sequence

import streamlit as st


def escape_markdown(text: str) -> str:
    """Return `text` with every character escaped that Markdown would read as a mark."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+-.!|:$~&" else letter for letter in text)


def format_figure(value: float | None, number_format: str) -> str:
    """Return `value` in the given format, such as ".1%"; a dash for None."""
    return "–" if value is None else format(value, number_format)


def show_table(header: Sequence[str], lines: Sequence[Sequence[str]], *, alt: str) -> None:
    """Show a table of literal texts, which scrolls where it is too wide; `alt` describes it to a screen reader."""
    columns = {
        escape_markdown(name): [escape_markdown(line[place]) for line in lines] for place, name in enumerate(header)
    }
    st.table(columns, width="content", hide_index=True, border="horizontal", alt=alt)

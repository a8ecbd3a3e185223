"""Tables and figures as they stand: no text in them is read as Markdown."""

from collections.abc import Sequence

import streamlit as st


def escape_markdown(text: str) -> str:
    """The text so that Markdown shows it as it stands."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+-.!|:$~&" else letter for letter in text)


def format_figure(value: float | None, number_format: str) -> str:
    """A figure as it is written; a dash for one that there is not."""
    return "–" if value is None else format(value, number_format)


def show_table(header: Sequence[str], lines: Sequence[Sequence[str]], *, alt: str) -> None:
    """A table that shows texts as they stand, and scrolls where it is too wide."""
    columns = {
        escape_markdown(name): [escape_markdown(line[place]) for line in lines] for place, name in enumerate(header)
    }
    st.table(columns, width="content", hide_index=True, border="horizontal", alt=alt)

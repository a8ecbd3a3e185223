"""Lesson texts: one Markdown file for each page in assets/lessons, cut into sections at its `## ` headings."""

from functools import cache

import streamlit as st

from pages.shared.site import ROOT, get_page, next_page


@cache
def load_sections(name: str) -> dict[str, str]:
    """Return the text under each heading of assets/lessons/<name>.md, in the order of the file."""
    text = (ROOT / "assets" / "lessons" / f"{name}.md").read_text(encoding="utf-8")
    parts = text.split("\n## ")[1:] if not text.startswith("## ") else ("\n" + text).split("\n## ")[1:]
    return {heading.strip(): body.strip() for heading, _, body in (part.partition("\n") for part in parts)}


def show_section(name: str, heading: str) -> None:
    """Show one section of the lesson `name` under its heading."""
    st.subheader(heading, anchor=False)
    st.markdown(load_sections(name)[heading])


def show_try_this(name: str) -> None:
    """Show the box that ends a page: the lesson's section "Try this", and a link to the next page."""
    with st.container(border=True):
        show_section(name, "Try this")
    following = next_page(name)
    if following:
        st.page_link(get_page(following.file), label=f"Next: {following.title}", icon=":material/arrow_forward:")

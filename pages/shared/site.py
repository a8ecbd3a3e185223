"""The site map, and the guard that lets every page be opened by its own address on a fresh server."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class PageInfo:
    """One entry of the navigation: `file` below pages/, its section, title, icon and one-sentence help."""

    file: str
    section: str
    title: str
    icon: str
    help: str


PAGES = (
    PageInfo("home", "", "Home", "home", "What CNN Lab is, where to start, and which device it computes on."),
    PageInfo("convolution", "By hand", "Convolution", "grid_on", "Step through a convolution, number by number."),
    PageInfo("pooling", "By hand", "Pooling", "compress", "Step through pooling, and see what it loses and gains."),
    PageInfo("backprop", "By hand", "Backprop", "undo", "Follow the gradient back through a convolution."),
    PageInfo("scratch", "By hand", "From scratch", "code", "From plain loops to the GPU, and three layers by hand."),
    PageInfo("kernels", "By hand", "Kernel lab", "blur_on", "Edit a kernel and see what it does to a photograph."),
    PageInfo("shapes", "By hand", "Shapes", "straighten", "Work out the output size and parameters of one layer."),
    PageInfo("designer", "A network", "Designer", "schema", "Build a network and see every number of it."),
    PageInfo("data", "A network", "Data", "photo_library", "Look at the images, and at what augmentation does."),
    PageInfo("train", "A network", "Train", "model_training", "Train a network on real images and watch it learn."),
    PageInfo("compare", "A network", "Compare", "compare_arrows", "Compare training curves, one factor at a time."),
    PageInfo("inspect", "A network", "Inspect", "visibility", "The filters and feature maps of a trained network."),
    PageInfo("evaluate", "A network", "Evaluate", "fact_check", "Test accuracy and confusion matrix of a run."),
)


def get_page(name: str) -> StreamlitPage:
    """Return the `st.Page` of the page file `pages/<name>.py`."""
    info = next(info for info in PAGES if info.file == name)
    return st.Page(
        ROOT / "pages" / f"{info.file}.py",
        title=info.title,
        icon=f":material/{info.icon}:",
        default=info.file == "home",
        help=info.help,
    )


def next_page(name: str) -> PageInfo | None:
    """Return the page after `name` in the order of the navigation; None after the last."""
    names = [info.file for info in PAGES]
    following = names.index(name) + 1
    return PAGES[following] if following < len(PAGES) else None


def navigation_pages() -> dict[str, list[StreamlitPage]]:
    """Return every page, grouped by the sections of the navigation."""
    sections: dict[str, list[StreamlitPage]] = {}
    for info in PAGES:
        sections.setdefault(info.section, []).append(get_page(info.file))
    return sections


def configure_tab() -> None:
    """Set the name and icon of the browser tab, and the wide layout."""
    # The icon is a file of ours: a symbol by name would be fetched from the internet.
    st.set_page_config(page_title="CNN Lab", page_icon=ROOT / "assets" / "icon.png", layout="wide")


def ensure_router() -> None:
    """Register the site map when this page was opened by its own address on a fresh server.

    Streamlit then runs the bare page file without app.py; registering the pages once and rerunning hands control back
    to app.py.
    """
    if "routed" not in st.session_state:
        st.session_state.routed = True
        configure_tab()
        st.navigation(navigation_pages())
        st.rerun()


def show_header(name: str, lead: str) -> None:
    """Show the title of the page `name`, and `lead`: one sentence on what to do here."""
    info = next(info for info in PAGES if info.file == name)
    st.html(ROOT / "assets" / "site.css")
    st.title(info.title, anchor=False)
    st.markdown(lead)

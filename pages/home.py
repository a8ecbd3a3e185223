"""Home: what CNN Lab is, in pictures; where to start; which device it computes on."""

from importlib.metadata import version

import streamlit as st

from cnn_core.hardware import detect_device
from cnn_core.words import format_count
from pages.parts.home.figure import show_figure
from pages.shared.lesson import load_sections, show_section, show_try_this
from pages.shared.site import PAGES, PageInfo, ensure_router, get_page


def show_hero() -> None:
    """Show the name, what the lab is for, where to start, and the operation that everything here consists of."""
    words, drawing = st.columns([5, 6], gap="large", vertical_alignment="center")
    with words:
        st.title("CNN Lab", anchor=False)
        st.markdown(load_sections("home")["Welcome"])
        with st.container(border=True, width="content"):
            st.page_link(
                get_page("convolution"), label="**Start here:** step through a convolution", icon=":material/start:"
            )
    with drawing:
        show_figure("window", key="home_window")
        st.markdown(load_sections("home")["Colours"])


def show_page_card(number: int, info: PageInfo) -> None:
    """Show the card of one page: its figure, number, title, purpose and link."""
    with st.container(border=True, height="stretch"):
        show_figure(info.file, key=f"home_{info.file}")
        st.markdown(f"##### {number}. {info.title}")
        st.markdown(info.help)
        with st.container(height="stretch", vertical_alignment="bottom"):
            st.page_link(get_page(info.file), label=f"Open {info.title}", icon=f":material/{info.icon}:")


def describe_device() -> str:
    """Return in one line what training will run on."""
    device = detect_device()
    cores = format_count(device.cores, "CPU core")
    torch = f"PyTorch {version('torch')}"
    if device.memory is not None:
        return f":material/bolt: **GPU: {device.name}**, {device.memory / 2**30:.0f} GiB · {cores} · {torch}"
    return f":material/memory: **CPU: {device.name}**, {cores} · no GPU that PyTorch can use · {torch}"


ensure_router()
show_hero()

st.header("From nine numbers to a trained network", anchor=False)
steps = list(enumerate((info for info in PAGES if info.file != "home"), start=1))
for first in range(0, len(steps), 3):
    for column, (number, info) in zip(st.columns(3), steps[first : first + 3], strict=False):
        with column:
            show_page_card(number, info)

st.header("What training runs on", anchor=False)
st.markdown(describe_device())
st.markdown(load_sections("home")["Device"])

show_section("home", "For a class")
show_try_this("home")

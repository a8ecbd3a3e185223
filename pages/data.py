"""Data: choose images, look at them before anything learns from them, and see what augmentation does."""

import streamlit as st

from pages.components.heartbeat import heartbeat
from pages.parts.data import choose, view
from pages.parts.data.augmented import augmented
from pages.shared import dataset_choice as data_choice
from pages.shared import lesson, state
from pages.shared.controls import choice
from pages.shared.site import ensure_router, header, page

VIEWS = {"Images": view.samples, "Numbers": view.numbers, "Maps": view.maps, "Augmentation": augmented}


@st.fragment
def look() -> None:
    """The choice, and one view of what was chosen: what is downloaded or read appears here by itself."""
    name = choose.choose()
    busy = choose.reading()
    if choose.is_here(name):
        try:
            state.dataset(name)
        except ValueError as problem:  # files that were damaged or deleted since
            st.error(str(problem))
        else:
            VIEWS[choice("Look at", tuple(VIEWS), "Images", "data_view")](name)
            train_on(name)
    else:
        busy = choose.download(name) or busy
    if busy:
        heartbeat(0.5, key="data_heartbeat")


def train_on(name: str) -> None:
    """The way to the Train page, with this data set chosen."""
    link = data_choice.link_to(name, "train_dataset")
    st.page_link(page("train"), label="Train on it", icon=":material/model_training:", query_params=link)


ensure_router()
header("data", "Look at the images before a network does: what is there, how much of it, and what will be hard.")
look()
st.divider()
for column, heading in zip(
    st.columns(2, gap="large"), ("Why look at the data first", "What an augmentation is"), strict=True
):
    with column:
        lesson.show("data", heading)
lesson.try_this("data")

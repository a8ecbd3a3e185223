"""Data: choose images, look at them before anything learns from them, and see what augmentation does."""

import streamlit as st

from pages.components.heartbeat import schedule_rerun
from pages.parts.data import choose, view
from pages.parts.data.augmented import show_augmentations
from pages.shared import dataset_choice, lesson, state
from pages.shared.controls import choose_option
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, get_page, show_header

VIEWS = {
    "Images": view.show_samples,
    "Numbers": view.show_statistics,
    "Maps": view.show_maps,
    "Augmentation": show_augmentations,
}


@st.fragment
def show_dataset() -> None:
    """Show the choice of a data set and one view of it; finished downloads and uploads appear without a click."""
    name = choose.choose_dataset()
    busy = choose.is_reading()
    if choose.is_available(name):
        try:
            state.load_dataset(name)
        except ValueError as problem:  # files that were damaged or deleted meanwhile
            show_problem(problem)
        else:
            VIEWS[choose_option("Look at", tuple(VIEWS), "Images", "data_view")](name)
            show_train_link(name)
    else:
        busy = choose.show_download(name) or busy
    if busy:
        schedule_rerun(0.5, key="data_heartbeat")


def show_train_link(name: str) -> None:
    """Show a link to the Train page with this data set chosen."""
    link = dataset_choice.link_parameters(name, "train_dataset")
    st.page_link(get_page("train"), label="Train on it", icon=":material/model_training:", query_params=link)


ensure_router()
show_header(
    "data", "Look at the images before a network does: what they show, how many there are, and which will be hard."
)
show_dataset()
st.divider()
for column, heading in zip(
    st.columns(2, gap="large"), ("Why look at the data first", "What an augmentation is"), strict=True
):
    with column:
        lesson.show_section("data", heading)
lesson.show_try_this("data")

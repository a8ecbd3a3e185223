"""The picture that is put into the network: an image of the test set, or the visitor's own."""

import numpy as np
import streamlit as st

from cnn_core.render.tiles import image_rgb
from pages.shared import state
from pages.shared.controls import choose_option
from pages.shared.own_picture import OWN_SOURCES, choose_own_picture
from pages.shared.picture import Picture
from pages.shared.pictures import COLUMNS, show_grid
from pages.shared.subject import LoadedRun

STRIP_SIZE = 16
"""Thumbnails to choose from."""
ALL_CLASSES = "all classes"
TEST_IMAGE = "Test image"

__all__ = ["Picture", "choose_image", "choose_picture"]


def choose_picture(subject: LoadedRun) -> Picture | None:
    """Let the visitor choose, draw or bring a picture; None as long as there is none."""
    source = choose_option("Picture", (TEST_IMAGE, *OWN_SOURCES), TEST_IMAGE, "inspect_source")
    if source != TEST_IMAGE:
        return choose_own_picture(source, subject, "inspect")
    place = choose_image(subject, "inspect")
    data = state.load_dataset(subject.dataset_name)
    label = int(data.test.labels[place])
    title = f"Test image {place}, an example of class {data.class_names[label]}"
    return Picture(data.test.images[place], title, label, place)


def choose_image(subject: LoadedRun, key: str) -> int:
    """Let the visitor choose a class and an image of it among thumbnails; return the place in the test set."""
    names, test = state.load_dataset(subject.dataset_name).class_names, state.load_dataset(subject.dataset_name).test
    labels = test.labels
    left, right = st.columns(2)
    wanted = left.selectbox("Class", [ALL_CLASSES, *names], key=f"{key}_class", bind="query-params")
    places = np.arange(len(labels)) if wanted == ALL_CLASSES else np.flatnonzero(labels == names.index(wanted))
    if not len(places):
        st.warning(f"The test set holds no image of class {wanted}. Choose another class.")
        st.stop()
    if st.session_state.get(f"{key}_image", 1) > len(places):
        st.session_state[f"{key}_image"] = len(places)
    number = right.number_input(
        f"Image, 1 to {len(places)}", 1, len(places), 1, key=f"{key}_image", bind="query-params"
    )
    start = (number - 1) // STRIP_SIZE * STRIP_SIZE
    strip = places[start : start + STRIP_SIZE]
    thumbnails = np.stack([image_rgb(image) for image in test.images[strip]])
    shown = [f"{start + i + 1}" for i in range(len(strip))]
    alt = f"Images {shown[0]} to {shown[-1]}, number {number} chosen"
    show_grid(thumbnails, shown, 64, COLUMNS, alt=alt, marked=number - 1 - start)
    return int(places[number - 1])

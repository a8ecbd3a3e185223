"""The courses' runs at one click: a recipe, the images to run it on, and what came of it."""

import streamlit as st

from cnn_core.datasets import Dataset, title
from cnn_core.runs.recipes import RECIPES, Images, Planned, other_images, plan, recipe
from pages.parts.train.choose import choose_data
from pages.shared import dataset_choice as data_choice
from pages.shared.controls import note

DATA = "train_recipe_data"
TITLES = {one.name: one.title for one in RECIPES}


def choose_recipe() -> tuple[Planned, ...]:
    """The runs of a recipe, on its own images or others; none where they do not fit."""
    name = st.selectbox(
        "Recipe",
        list(TITLES),
        key="train_recipe",
        bind="query-params",
        format_func=TITLES.__getitem__,
        on_change=take_its_images,
    )
    chosen = recipe(name)
    note(chosen.says)
    names = data_choice.trainable()
    if chosen.dataset not in names:
        st.info(
            f"{title(chosen.dataset)} is not on this computer yet: fetch it on the Data page, or choose other images."
        )
    if DATA not in st.session_state and DATA not in st.query_params:
        take_its_images()
    data = choose_data(DATA)
    said = other_images(chosen, data.name)
    if said:
        note(said)
    return planned_for(name, data)


def take_its_images() -> None:
    """Another recipe was chosen: on the images of its course, where they are here."""
    wanted = recipe(st.session_state.train_recipe).dataset
    if wanted in data_choice.trainable():
        st.session_state[DATA] = wanted


def planned_for(name: str, data: Dataset) -> tuple[Planned, ...]:
    """The recipe's runs for these images, listed; none, with a sentence, where they do not fit."""
    try:
        runs = plan(name, Images(data.name, data.input_shape, len(data.class_names)))
    except ValueError as problem:
        said = str(problem)
        st.error(said[:1].upper() + said[1:])
        return ()
    lines = [
        f"- **{label}:** {spec.total_parameters:,} parameters, {config.epochs} epoch{'s' if config.epochs > 1 else ''}"
        for label, spec, config in runs
    ]
    st.markdown("\n".join(lines).replace("**+", "**\\+"))
    return runs

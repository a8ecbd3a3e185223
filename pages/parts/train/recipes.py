"""The runs of a course at one click: the choice of a recipe and of the images for it."""

import streamlit as st

from cnn_core.datasets import Dataset, dataset_title
from cnn_core.runs import Planned
from cnn_core.runs.recipes import RECIPES, RecipeImages, describe_other_images, find_recipe, plan_recipe
from cnn_core.words import format_count
from pages.parts.train.choose import choose_data
from pages.shared import dataset_choice
from pages.shared.controls import show_note
from pages.shared.problems import show_problem

DATA_KEY = "train_recipe_data"
RECIPE_TITLES = {one.name: one.title for one in RECIPES}


def choose_recipe() -> tuple[Planned, ...]:
    """Choose a recipe and images; returns its runs, none where they do not fit the images."""
    name = st.selectbox(
        "Recipe",
        list(RECIPE_TITLES),
        key="train_recipe",
        bind="query-params",
        format_func=RECIPE_TITLES.__getitem__,
        on_change=apply_recipe_dataset,
    )
    chosen = find_recipe(name)
    show_note(chosen.description)
    names = dataset_choice.trainable_names()
    if chosen.dataset not in names:
        st.info(
            f"{dataset_title(chosen.dataset)} is not on this computer yet: fetch it on the Data page, or choose "
            "other images."
        )
    if DATA_KEY not in st.session_state and DATA_KEY not in st.query_params:
        apply_recipe_dataset()
    data = choose_data(DATA_KEY)
    remark = describe_other_images(chosen, data.name)
    if remark:
        show_note(remark)
    return show_recipe_runs(name, data)


def apply_recipe_dataset() -> None:
    """Select the images of the chosen recipe's course, where they are on this computer."""
    wanted = find_recipe(st.session_state.train_recipe).dataset
    if wanted in dataset_choice.trainable_names():
        st.session_state[DATA_KEY] = wanted


def show_recipe_runs(name: str, data: Dataset) -> tuple[Planned, ...]:
    """Show the recipe's runs for these images and return them; none, with an error, where they do not fit."""
    try:
        runs = plan_recipe(name, RecipeImages(data.name, data.input_shape, len(data.class_names)))
    except ValueError as problem:
        show_problem(problem)
        return ()
    lines = [
        f"- **{one.name}:** {one.spec.total_parameters:,} parameters, {format_count(one.config.epochs, 'epoch')}"
        for one in runs
    ]
    st.markdown("\n".join(lines).replace("**+", "**\\+"))
    return runs

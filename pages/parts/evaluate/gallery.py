"""The images of a cell of the matrix: a card each, and one of them looked at closely."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.evaluation.metrics import pick_examples
from cnn_core.insight.heat import cam_layers, default_cam_layer
from pages.parts.evaluate.answers import TEST, Answers
from pages.parts.evaluate.cards import Card, Figure, card_html, most_probable_classes
from pages.parts.evaluate.looks import heat_map_figures, nearest_training_figures
from pages.parts.evaluate.matrix import ANY_CLASS, NUMBER_KEY, PREDICTED_KEY, TRUE_KEY
from pages.shared.charts import probability_chart
from pages.shared.controls import show_note
from pages.shared.pictures import choose_page
from pages.shared.site import get_page
from pages.shared.subject import NO_CONVOLUTION
from pages.shared.theme import text_colour

PAGE_SIZE = 6
"""Cards at a time: each needs two heat maps."""
NEAREST_COUNT = 4
"""Nearest training images on a card: one row beside the bars."""


def show_gallery(answers: Answers) -> None:
    """Show the images of the chosen cell, the most confident answers first; all mistakes when no cell is chosen."""
    st.subheader("Look at the images", anchor=False)
    names = answers.class_names
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        true = st.selectbox("True class", [ANY_CLASS, *names], key=TRUE_KEY, bind="query-params", width=240)
        predicted = st.selectbox(
            "Predicted class", [ANY_CLASS, *names], key=PREDICTED_KEY, bind="query-params", width=240
        )
        number = {name: k for k, name in enumerate(names)}
        places = pick_examples(
            answers.labels, answers.probabilities, true=number.get(true), predicted=number.get(predicted)
        )
        shown = [int(i) for i in choose_page("Shown", list(map(str, places)), PAGE_SIZE, "evaluate_page")]
    what = "mistakes" if true == predicted == ANY_CLASS else "such images"
    show_note(f"{len(places):,} {what}, the surest answers first.")
    if not len(places):
        return
    _show_cards(answers, shown, places)
    _show_close_up(answers, places)


def _answer_title(answers: Answers, place: int) -> str:
    true, predicted = answers.class_names[answers.labels[place]], answers.class_names[answers.predicted[place]]
    return f"{true} taken for {predicted}, {answers.probabilities[place].max():.0%} sure"


def _heat_map_classes(answers: Answers, place: int) -> list[tuple[str, int]]:
    """The classes that heat maps explain: the true and the predicted one, which are one where the answer is right."""
    true, predicted = int(answers.labels[place]), int(answers.predicted[place])
    return [("true and predicted", true)] if true == predicted else [("true", true), ("predicted", predicted)]


def _make_card(answers: Answers, place: int) -> Card:
    image = answers.split.images[place]
    title = _answer_title(answers, place)
    figures = heat_map_figures(answers.subject, answers.epoch, image, _heat_map_classes(answers, place), title=title)
    chances = most_probable_classes(answers.probabilities[place], answers.class_names, int(answers.labels[place]))
    return Card(f"{title} · {answers.split_name.lower()} image {place}", figures, chances)


def _show_cards(answers: Answers, shown: list[int], places: NDArray[np.intp]) -> None:
    """Show a card for each image; the nearest training images come last, as searching them takes longest."""
    layer = default_cam_layer(answers.subject.spec)
    show_note(
        f"Orange: Grad-CAM at {layer}, each map stretched to its own largest value. ✓: true class."
        if layer
        else NO_CONVOLUTION
    )
    slots, cards = [], [_make_card(answers, place) for place in shown]
    for place, card in zip(shown, cards, strict=True):
        with st.container(border=True):
            slots.append(st.empty())
            slots[-1].html(card_html(card))
            with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
                position = int(np.flatnonzero(places == place)[0]) + 1
                st.button(
                    "Look closer",
                    icon=":material/zoom_in:",
                    key=f"evaluate_open_{place}",
                    on_click=_store_image_number,
                    args=(position,),
                )
                _show_inspect_link(answers, place)
    try:
        likes, sentence = nearest_training_figures(
            answers.subject, answers.epoch, answers.split.images[shown], NEAREST_COUNT
        )
    except ValueError as problem:
        show_note(f"There are no nearest training images. {problem}")
        return
    for slot, card, like in zip(slots, cards, likes, strict=True):
        slot.html(card_html(replace(card, nearest=like)))
    show_note(sentence)


def _store_image_number(position: int) -> None:
    st.session_state[NUMBER_KEY] = position


def _show_inspect_link(answers: Answers, place: int) -> None:
    """Link to Inspect, which shows images of the test set alone."""
    if answers.split_name == TEST:
        link = {"inspect_image": str(place + 1)}
        st.page_link(get_page("inspect"), label="Layer by layer", icon=":material/visibility:", query_params=link)


def _show_close_up(answers: Answers, places: NDArray[np.intp]) -> None:
    """Show one image of the list: large, with every probability, Grad-CAM at any layer, and more similar images."""
    st.subheader("One image, closely", anchor=False)
    layers = list(cam_layers(answers.subject.spec))
    if st.session_state.get(NUMBER_KEY, 1) > len(places):
        st.session_state[NUMBER_KEY] = len(places)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = f"Image, 1 to {len(places)}"
        number = st.number_input(label, 1, len(places), 1, key=NUMBER_KEY, bind="query-params", width=160)
        layer = None
        if layers:
            usual = layers.index(str(default_cam_layer(answers.subject.spec)))
            layer = st.selectbox("Grad-CAM at", layers, usual, key="evaluate_layer", bind="query-params", width=220)
        place = int(places[number - 1])
        _show_inspect_link(answers, place)
    image, true = answers.split.images[place], int(answers.labels[place])
    subject, epoch, title = answers.subject, answers.epoch, _answer_title(answers, place)
    left, right = st.columns([3, 2], gap="large")
    with left:
        figures = heat_map_figures(
            subject, epoch, image, _heat_map_classes(answers, place), title=title, layer=layer, side=192
        )
        likes: tuple[Figure, ...] = ()
        with suppress(ValueError):  # said above, at the cards
            likes = nearest_training_figures(subject, epoch, image[np.newaxis], 7)[0][0]
        st.html(card_html(Card(f"{title} · {answers.split_name.lower()} image {place}", figures, (), likes), side=176))
        if any(figure.caption.endswith("all zero") for figure in figures):
            show_note("All zero is a finding: at this layer nothing speaks for that class. Try another layer.")
    with right:
        chart = probability_chart(answers.probabilities[place], answers.class_names, true, text_colour=text_colour())
        predicted = answers.class_names[answers.predicted[place]]
        st.altair_chart(
            chart, key="evaluate_probabilities", alt=f"Probabilities of each class, highest for {predicted}"
        )

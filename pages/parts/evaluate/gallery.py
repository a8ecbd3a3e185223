"""The images of a cell of the matrix: a card each, and one of them looked at closely."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.evaluation.metrics import pick_examples
from cnn_core.insight.heat import cam_layer, cam_layers
from pages.parts.evaluate.answers import TEST, Answers
from pages.parts.evaluate.cards import Card, Figure, card_html, most_probable
from pages.parts.evaluate.looks import likes_of, pictures_of
from pages.parts.evaluate.matrix import ANY, NUMBER, PREDICTED, TRUE
from pages.shared.charts import probability_chart
from pages.shared.controls import note
from pages.shared.pictures import page_of
from pages.shared.site import page
from pages.shared.subject import NO_CONVOLUTION
from pages.shared.theme import ink

PAGE, LIKES = 6, 4


def gallery(answers: Answers) -> None:
    """The images of the chosen cell, the surest answers first; all mistakes when no cell is chosen."""
    st.subheader("Look at the images", anchor=False)
    names = answers.names
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        true = st.selectbox("True class", [ANY, *names], key=TRUE, bind="query-params", width=240)
        predicted = st.selectbox("Predicted class", [ANY, *names], key=PREDICTED, bind="query-params", width=240)
        number = {name: k for k, name in enumerate(names)}
        places = pick_examples(
            answers.labels, answers.probabilities, true=number.get(true), predicted=number.get(predicted)
        )
        shown = [int(i) for i in page_of("Shown", list(map(str, places)), PAGE, "evaluate_page")]
    what = "mistakes" if true == predicted == ANY else "such images"
    note(f"{len(places):,} {what}, the surest answers first.")
    if not len(places):
        return
    _cards(answers, shown, places)
    _close_up(answers, places)


def _title(answers: Answers, place: int) -> str:
    true, said = answers.names[answers.labels[place]], answers.names[answers.predicted[place]]
    return f"{true} taken for {said}, {answers.probabilities[place].max():.0%} sure"


def _wanted(answers: Answers, place: int) -> list[tuple[str, int]]:
    """Which classes a mistake's heat maps are for: the true and the predicted one; the one class where it is right."""
    true, said = int(answers.labels[place]), int(answers.predicted[place])
    return [("true and predicted", true)] if true == said else [("true", true), ("predicted", said)]


def _card(answers: Answers, place: int) -> Card:
    image = answers.split.images[place]
    title = _title(answers, place)
    figures = pictures_of(answers.subject, answers.epoch, image, _wanted(answers, place), title=title)
    chances = most_probable(answers.probabilities[place], answers.names, int(answers.labels[place]))
    return Card(f"{title} · {answers.called.lower()} image {place}", figures, chances)


def _cards(answers: Answers, shown: list[int], places: NDArray[np.intp]) -> None:
    """A card each; the training images most like them come last, as all of these must be looked through first."""
    layer = cam_layer(answers.subject.spec)
    note(
        f"Orange: Grad-CAM at {layer}, each map stretched to its own largest value. ✓: true class."
        if layer
        else NO_CONVOLUTION
    )
    slots, cards = [], [_card(answers, place) for place in shown]
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
                    on_click=_open,
                    args=(position,),
                )
                _inspect_link(answers, place)
    try:
        likes, said = likes_of(answers.subject, answers.epoch, answers.split.images[shown], LIKES)
    except ValueError as problem:
        note(f"No nearest training images: {problem}")
        return
    for slot, card, like in zip(slots, cards, likes, strict=True):
        slot.html(card_html(replace(card, likes=like)))
    note(said)


def _open(position: int) -> None:
    st.session_state[NUMBER] = position


def _inspect_link(answers: Answers, place: int) -> None:
    """Inspect shows the images of the test set."""
    if answers.called == TEST:
        link = {"inspect_image": str(place + 1)}
        st.page_link(page("inspect"), label="Layer by layer", icon=":material/visibility:", query_params=link)


def _close_up(answers: Answers, places: NDArray[np.intp]) -> None:
    """One image of the list: large, with every probability, heat at any layer, and more of what is like it."""
    st.subheader("One image, closely", anchor=False)
    layers = list(cam_layers(answers.subject.spec))
    if st.session_state.get(NUMBER, 1) > len(places):
        st.session_state[NUMBER] = len(places)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        label = f"Image, 1 to {len(places)}"
        number = st.number_input(label, 1, len(places), 1, key=NUMBER, bind="query-params", width=160)
        layer = None
        if layers:
            usual = layers.index(str(cam_layer(answers.subject.spec)))
            layer = st.selectbox("Grad-CAM at", layers, usual, key="evaluate_layer", bind="query-params", width=220)
        place = int(places[number - 1])
        _inspect_link(answers, place)
    image, true = answers.split.images[place], int(answers.labels[place])
    subject, epoch, title = answers.subject, answers.epoch, _title(answers, place)
    left, right = st.columns([3, 2], gap="large")
    with left:
        figures = pictures_of(subject, epoch, image, _wanted(answers, place), title=title, layer=layer, side=192)
        likes: tuple[Figure, ...] = ()
        with suppress(ValueError):  # said above, at the cards
            likes = likes_of(subject, epoch, image[np.newaxis], 7)[0][0]
        st.html(card_html(Card(f"{title} · {answers.called.lower()} image {place}", figures, (), likes), side=176))
        if any(figure.caption.endswith("all zero") for figure in figures):
            note("All zero is a finding: at this layer nothing speaks for that class. Try another layer.")
    with right:
        chart = probability_chart(answers.probabilities[place], answers.names, true, ink=ink())
        said = answers.names[answers.predicted[place]]
        st.altair_chart(chart, key="evaluate_probabilities", alt=f"Probabilities of each class, highest for {said}")

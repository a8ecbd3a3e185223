"""The visitor's own picture classified: what the network got, what it saw in it, and what it took it for."""

from contextlib import suppress

import numpy as np
import streamlit as st

from cnn_core.insight.heat import default_cam_layer
from pages.parts.evaluate.answers import Answers
from pages.parts.evaluate.cards import Card, Figure, card_html
from pages.parts.evaluate.looks import heat_map_figures, nearest_training_figures
from pages.shared import lesson
from pages.shared.charts import probability_chart
from pages.shared.controls import choose_option, show_note
from pages.shared.own_picture import OWN_SOURCES, UPLOAD, choose_own_picture
from pages.shared.picture import Picture
from pages.shared.subject import NO_CONVOLUTION, compute_probabilities
from pages.shared.theme import text_colour


def show_own_picture(answers: Answers) -> None:
    """Let the visitor upload, photograph or draw a picture, and show how the network classifies it."""
    names = answers.class_names if len(answers.class_names) <= 12 else (*answers.class_names[:12], "…")
    show_note(
        f"A picture of one of these: {', '.join(names)}. Whatever else it shows, the network will take it for one of "
        "them: it knows nothing else."
    )
    source = choose_option(
        "Picture", (UPLOAD, *(other for other in OWN_SOURCES if other != UPLOAD)), UPLOAD, "evaluate_own_source"
    )
    picture = choose_own_picture(source, answers.subject, "evaluate_own")
    if picture is not None:
        _show_answer(answers, picture)
    lesson.show_section("evaluate", "A picture of your own")


def _show_answer(answers: Answers, picture: Picture) -> None:
    subject, epoch, image = answers.subject, answers.epoch, picture.image
    probabilities = compute_probabilities(subject, epoch, image)
    predicted = int(probabilities.argmax())
    st.markdown(f"The network says **{answers.class_names[predicted]}** ({probabilities[predicted]:.1%}).")
    chart = probability_chart(probabilities, answers.class_names, None, text_colour=text_colour())
    alt = f"Probabilities of each class, highest for {answers.class_names[predicted]}"
    st.altair_chart(chart, key="evaluate_own_probabilities", alt=alt)
    figures = heat_map_figures(
        subject, epoch, image, [("predicted", predicted)], title="What the network saw", side=192
    )
    likes: tuple[Figure, ...] = ()
    sentence = ""
    with suppress(ValueError):  # a network without features has nothing to compare
        all_likes, sentence = nearest_training_figures(subject, epoch, image[np.newaxis], 7)
        likes = all_likes[0]
    st.html(card_html(Card("Why?", figures, (), likes), side=128))
    layer = default_cam_layer(subject.spec)
    show_note(f"Orange: Grad-CAM at {layer}. {sentence}" if layer else f"{NO_CONVOLUTION} {sentence}")

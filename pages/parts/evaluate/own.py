"""One's own picture classified: what it is, what the network saw of it, and what it took it for."""

from contextlib import suppress

import numpy as np
import streamlit as st

from cnn_core.insight.heat import cam_layer
from pages.parts.evaluate.answers import Answers
from pages.parts.evaluate.cards import Card, Figure, card_html
from pages.parts.evaluate.looks import likes_of, pictures_of
from pages.shared import lesson
from pages.shared.charts import probability_chart
from pages.shared.controls import choice, note
from pages.shared.own_picture import OWN, UPLOAD, own_picture
from pages.shared.picture import Picture
from pages.shared.subject import NO_CONVOLUTION, probabilities_of
from pages.shared.theme import ink


def own(answers: Answers) -> None:
    """Upload, photograph or draw a picture; then what the network makes of it."""
    names = answers.names if len(answers.names) <= 12 else (*answers.names[:12], "…")
    note(
        f"A picture of one of these: {', '.join(names)}. Whatever else it shows, the network will take it for one of "
        "them: it knows nothing else."
    )
    way = choice("Picture", (UPLOAD, *(other for other in OWN if other != UPLOAD)), UPLOAD, "evaluate_own_source")
    picture = own_picture(way, answers.subject, "evaluate_own")
    if picture is not None:
        _answer(answers, picture)
    lesson.show("evaluate", "A picture of your own")


def _answer(answers: Answers, picture: Picture) -> None:
    subject, epoch, image = answers.subject, answers.epoch, picture.image
    probabilities = probabilities_of(subject, epoch, image)
    said = int(probabilities.argmax())
    st.markdown(f"The network says **{answers.names[said]}** ({probabilities[said]:.1%}).")
    chart = probability_chart(probabilities, answers.names, None, ink=ink())
    alt = f"Probabilities of each class, highest for {answers.names[said]}"
    st.altair_chart(chart, key="evaluate_own_probabilities", alt=alt)
    figures = pictures_of(subject, epoch, image, [("predicted", said)], title="What the network saw", side=192)
    likes: tuple[Figure, ...] = ()
    sentence = ""
    with suppress(ValueError):  # a network without features has nothing to compare
        all_likes, sentence = likes_of(subject, epoch, image[np.newaxis], 7)
        likes = all_likes[0]
    st.html(card_html(Card("Why?", figures, (), likes), side=128))
    layer = cam_layer(subject.spec)
    note(f"Orange: Grad-CAM at {layer}. {sentence}" if layer else f"{NO_CONVOLUTION} {sentence}")

"""The picture and what the network takes it for."""

from typing import Any

import streamlit as st

from pages.parts.inspect.picture import Picture
from pages.shared import state
from pages.shared.charts import probability_rows, probability_spec
from pages.shared.pictures import upright
from pages.shared.subject import Subject, probabilities_of
from pages.shared.theme import ink


def answer(subject: Subject, epoch: int, picture: Picture) -> None:
    """The picture, the network's answer in words, and the probability of every class."""
    names = state.dataset(subject.dataset).class_names
    probabilities = probabilities_of(subject, epoch, picture.image)
    said = names[int(probabilities.argmax())]
    left, right = st.columns([1, 2], gap="large")
    if picture.place is not None:  # a picture of one's own stands beside its source already
        left.image(upright(picture.image, 288), output_format="PNG", alt=picture.title)
    verdict = ""
    if picture.label is not None:
        verdict = ", and it is" if said == names[picture.label] else f", but it is **{names[picture.label]}**"
    left.markdown(f"The network says **{said}** ({probabilities.max():.1%}){verdict}.")
    rows = probability_rows(probabilities, names, picture.label)
    right.vega_lite_chart(
        rows,
        _spec(tuple(rows["class"]), ink()),
        key="inspect_probabilities",
        alt=f"Probabilities of each class, highest for {said}",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _spec(classes: tuple[str, ...], colour: str) -> dict[str, Any]:
    return probability_spec(classes, ink=colour)

"""The picture, and what the network takes it for."""

from typing import Any

import streamlit as st

from pages.parts.inspect.picture import Picture
from pages.shared import state
from pages.shared.charts import probability_rows, probability_spec
from pages.shared.pictures import enlarged_rgb
from pages.shared.subject import LoadedRun, compute_probabilities
from pages.shared.theme import text_colour


def show_answer(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    """Show the picture, the network's answer in words, and the probability of every class."""
    names = state.load_dataset(subject.dataset_name).class_names
    probabilities = compute_probabilities(subject, epoch, picture.image)
    predicted = names[int(probabilities.argmax())]
    left, right = st.columns([1, 2], gap="large")
    if picture.test_index is not None:  # the visitor's own picture already stands beside its source
        left.image(enlarged_rgb(picture.image, 288), output_format="PNG", alt=picture.title)
    verdict = ""
    if picture.label is not None:
        verdict = ", and it is" if predicted == names[picture.label] else f", but it is **{names[picture.label]}**"
    left.markdown(f"The network says **{predicted}** ({probabilities.max():.1%}){verdict}.")
    rows = probability_rows(probabilities, names, picture.label)
    right.vega_lite_chart(
        rows,
        _answer_spec(tuple(rows["class"]), text_colour()),
        key="inspect_probabilities",
        alt=f"Probabilities of each class, highest for {predicted}",
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _answer_spec(classes: tuple[str, ...], colour: str) -> dict[str, Any]:
    return probability_spec(classes, text_colour=colour)

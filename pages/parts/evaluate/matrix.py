"""The confusion matrix, and its most frequent mistakes in words."""

from typing import cast

import streamlit as st

from cnn_core.evaluation.confusion import Order, class_order, most_confused
from cnn_core.evaluation.metrics import confused_pairs, pair_sentence
from pages.parts.evaluate.answers import Answers
from pages.shared import lesson
from pages.shared.confusion_chart import MOST_NUMBERED_CLASSES, Numbers, confusion_chart
from pages.shared.controls import choice, note
from pages.shared.theme import ink

ANY = "any class"
TRUE, PREDICTED, NUMBER = "evaluate_true", "evaluate_predicted", "evaluate_number"
NUMBERS: dict[str, Numbers] = {"images": "images", "% of the row": "row", "% of the column": "column"}
ORDERS = ("class", "confusion", "clustering")
FEW = 15
SOME = f"the {FEW} most confused"
MEANING = {
    "class": "Classes stand in the order of the data set.",
    "confusion": "The class with the most mistakes comes first.",
    "clustering": "Classes that are taken for each other stand side by side: groups show as blocks on the diagonal.",
}


def matrix(answers: Answers) -> None:
    """The matrix as a heat map beside its most frequent mistakes; of many classes above them."""
    many = len(answers.names) > MOST_NUMBERED_CLASSES
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        numbers = NUMBERS[choice("Numbers", tuple(NUMBERS), "images", "evaluate_numbers")]
        by = cast("Order", choice("Sorted by", ORDERS, "class", "evaluate_order"))
        few = many and choice("Classes", ("all", SOME), "all", "evaluate_classes") == SOME
    order = class_order(answers.matrix, by)
    if few:
        kept = set(most_confused(answers.matrix, FEW))
        order = [k for k in order if k in kept]
    picture, words = (st.container(), st.container()) if many and not few else st.columns([3, 2], gap="large")
    with picture:
        _draw(answers, numbers, order, by)
    with words:
        _words(answers, two_columns=many and not few)


def _draw(answers: Answers, numbers: Numbers, order: list[int], by: Order) -> None:
    chart = confusion_chart(answers.matrix, answers.names, ink=ink(), numbers=numbers, order=order)
    right, total = int(answers.matrix.trace()), int(answers.matrix.sum())
    alt = f"Confusion matrix, rows true, columns predicted: {right:,} of {total:,} images on the diagonal"
    st.altair_chart(chart, key="evaluate_matrix", on_select=_take_cell, selection_mode="cell", alt=alt)
    share = "column" if numbers == "column" else "row"
    shown = "" if len(order) == len(answers.names) else f" {len(order)} of {len(answers.names)} classes are shown."
    note(
        f"Rows are true classes, columns predicted ones. Blue: right. Orange: wrong. The stronger, the larger the "
        f"share of its {share}; an empty cell is 0. {MEANING[by]}{shown} Click a cell to see its images."
    )


def _take_cell() -> None:
    """A clicked cell of the matrix becomes the choice of the two boxes below it."""
    cells = st.session_state.evaluate_matrix.selection.get("cell", [])
    st.session_state[TRUE] = cells[0]["true"] if cells else ANY
    st.session_state[PREDICTED] = cells[0]["predicted"] if cells else ANY
    st.session_state[NUMBER] = 1


def _words(answers: Answers, *, two_columns: bool) -> None:
    left, right = st.columns(2, gap="large") if two_columns else (st.container(), st.container())
    with left:
        st.markdown("**Most confused**")
        pairs = confused_pairs(answers.matrix)
        listed = "\n".join(f"{i}. {pair_sentence(pair, answers.names)}" for i, pair in enumerate(pairs, 1))
        st.markdown(listed or "No mistake.")
    with right:
        lesson.show("evaluate", "How to read it")

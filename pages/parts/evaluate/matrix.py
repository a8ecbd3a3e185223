"""The confusion matrix, and its most frequent mistakes in words."""

from typing import cast

import streamlit as st

from cnn_core.evaluation.confusion import ClassOrder, class_order, most_confused_classes
from cnn_core.evaluation.explain import explain_pair
from cnn_core.evaluation.metrics import confused_pairs
from pages.parts.evaluate.answers import Answers
from pages.shared import lesson
from pages.shared.confusion_chart import MOST_NUMBERED_CLASSES, CellNumbers, confusion_chart
from pages.shared.controls import choose_option, show_note
from pages.shared.theme import text_colour

ANY_CLASS = "any class"
TRUE_KEY = "evaluate_true"
PREDICTED_KEY = "evaluate_predicted"
NUMBER_KEY = "evaluate_number"
CELL_NUMBERS: dict[str, CellNumbers] = {"images": "images", "% of the row": "row", "% of the column": "column"}
ORDERS = ("class", "confusion", "clustering")
CONFUSED_COUNT = 15
"""Classes of a large data set whose cells still have room for numbers."""
MOST_CONFUSED = f"the {CONFUSED_COUNT} most confused"
ORDER_MEANINGS = {
    "class": "Classes stand in the order of the data set.",
    "confusion": "The class with the most mistakes comes first.",
    "clustering": "Classes that are taken for each other stand side by side: groups show as blocks on the diagonal.",
}


def show_confusion_matrix(answers: Answers) -> None:
    """Show the matrix as a heat map beside its most frequent mistakes, or above them where there are many classes."""
    many = len(answers.class_names) > MOST_NUMBERED_CLASSES
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        numbers = CELL_NUMBERS[choose_option("Numbers", tuple(CELL_NUMBERS), "images", "evaluate_numbers")]
        by = cast("ClassOrder", choose_option("Sorted by", ORDERS, "class", "evaluate_order"))
        few = many and choose_option("Classes", ("all", MOST_CONFUSED), "all", "evaluate_classes") == MOST_CONFUSED
    order = class_order(answers.matrix, by)
    if few:
        kept = set(most_confused_classes(answers.matrix, CONFUSED_COUNT))
        order = [k for k in order if k in kept]
    picture, words = (st.container(), st.container()) if many and not few else st.columns([3, 2], gap="large")
    with picture:
        _show_heat_map(answers, numbers, order, by)
    with words:
        _show_confused_pairs(answers, two_columns=many and not few)


def _show_heat_map(answers: Answers, numbers: CellNumbers, order: list[int], by: ClassOrder) -> None:
    chart = confusion_chart(answers.matrix, answers.class_names, ink=text_colour(), numbers=numbers, order=order)
    right, total = int(answers.matrix.trace()), int(answers.matrix.sum())
    alt = f"Confusion matrix, rows true, columns predicted: {right:,} of {total:,} images on the diagonal"
    st.altair_chart(chart, key="evaluate_matrix", on_select=_apply_clicked_cell, selection_mode="cell", alt=alt)
    share = "column" if numbers == "column" else "row"
    shown = (
        ""
        if len(order) == len(answers.class_names)
        else f" {len(order)} of {len(answers.class_names)} classes are shown."
    )
    show_note(
        f"Rows are true classes, columns predicted ones. Blue: right. Orange: wrong. The stronger, the larger the "
        f"share of its {share}; an empty cell is 0. {ORDER_MEANINGS[by]}{shown} Click a cell to see its images."
    )


def _apply_clicked_cell() -> None:
    """A clicked cell of the matrix becomes the choice of the two boxes below it."""
    cells = st.session_state.evaluate_matrix.selection.get("cell", [])
    st.session_state[TRUE_KEY] = cells[0]["true"] if cells else ANY_CLASS
    st.session_state[PREDICTED_KEY] = cells[0]["predicted"] if cells else ANY_CLASS
    st.session_state[NUMBER_KEY] = 1


def _show_confused_pairs(answers: Answers, *, two_columns: bool) -> None:
    left, right = st.columns(2, gap="large") if two_columns else (st.container(), st.container())
    with left:
        st.markdown("**Most confused**")
        pairs = confused_pairs(answers.matrix)
        listed = "\n".join(f"{i}. {explain_pair(pair, answers.class_names)}" for i, pair in enumerate(pairs, 1))
        st.markdown(listed or "No mistake.")
    with right:
        lesson.show_section("evaluate", "How to read it")

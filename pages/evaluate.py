"""Evaluate: how often a trained network is right on images it never saw, and what it takes for what."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from scipy.special import softmax

from cnn_core.insight import (
    ClassReport,
    accuracy_interval,
    confused_pairs,
    confusion_matrix,
    cross_entropy,
    pair_sentence,
    per_class_report,
    pick_examples,
    report_lines,
)
from pages.shared import lesson, state
from pages.shared.charts import confusion_chart, score_chart
from pages.shared.controls import choice
from pages.shared.insight.pictures import gallery
from pages.shared.insight.subject import Subject, choose_epoch, choose_subject, ink, logits_of
from pages.shared.site import ensure_router, header, page

GALLERY = 24
ANY = "any class"


def show_figures(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> None:
    """Accuracy with its interval, loss and number of images."""
    correct, total = int((logits.argmax(axis=1) == labels).sum()), len(labels)
    low, high = accuracy_interval(correct, total)
    accuracy, interval, loss, images = st.columns([2, 3, 2, 2])
    accuracy.metric("Test accuracy", f"{correct / total:.1%}", help=f"{correct} of {total} test images are right.")
    interval.metric(
        "95 % interval", f"{low * 100:.1f} – {high:.1%}", help="What it may be on many more images (Wilson)."
    )
    guessing = f"Mean cross-entropy; guessing gives ln {logits.shape[1]} = {np.log(logits.shape[1]):.3f}."
    loss.metric("Test loss", f"{cross_entropy(logits, labels):.3f}", help=guessing)
    images.metric("Test images", f"{total:,}")


def take_clicked_cell() -> None:
    """A clicked cell of the matrix becomes the choice of the two boxes below it."""
    cells = st.session_state.evaluate_matrix.selection.get("cell", [])
    st.session_state.evaluate_true = cells[0]["true"] if cells else ANY
    st.session_state.evaluate_predicted = cells[0]["predicted"] if cells else ANY


def show_matrix(matrix: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """The confusion matrix as a heat map, and its most frequent mistakes in words."""
    picture, words = st.columns([3, 2], gap="large")
    with picture:
        numbers = choice("Numbers in the cells", ("images", "% of the row"), "images", "evaluate_numbers")
        chart = confusion_chart(matrix, names, ink=ink(), share=numbers != "images")
        right = int(matrix.trace())
        alt = f"Confusion matrix, rows true, columns predicted: {right} of {matrix.sum()} images on the diagonal"
        st.altair_chart(chart, key="evaluate_matrix", on_select=take_clicked_cell, selection_mode="cell", alt=alt)
        lesson.note("Blue: right. Orange: wrong. An empty cell is 0. Click a cell to see its images.")
    with words:
        st.markdown("**Most confused**")
        pairs = confused_pairs(matrix)
        st.markdown("\n".join(f"{i}. {pair_sentence(pair, names)}" for i, pair in enumerate(pairs, 1)) or "No mistake.")
        if absent := [name for name, images in zip(names, matrix.sum(axis=1), strict=True) if not images]:
            st.markdown(f"The test set holds no image of: {', '.join(absent)}.")
        lesson.show("evaluate", "How to read it")


def show_report(report: ClassReport, names: tuple[str, ...]) -> None:
    """Precision, recall and F1 of each class, as a chart and as a table."""
    st.subheader("Class by class", anchor=False)
    left, right = st.columns(2, gap="large")
    worst = names[int(np.argmin([row.f1 for row in report.classes]))]
    chart = score_chart(report, names)
    left.altair_chart(chart, key="evaluate_scores", alt=f"Scores of each class; F1 is lowest for {worst}")
    right.table(report_lines(report, names))


def show_gallery(subject: Subject, logits: NDArray[np.float32], names: tuple[str, ...]) -> None:
    """The images of the chosen cell, the surest answers first; all mistakes when no cell is chosen."""
    st.subheader("Look at the images", anchor=False)
    test = state.dataset(subject.dataset).test
    left, right = st.columns(2)
    true = left.selectbox("True class", [ANY, *names], key="evaluate_true", bind="query-params")
    predicted = right.selectbox("Predicted class", [ANY, *names], key="evaluate_predicted", bind="query-params")
    probabilities = softmax(logits.astype(float), axis=1)
    number = {name: k for k, name in enumerate(names)}
    places = pick_examples(test.labels, probabilities, true=number.get(true), predicted=number.get(predicted))
    what = "mistakes" if true == predicted == ANY else "such images"
    lesson.note(f"{len(places):,} {what}, the surest answers first; {min(len(places), GALLERY)} shown.")
    shown = places[:GALLERY]
    answers = probabilities.argmax(axis=1)
    words = [f"{names[test.labels[i]]} → {names[answers[i]]}, {probabilities[i].max():.0%}" for i in shown]
    gallery(test.images[shown], words)
    if len(places):
        link = {"inspect_image": str(places[0] + 1)}
        label = "See the first one layer by layer"
        st.page_link(page("inspect"), label=label, icon=":material/visibility:", query_params=link)


ensure_router()
header("evaluate", "How often a trained network is right on images it never saw, and what it takes for what.")
subject = choose_subject("see here how good it is and what it mixes up.")
if subject is not None:
    epoch = choose_epoch(subject, "evaluate")
    names = state.dataset(subject.dataset).class_names
    labels = state.dataset(subject.dataset).test.labels
    logits = logits_of(subject.run_id, epoch, subject)
    if not np.isfinite(logits).all():
        st.error("The answers of this checkpoint are no longer numbers: the training diverged. Choose an earlier one.")
        st.stop()
    matrix = confusion_matrix(labels, logits.argmax(axis=1), len(names))
    show_figures(logits, labels)
    show_matrix(matrix, names)
    show_gallery(subject, logits, names)
    show_report(per_class_report(matrix), names)
    lesson.show("evaluate", "The figures")
else:
    lesson.show("evaluate", "How to read it")
lesson.try_this("evaluate")

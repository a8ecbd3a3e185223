"""Two runs on the same images: which is better, by how much, whether that can be chance, and where they differ."""

from typing import cast

import streamlit as st

from cnn_core.evaluation.confusion import Order, class_order
from cnn_core.evaluation.paired import compare_answers, verdict
from cnn_core.runs.store import Run
from pages.parts.evaluate.answers import Answers, answers_of
from pages.parts.evaluate.charts import difference_chart
from pages.parts.evaluate.matrix import ORDERS
from pages.shared import state
from pages.shared.controls import choice, note
from pages.shared.run_choice import one_of
from pages.shared.run_words import data_title, run_name
from pages.shared.site import page
from pages.shared.subject import subject_of
from pages.shared.tables import plain

OTHER = "evaluate_other"


def two_runs(answers: Answers) -> None:
    """Choose another run; its matrix minus this one's, and what the difference amounts to."""
    others = _others(answers)
    if not others:
        st.info("There is no other run with weights to compare with.", icon=":material/school:")
        st.page_link(page("train"), label="Train another network", icon=":material/model_training:")
        return
    chosen = one_of("Compare with (B)", {run.id: run_name(run) for run in others}, OTHER)
    run = next(run for run in others if run.id == chosen)
    if run.config.dataset != answers.subject.dataset:
        here, there = data_title(answers.subject.dataset), data_title(run.config.dataset)
        st.info(
            f"B was trained on {there}, this run on {here}: only answers to the same images can be compared. Choose "
            f"a run on {here}, or train one.",
            icon=":material/difference:",
        )
        return
    other = subject_of(run)
    try:
        theirs = answers_of(other, other.shown_first, answers.called)
    except ValueError as problem:
        st.error(f"B cannot be judged: {problem}")
        return
    _result(answers, theirs)
    _difference(answers, theirs)


def _others(answers: Answers) -> list[Run]:
    """The workspace's other runs that have weights, those on the same data set first; and the one a link names."""
    mine = list(state.store().runs(state.workspace()))
    named = st.query_params.get(OTHER, "")
    if named and named not in {run.id for run in mine}:
        try:
            mine.append(state.store().get(named))
        except ValueError:
            note("The run that the link compares with is not here any more.")
    found = [run for run in mine if run.id != answers.subject.run_id and state.store().checkpoints(run.id)]
    return sorted(found, key=lambda run: run.config.dataset != answers.subject.dataset)


def _called(epoch: int) -> str:
    return f"after epoch {epoch}" if epoch else "untrained"


def _result(mine: Answers, theirs: Answers) -> None:
    """Accuracies, their difference with its interval, and McNemar's test in plain words."""
    found = compare_answers(mine.labels, mine.predicted, theirs.predicted)
    ours, others = (float((part.predicted == part.labels).mean()) for part in (mine, theirs))
    first, second, gain = st.columns(3)
    with first:
        st.metric("A: this run", f"{ours:.1%}")
        note(f"{plain(mine.subject.spec.name)}, {_called(mine.epoch)}")
    with second:
        st.metric("B", f"{others:.1%}")
        note(f"{plain(theirs.subject.spec.name)}, {_called(theirs.epoch)}, the checkpoint of its report")
    with gain:
        st.metric("B − A", f"{found.gain * 100:+.1f} points".replace("-", "−"))
        low, high = (f"{end * 100:+.1f}".replace("-", "−") for end in found.interval)
        note(f"95 % interval: {low} … {high} points (paired)")
    st.markdown(verdict(found, "A", "B"))


def _difference(mine: Answers, theirs: Answers) -> None:
    st.subheader("Matrix of B minus matrix of A", anchor=False)
    by = cast("Order", choice("Sorted by", ORDERS, "class", "evaluate_difference_order"))
    change = theirs.matrix - mine.matrix
    chart = difference_chart(change, mine.names, class_order(mine.matrix + theirs.matrix, by))
    moved = int(abs(change).sum()) // 2
    st.altair_chart(chart, key="evaluate_difference", alt=f"Difference of two confusion matrices: {moved} images moved")
    limit = int(abs(change).max())
    note(
        f"Scale −{limit} … +{limit} images: blue more with B, white as many, red fewer. Rows true, columns predicted. "
        "On the diagonal blue is good, everywhere else red is."
    )

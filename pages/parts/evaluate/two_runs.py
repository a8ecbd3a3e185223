"""Two runs on the same images: which is better, by how much, whether that can be chance, and where they differ."""

from typing import cast

import streamlit as st

from cnn_core.evaluation.confusion import ClassOrder, class_order
from cnn_core.evaluation.explain import explain_comparison
from cnn_core.evaluation.paired import compare_answers
from cnn_core.runs import Run
from cnn_core.words import format_number
from pages.parts.evaluate.answers import Answers, compute_answers
from pages.parts.evaluate.charts import difference_chart
from pages.parts.evaluate.matrix import ORDERS
from pages.shared import state
from pages.shared.controls import choose_option, show_note
from pages.shared.problems import show_problem
from pages.shared.run_choice import choose_by_id
from pages.shared.run_words import data_title, run_name
from pages.shared.site import get_page
from pages.shared.subject import load_run
from pages.shared.tables import escape_markdown

OTHER_KEY = "evaluate_other"


def show_two_runs(answers: Answers) -> None:
    """Let the visitor choose another run; show its matrix minus this one's, and if that can be chance."""
    others = _comparable_runs(answers)
    if not others:
        st.info("There is no other run with weights to compare with.", icon=":material/school:")
        st.page_link(get_page("train"), label="Train another network", icon=":material/model_training:")
        return
    chosen = choose_by_id("Compare with (B)", {run.id: run_name(run) for run in others}, OTHER_KEY)
    run = next(run for run in others if run.id == chosen)
    if run.config.dataset != answers.subject.dataset_name:
        here, there = data_title(answers.subject.dataset_name), data_title(run.config.dataset)
        st.info(
            f"B was trained on {there}, this run on {here}: only answers to the same images can be compared. Choose "
            f"a run on {here}, or train one.",
            icon=":material/difference:",
        )
        return
    other = load_run(run)
    try:
        theirs = compute_answers(other, other.default_epoch, answers.split_name)
    except ValueError as problem:
        show_problem(problem, "B cannot be judged.")
        return
    _show_result(answers, theirs)
    _show_difference(answers, theirs)


def _comparable_runs(answers: Answers) -> list[Run]:
    """The workspace's other runs that have weights, those on the same data set first; and the one a link names."""
    mine = list(state.run_store().list_runs(state.current_workspace()))
    named = st.query_params.get(OTHER_KEY, "")
    if named and named not in {run.id for run in mine}:
        try:
            mine.append(state.run_store().get_run(named))
        except ValueError:
            show_note("The run that the link compares with is not here any more.")
    found = [run for run in mine if run.id != answers.subject.run_id and state.run_store().checkpoint_epochs(run.id)]
    return sorted(found, key=lambda run: run.config.dataset != answers.subject.dataset_name)


def _describe_epoch(epoch: int) -> str:
    return f"after epoch {epoch}" if epoch else "untrained"


def _show_result(mine: Answers, theirs: Answers) -> None:
    """Accuracies, their difference with its interval, and McNemar's test in plain words."""
    comparison = compare_answers(mine.labels, mine.predicted, theirs.predicted)
    ours, others = (float((part.predicted == part.labels).mean()) for part in (mine, theirs))
    first, second, gain = st.columns(3)
    with first:
        st.metric("A: this run", f"{ours:.1%}")
        show_note(f"{escape_markdown(mine.subject.spec.name)}, {_describe_epoch(mine.epoch)}")
    with second:
        st.metric("B", f"{others:.1%}")
        show_note(
            f"{escape_markdown(theirs.subject.spec.name)}, {_describe_epoch(theirs.epoch)}, the checkpoint of its "
            "report"
        )
    with gain:
        st.metric("B − A", f"{format_number(comparison.accuracy_gain * 100, '+.1f')} points")
        low, high = (format_number(end * 100, "+.1f") for end in comparison.gain_interval)
        show_note(f"95 % interval: {low} … {high} points (paired)")
    st.markdown(explain_comparison(comparison, "A", "B"))


def _show_difference(mine: Answers, theirs: Answers) -> None:
    st.subheader("Matrix of B minus matrix of A", anchor=False)
    by = cast("ClassOrder", choose_option("Sorted by", ORDERS, "class", "evaluate_difference_order"))
    change = theirs.matrix - mine.matrix
    chart = difference_chart(change, mine.class_names, class_order(mine.matrix + theirs.matrix, by))
    moved = int(abs(change).sum()) // 2
    st.altair_chart(chart, key="evaluate_difference", alt=f"Difference of two confusion matrices: {moved} images moved")
    limit = int(abs(change).max())
    show_note(
        f"Scale −{limit} … +{limit} images: blue more with B, white as many, red fewer. Rows true, columns predicted. "
        "On the diagonal blue is good, everywhere else red is."
    )

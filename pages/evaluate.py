"""Evaluate: how often a trained network is right on new images, which classes it confuses, how confident it is."""

import streamlit as st

from pages.parts.evaluate.answers import choose_split, compute_answers, show_figures, show_split_advice
from pages.parts.evaluate.confidence import show_confidence
from pages.parts.evaluate.export import show_export
from pages.parts.evaluate.mistakes import show_mistakes
from pages.parts.evaluate.own import show_own_picture
from pages.parts.evaluate.scores import show_scores
from pages.parts.evaluate.two_runs import show_two_runs
from pages.shared import lesson
from pages.shared.controls import choose_option
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, show_header
from pages.shared.subject import choose_epoch, choose_loaded_run

VIEWS = {
    "Mistakes": show_mistakes,
    "Class by class": show_scores,
    "How sure": show_confidence,
    "Two runs": show_two_runs,
    "Your own image": show_own_picture,
}

ensure_router()
show_header(
    "evaluate", "How often a trained network is right on images it never saw, what it confuses, and how sure it is."
)
subject = choose_loaded_run("see here how good it is and what it confuses.")
if subject is None:
    lesson.show_section("evaluate", "How to read it")
else:
    epoch = choose_epoch(subject, "evaluate")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        split = choose_split()
        files = st.container(width="content")
    show_split_advice(split, subject, epoch)
    try:
        answers = compute_answers(subject, epoch, split)
        with files:
            show_export(answers)
        show_figures(answers)
        VIEWS[choose_option("Look at", tuple(VIEWS), "Mistakes", "evaluate_view")](answers)
    except ValueError as problem:
        show_problem(problem, "This checkpoint cannot be judged.")
lesson.show_try_this("evaluate")

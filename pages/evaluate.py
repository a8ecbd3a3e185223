"""Evaluate: how often a trained network is right on images it never saw, what it mixes up, and how sure it is."""

import streamlit as st

from pages.parts.evaluate.answers import answers_of, choose_split, figures, split_words
from pages.parts.evaluate.confidence import confidence
from pages.parts.evaluate.export import export
from pages.parts.evaluate.mistakes import mistakes
from pages.parts.evaluate.own import own
from pages.parts.evaluate.scores import scores
from pages.parts.evaluate.two_runs import two_runs
from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.site import ensure_router, header
from pages.shared.subject import choose_epoch, choose_subject

VIEWS = {
    "Mistakes": mistakes,
    "Class by class": scores,
    "How sure": confidence,
    "Two runs": two_runs,
    "Your own image": own,
}

ensure_router()
header("evaluate", "How often a trained network is right on images it never saw, what it mixes up, and how sure it is.")
subject = choose_subject("see here how good it is and what it mixes up.")
if subject is None:
    lesson.show("evaluate", "How to read it")
else:
    epoch = choose_epoch(subject, "evaluate")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        called = choose_split()
        files = st.container(width="content")
    split_words(called, subject, epoch)
    try:
        answers = answers_of(subject, epoch, called)
        with files:
            export(answers)
        figures(answers)
        VIEWS[choice("Look at", tuple(VIEWS), "Mistakes", "evaluate_view")](answers)
    except ValueError as error:
        st.error(f"This checkpoint cannot be judged: {error}")
lesson.try_this("evaluate")

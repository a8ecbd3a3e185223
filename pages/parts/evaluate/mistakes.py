"""The confusion matrix, and the images behind its cells."""

import streamlit as st

from pages.parts.evaluate.answers import Answers
from pages.parts.evaluate.gallery import show_gallery
from pages.parts.evaluate.matrix import show_confusion_matrix


@st.fragment
def show_mistakes(answers: Answers) -> None:
    """Show the matrix and its images; a fragment, so that a chosen cell or image redraws nothing above it."""
    show_confusion_matrix(answers)
    show_gallery(answers)

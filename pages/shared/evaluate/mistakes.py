"""The confusion matrix, and the images behind its cells."""

import streamlit as st

from pages.shared.evaluate.answers import Answers
from pages.shared.evaluate.gallery import gallery
from pages.shared.evaluate.matrix import matrix


@st.fragment
def mistakes(answers: Answers) -> None:
    """Drawn by itself when a cell or an image is chosen: figures and controls above it stay as they are."""
    matrix(answers)
    gallery(answers)

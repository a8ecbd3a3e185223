"""The confusion matrix, and the images behind its cells."""

import streamlit as st

from pages.parts.evaluate.answers import Answers
from pages.parts.evaluate.gallery import gallery
from pages.parts.evaluate.matrix import matrix


@st.fragment
def mistakes(answers: Answers) -> None:
    """Drawn by itself when a cell or an image is chosen: figures and controls above it stay as they are."""
    matrix(answers)
    gallery(answers)

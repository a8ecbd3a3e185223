"""Shapes: one layer's output size, parameters, work and memory, with the numbers substituted; and asked backwards."""

import streamlit as st

from cnn_core.shapes.calculator import AXES, KINDS, answer
from pages.parts.shapes import view as shapes_view
from pages.parts.shapes.form import describe
from pages.shared import lesson
from pages.shared.controls import choice
from pages.shared.site import ensure_router, header

ensure_router()
header("shapes", "Set a layer and its input: see which cells its windows read, and the size and cost worked out.")
kind = choice("Layer", KINDS, KINDS[0], "shapes_layer")
dims = choice("Dimensions", tuple(AXES), 2, "shapes_dims", "1: sound and text; 2: pictures; 3: scans and videos.")
form, view = st.columns([1, 2], gap="medium")
with form, st.container(border=True):
    case = describe(kind, dims)
    try:
        found = answer(case)
    except ValueError as problem:
        sentence = str(problem).rstrip(".")
        st.error(f"{sentence[0].upper()}{sentence[1:]}.")
        st.stop()
with view:
    shapes_view.totals(case, found)
    shapes_view.picture(case, found)
shapes_view.size_working(case, found)
shapes_view.count_working(case)
shapes_view.code(case, found)
shapes_view.backwards(case)
lesson.try_this("shapes")

"""Shapes: one layer's output size, parameters, work and memory, worked out step by step, and solved for a setting."""

import streamlit as st

from cnn_core.shapes.calculator import AXIS_NAMES, KINDS, layer_report
from pages.parts.shapes import view as shapes_view
from pages.parts.shapes.form import choose_layer
from pages.shared import lesson
from pages.shared.controls import choose_option
from pages.shared.problems import show_problem
from pages.shared.site import ensure_router, show_header

ensure_router()
show_header(
    "shapes", "Set a layer and its input: see which cells its windows read, and how its size and cost are computed."
)
kind = choose_option("Layer", KINDS, KINDS[0], "shapes_layer")
dims = choose_option(
    "Dimensions", tuple(AXIS_NAMES), 2, "shapes_dims", "1: sound and text; 2: pictures; 3: scans and videos."
)
form, view = st.columns([1, 2], gap="medium")
with form, st.container(border=True):
    case = choose_layer(kind, dims)
    try:
        results = layer_report(case)
    except ValueError as problem:
        show_problem(problem)
        st.stop()
with view:
    shapes_view.show_totals(case, results)
    shapes_view.show_layer_drawing(case, results)
shapes_view.show_size_steps(case, results)
shapes_view.show_count_steps(case)
shapes_view.show_code(case, results)
shapes_view.show_settings_for_size(case)
lesson.show_try_this("shapes")

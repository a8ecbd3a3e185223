"""Compare: several runs side by side, experiments that change one factor, and the learner's own runs."""

import streamlit as st

from pages.parts.compare.chosen import choose_runs, own_runs, run_labels, show_problem
from pages.parts.compare.experiment import show_experiment
from pages.parts.compare.own import manage_runs
from pages.parts.compare.side_by_side import show_side_by_side
from pages.shared import lesson, state
from pages.shared.controls import choose_option
from pages.shared.site import ensure_router, get_page, show_header

SIDE_BY_SIDE = "Side by side"
ONE_FACTOR = "Change one factor"
OWN_RUNS = "My runs"

ensure_router()
show_header(
    "compare", "Compare the curves of several runs, see which settings differed, and change one factor at a time."
)
view = choose_option("Show", (SIDE_BY_SIDE, ONE_FACTOR, OWN_RUNS), SIDE_BY_SIDE, "compare_view")
with state.show_store_errors():
    show_problem()
    my_runs = own_runs()
    if view == OWN_RUNS:
        manage_runs(my_runs)
    elif view == ONE_FACTOR:
        show_experiment(my_runs)
    else:
        chosen = choose_runs(my_runs)
        if chosen:
            show_side_by_side(run_labels(chosen, my_runs))
        else:
            which = (
                "Choose runs above." if my_runs else "No run of yours yet. Train two, which takes a few seconds each."
            )
            st.info(f"{which} Their curves and their differences will be here.", icon=":material/compare_arrows:")
            st.page_link(get_page("train"), label="Train a network", icon=":material/model_training:")
st.divider()
left, right = st.columns(2, gap="large")
with left:
    lesson.show_section("compare", "Reading two curves")
with right:
    lesson.show_section("compare", "One factor at a time")
lesson.show_try_this("compare")

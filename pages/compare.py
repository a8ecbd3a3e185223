"""Compare: several runs over each other, experiments that change one factor, and one's own runs in order."""

import streamlit as st

from pages.parts.compare.chosen import choose, labels, own_runs, show_said
from pages.parts.compare.experiment import experiment
from pages.parts.compare.own import own
from pages.parts.compare.side_by_side import side_by_side
from pages.shared import lesson, state
from pages.shared.controls import choice
from pages.shared.site import ensure_router, header, page

SIDE, FACTOR, OWN = "Side by side", "Change one factor", "My runs"

ensure_router()
header("compare", "Lay the curves of several runs over each other, see what differed, and change one factor at a time.")
view = choice("Show", (SIDE, FACTOR, OWN), SIDE, "compare_view")
with state.answered():
    show_said()
    mine = own_runs()
    if view == OWN:
        own(mine)
    elif view == FACTOR:
        experiment(mine)
    else:
        chosen = choose(mine)
        if chosen:
            side_by_side(labels(chosen, mine))
        else:
            which = "Choose runs above." if mine else "No run of yours yet. Train two, which takes a few seconds each."
            st.info(f"{which} Their curves will be here, and what differed.", icon=":material/compare_arrows:")
            st.page_link(page("train"), label="Train a network", icon=":material/model_training:")
st.divider()
left, right = st.columns(2, gap="large")
with left:
    lesson.show("compare", "Reading two curves")
with right:
    lesson.show("compare", "One factor at a time")
lesson.try_this("compare")

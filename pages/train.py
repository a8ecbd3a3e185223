"""Train: choose images, a network and settings, or a course's recipe, and watch it learn."""

import time

import streamlit as st

from cnn_core.runs import Planned
from pages.components.heartbeat import schedule_rerun
from pages.parts.train.choose import choose_data, choose_network
from pages.parts.train.recipes import choose_recipe
from pages.parts.train.run import show_training_run
from pages.parts.train.settings import choose_settings
from pages.shared import lesson, state
from pages.shared.controls import choose_option
from pages.shared.fresh import button_pressed
from pages.shared.problems import show_problem
from pages.shared.run_choice import choose_run, select_run
from pages.shared.site import ensure_router, show_header
from pages.shared.start import start_all

# A run younger than this is drawn more often: its first figures are being waited for.
YOUNG_RUN_SECONDS = 5.0
OWN_SETTINGS = "Settings"
RECIPES = "A recipe"


def choose_training() -> None:
    """Show the choice of what to train, and the button that starts it."""
    if choose_option("Train", (OWN_SETTINGS, RECIPES), OWN_SETTINGS, "train_way") == OWN_SETTINGS:
        data = choose_data()
        spec, pretrained, resize = choose_network(data)
        config = choose_settings(data, pretrained, resize)
        st.session_state.train_config = config
        planned_runs = [Planned("", spec, config)]
    else:
        planned_runs = list(choose_recipe())
    label = "Start training" if len(planned_runs) == 1 else f"Start these {len(planned_runs)} runs"
    # Not a callback: its arguments would be the settings before the one that was typed last.
    if button_pressed(label, "train_start", icon=":material/play_arrow:", width="stretch", disabled=not planned_runs):
        try:
            select_run(start_all(planned_runs)[0])
        except ValueError as problem:
            show_problem(problem)


@st.fragment
def watch_run() -> None:
    """Show the chosen run, again and again while it trains."""
    run = choose_run()
    if run is None:
        lesson.show_section("train", "Your first run")
        return
    with state.show_store_errors():
        show_training_run(run)
    if run.is_active:
        is_young = time.time() - run.created_at < YOUNG_RUN_SECONDS
        schedule_rerun(0.15 if is_young else 0.5, key="train_heartbeat")


ensure_router()
state.job_queue().warm_up_cluster()
show_header(
    "train", "Choose images and a network, press start, and watch it learn. Training continues if you close the page."
)
settings, picture = st.columns([1, 2], gap="large")
with settings, st.container(border=True):
    choose_training()
with picture:
    watch_run()
st.divider()
left, right = st.columns(2, gap="large")
with left:
    lesson.show_section("train", "What happens at each step")
with right:
    lesson.show_section("train", "How to read the curves")
lesson.show_try_this("train")

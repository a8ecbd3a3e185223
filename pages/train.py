"""Train: choose images, a network and settings, or a course's recipe, and watch it learn."""

import time

import streamlit as st

from cnn_core.runs import jobs
from pages.components.heartbeat import heartbeat
from pages.parts.train.choose import choose_data, choose_network
from pages.parts.train.recipes import choose_recipe
from pages.parts.train.run import show
from pages.parts.train.settings import choose_settings
from pages.parts.train.start import start_all
from pages.shared import lesson, state
from pages.shared.controls import choice, pressed
from pages.shared.run_choice import run_picker
from pages.shared.site import ensure_router, header

IMPATIENT_S = 5.0  # so long after its start, a run's first figures are waited for
OWN, RECIPES = "Settings", "A recipe"


def choose() -> None:
    """What to train, and the button that starts it."""
    if choice("Train", (OWN, RECIPES), OWN, "train_way") == OWN:
        data = choose_data()
        spec, pretrained, resize = choose_network(data)
        config = choose_settings(data, pretrained, resize)
        st.session_state.train_config = config
        planned = [("", spec, config)]
    else:
        planned = list(choose_recipe())
    label = "Start training" if len(planned) == 1 else f"Start these {len(planned)} runs"
    # Not a callback: its arguments would be the settings before the one that was typed last.
    if pressed(label, "train_start", icon=":material/play_arrow:", width="stretch", disabled=not planned):
        try:
            start_all(planned)
        except ValueError as problem:
            st.error(str(problem))


@st.fragment
def watch() -> None:
    """The chosen run; drawn again and again while it goes on."""
    run = run_picker()
    if run is None:
        lesson.show("train", "Your first run")
        return
    with state.answered():
        show(run)
    if run.alive:
        young = time.time() - run.created_at < IMPATIENT_S
        heartbeat(0.15 if young else 0.5, key="train_heartbeat")


ensure_router()
jobs.warm_up()
header("train", "Choose images and a network, press start, and watch it learn. Close the page if you like: it goes on.")
settings, picture = st.columns([1, 2], gap="large")
with settings, st.container(border=True):
    choose()
with picture:
    watch()
st.divider()
left, right = st.columns(2, gap="large")
with left:
    lesson.show("train", "What happens at each step")
with right:
    lesson.show("train", "How to read the curves")
lesson.try_this("train")

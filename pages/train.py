"""Train: choose images, a network and settings, and watch it learn."""

import streamlit as st

from pages.shared import lesson, state
from pages.shared import training_view as view
from pages.shared.site import ensure_router, header

ensure_router()
header("train", "Choose images and a network, press start, and watch it learn. Close the page if you like: it goes on.")
settings, picture = st.columns([1, 2], gap="large")
with settings, st.container(border=True):
    data = view.choose_data()
    spec = view.choose_network(data)
    config = view.choose_settings(data)
    # Not a callback: its arguments would be the settings before the one that was typed last.
    if st.button("Start training", icon=":material/play_arrow:", key="train_start", width="stretch"):
        view.start(spec, config)
with picture:
    run = state.run_picker()
    if run is None:
        lesson.show("train", "Your first run")
    elif run.alive:
        view.live(run.id)
    else:
        view.show(run)
st.divider()
left, right = st.columns(2, gap="large")
with left:
    lesson.show("train", "What happens at each step")
with right:
    lesson.show("train", "How to read the curves")
lesson.try_this("train")

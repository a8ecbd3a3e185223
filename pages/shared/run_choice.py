"""Choosing a run: the one that all pages show, or one of a list; kept for the session and in the link."""

from collections.abc import Mapping

import streamlit as st

from cnn_core.runs import Run
from cnn_core.runs.database import StoreUnavailableError
from pages.shared import state
from pages.shared.fresh import RevisedKey
from pages.shared.run_words import run_name

MAX_RUNS = 8
"""Runs that are compared at once: the eye cannot tell the curves of more apart."""


RUN_KEYS = RevisedKey("run_choice")


def select_run(run_id: str) -> None:
    """Make `run_id` the run that all pages show."""
    st.session_state.run = run_id


def choose_run() -> Run | None:
    """Let the learner choose among the workspace's runs, newest first; all pages share the choice, the link keeps it.

    A run that the link names is found even when it belongs to another workspace. Returns None when there is no run.
    """
    try:
        own = state.run_store().list_runs(state.current_workspace())
    except StoreUnavailableError as problem:
        st.error(str(problem), icon=":material/database_off:")
        st.stop()
    runs = {run.id: run for run in own}
    # Numbered, as two runs with the same settings and seed are otherwise named alike.
    names = {run.id: f"{number}. {run_name(run)}" for number, run in zip(range(len(own), 0, -1), own, strict=True)}
    wanted = st.session_state.get("run") or st.query_params.get("run", "")
    if wanted and wanted not in runs:
        try:
            runs[wanted] = state.run_store().get_run(wanted)
            names[wanted] = f"From a link: {run_name(runs[wanted])}"
        except ValueError as problem:
            st.warning(str(problem))
    if not runs:
        state.keep_in_link(workspace=state.current_workspace())
        return None
    chosen = wanted if wanted in runs else next(iter(runs))
    select_run(chosen)
    state.keep_in_link(workspace=state.current_workspace(), run=chosen)
    options = list(runs)
    key = RUN_KEYS.key_for((chosen, *names.items()))
    place = options.index(chosen)
    st.selectbox(
        "Run", options, place, key=key, format_func=names.__getitem__, on_change=_apply_run_choice, args=(key,)
    )
    return runs[chosen]


def _apply_run_choice(key: str) -> None:
    if RUN_KEYS.is_current(key):
        select_run(st.session_state[key])


def choose_by_id(label: str, titles: Mapping[str, str], key: str) -> str:
    """Let the learner choose one run from `titles` (title by id) and return its id; kept as `key` in the link."""
    wanted = st.session_state.get(f"{key}_kept") or st.query_params.get(key, "")
    chosen: str = wanted if wanted in titles else next(iter(titles))
    st.session_state[f"{key}_kept"] = chosen
    state.keep_in_link(**{key: chosen})
    widget_keys = RevisedKey(key)
    widget = widget_keys.key_for((chosen, *titles.items()))

    def store_choice() -> None:
        if widget_keys.is_current(widget):
            st.session_state[f"{key}_kept"] = st.session_state[widget]

    options = list(titles)
    st.selectbox(
        label, options, options.index(chosen), key=widget, format_func=titles.__getitem__, on_change=store_choice
    )
    return chosen

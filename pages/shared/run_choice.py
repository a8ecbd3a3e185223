"""Choosing a run: the one that all pages look at, or one of a list; kept for the session and in the link."""

from collections.abc import Mapping

import streamlit as st

from cnn_core.runs.database import StoreUnavailableError
from cnn_core.runs.store import Run
from pages.shared import state
from pages.shared.fresh import fresh_key, is_fresh
from pages.shared.run_words import run_name

MOST = 8
"""Runs that are compared at once: curves of more cannot be told apart."""


def show_run(run_id: str) -> None:
    """Make `run_id` the chosen run."""
    st.session_state.run = run_id


def run_picker() -> Run | None:
    """Choose among the workspace's runs, newest first; the choice is shared by all pages and kept in the link.

    A run named in the link is found even when it belongs to another workspace. None when there is no run at all.
    """
    try:
        own = state.store().runs(state.workspace())
    except StoreUnavailableError as problem:
        st.error(str(problem), icon=":material/database_off:")
        st.stop()
    runs = {run.id: run for run in own}
    # Numbered, as two runs with the same settings and seed are otherwise named alike.
    names = {run.id: f"{number}. {run_name(run)}" for number, run in zip(range(len(own), 0, -1), own, strict=True)}
    wanted = st.session_state.get("run") or st.query_params.get("run", "")
    if wanted and wanted not in runs:
        try:
            runs[wanted] = state.store().get(wanted)
            names[wanted] = f"From a link: {run_name(runs[wanted])}"
        except ValueError as problem:
            st.warning(str(problem))
    if not runs:
        state.keep_in_link(workspace=state.workspace())
        return None
    chosen = wanted if wanted in runs else next(iter(runs))
    show_run(chosen)
    state.keep_in_link(workspace=state.workspace(), run=chosen)
    options = list(runs)
    key = fresh_key("run_choice", chosen, *names.items())
    place = options.index(chosen)
    st.selectbox("Run", options, place, key=key, format_func=names.__getitem__, on_change=_pick_run, args=(key,))
    return runs[chosen]


def _pick_run(key: str) -> None:
    if is_fresh("run_choice", key):
        show_run(st.session_state[key])


def one_of(label: str, runs: Mapping[str, str], key: str) -> str:
    """Choose one run by id from {id: what it is called}; kept for the session and in the link."""
    wanted = st.session_state.get(f"{key}_kept") or st.query_params.get(key, "")
    chosen: str = wanted if wanted in runs else next(iter(runs))
    st.session_state[f"{key}_kept"] = chosen
    state.keep_in_link(**{key: chosen})
    widget = fresh_key(key, chosen, *runs.items())

    def take() -> None:
        if is_fresh(key, widget):
            st.session_state[f"{key}_kept"] = st.session_state[widget]

    options = list(runs)
    st.selectbox(label, options, options.index(chosen), key=widget, format_func=runs.__getitem__, on_change=take)
    return chosen

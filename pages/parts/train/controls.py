"""What can be done with a run: pause, step, stop, change; and when it has ended: go on, extend, fork, look inside."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.runs import jobs
from cnn_core.runs.store import Run
from cnn_core.training.events import EpochDone
from pages.parts.train.start import start
from pages.shared import state
from pages.shared.controls import note
from pages.shared.run_choice import show_run
from pages.shared.site import page

PROBLEM = "train_problem"


def controls(run: Run, epochs: Sequence[EpochDone]) -> None:
    """One row of buttons, and what could not be done."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.alive:
            going_on(run)
        else:
            ended(run, epochs)
    problem = st.session_state.pop(PROBLEM, "")
    if problem:
        st.error(problem)


def _button(label: str, icon: str, key: str, do: Callable[..., None], *args: Any, disabled: bool = False) -> None:
    st.button(label, icon=f":material/{icon}:", key=key, on_click=_try, args=(do, *args), disabled=disabled)


def _try(do: Callable[..., None], *args: Any) -> None:
    """Do what was asked; a sentence at the next drawing when it cannot be done."""
    try:
        do(*args)
    except ValueError as problem:
        said = str(problem)
        st.session_state[PROBLEM] = said[:1].upper() + said[1:]


def going_on(run: Run) -> None:
    """Pause, single step, resume, stop, and a box for what can be changed on the way."""
    stopping = run.stop_requested
    if run.orders.paused:
        _button("Resume", "play_arrow", "train_resume", _order, run.id, {"paused": False}, disabled=stopping)
        _button("Single step", "skip_next", "train_step", _step, run.id, disabled=stopping or run.status != "paused")
    else:
        _button("Pause", "pause", "train_pause", _order, run.id, {"paused": True}, disabled=stopping)
    _button("Stop training", "stop", "train_stop", state.store().request_stop, run.id, disabled=stopping)
    with st.popover("Change", icon=":material/tune:"):
        rate = run.orders.learning_rate or run.config.learning_rate
        st.number_input(
            "Learning rate from now on", 0.0, None, rate, format="%g", step=0.001, key=f"train_new_rate_{run.id}"
        )
        _button("Set the rate", "check", "train_set_rate", _set_rate, run.id)
        note("A schedule goes on from it.")
        st.number_input("Epochs in all", 1, 1000, run.epochs, key=f"train_more_{run.id}")
        _button("Set the epochs", "check", "train_set_epochs", _extend, run.id)


def _order(run_id: str, wishes: dict[str, Any]) -> None:
    state.store().order(run_id, **wishes)


def _step(run_id: str) -> None:
    """One step more than was taken; asked twice before it is taken, one step alone."""
    steps = state.store().steps(run_id)
    _order(run_id, {"step_until": (steps[-1].step if steps else 0) + 1})


def _set_rate(run_id: str) -> None:
    rate = float(st.session_state[f"train_new_rate_{run_id}"])
    if not 0 < rate <= 1e6:
        raise ValueError(f"The learning rate is {rate:g}: choose a number above 0, up to 1,000,000.")
    _order(run_id, {"learning_rate": rate})


def _extend(run_id: str) -> None:
    jobs.go_on(state.store(), run_id, epochs=int(st.session_state[f"train_more_{run_id}"]))


def ended(run: Run, epochs: Sequence[EpochDone]) -> None:
    """Go on, start again, extend, fork; look inside and evaluate."""
    stored = state.store().checkpoints(run.id)
    unfinished = run.status != "finished"
    if unfinished and epochs and state.store().can_go_on(run.id):
        _button("Go on", "play_arrow", "train_go_on", jobs.go_on, state.store(), run.id)
    if unfinished:
        _button("Start again", "replay", "train_again", start, run.spec, run.config)
    if stored and epochs:
        with st.popover("More", icon=":material/more_horiz:"):
            st.number_input(
                "Epochs in all", 1, 1000, min(1000, len(epochs) + 5), key=f"train_more_{run.id}",
                help="The run goes on where it ended.",
            )  # fmt: skip
            _button("Train on", "play_arrow", "train_extend", _extend, run.id)
            st.divider()
            st.select_slider("Weights after epoch", stored, stored[-1], key=f"train_fork_{run.id}")
            note("A new run begins with these weights; its settings are those on the left.")
            _button("Fork", "call_split", "train_fork", _fork, run.id)
    if stored:
        st.page_link(page("inspect"), label="Look inside", icon=":material/visibility:")
        st.page_link(page("evaluate"), label="Evaluate it", icon=":material/fact_check:")
        st.page_link(page("data"), label="See its data", icon=":material/photo_library:")


def _fork(run_id: str) -> None:
    parent = state.store().get(run_id).config
    kept = {name: getattr(parent, name) for name in ("dataset", "pretrained", "weights", "resize")}
    config = replace(st.session_state.get("train_config", parent), **kept)
    epoch = int(st.session_state[f"train_fork_{run_id}"])
    show_run(jobs.fork(state.store(), run_id, epoch, config, state.workspace()))

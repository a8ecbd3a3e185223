"""The buttons of a run: pause, step, stop, change; after its end: resume, extend, fork, look inside."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from cnn_core.runs import Planned, Run
from cnn_core.training.events import EpochDone
from pages.shared import state
from pages.shared.controls import show_note
from pages.shared.run_choice import select_run
from pages.shared.site import get_page
from pages.shared.start import start_all

PROBLEM_KEY = "train_problem"


def show_controls(run: Run, epochs: Sequence[EpochDone]) -> None:
    """Show one row of buttons, and an error when the last action failed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.is_active:
            show_live_controls(run)
        else:
            show_ended_controls(run, epochs)
    problem = st.session_state.pop(PROBLEM_KEY, "")
    if problem:
        st.error(problem)


def _show_button(
    label: str, icon: str, key: str, action: Callable[..., None], *args: Any, disabled: bool = False
) -> None:
    st.button(label, icon=f":material/{icon}:", key=key, on_click=_try_action, args=(action, *args), disabled=disabled)


def _try_action(action: Callable[..., None], *args: Any) -> None:
    """Call the action; when it fails, its error is shown when the page is drawn next."""
    try:
        action(*args)
    except ValueError as problem:
        st.session_state[PROBLEM_KEY] = str(problem)


def show_live_controls(run: Run) -> None:
    """Show buttons to pause, step, resume and stop, and a box with what can be changed while the run is in progress."""
    stopping = run.stop_requested
    if run.orders.paused:
        _show_button("Resume", "play_arrow", "train_resume", _send_order, run.id, {"paused": False}, disabled=stopping)
        _show_button(
            "Single step",
            "skip_next",
            "train_step",
            _order_single_step,
            run.id,
            disabled=stopping or run.status != "paused",
        )
    else:
        _show_button("Pause", "pause", "train_pause", _send_order, run.id, {"paused": True}, disabled=stopping)
    _show_button("Stop training", "stop", "train_stop", state.run_store().request_stop, run.id, disabled=stopping)
    with st.popover("Change", icon=":material/tune:"):
        rate = run.orders.learning_rate or run.config.learning_rate
        st.number_input(
            "Learning rate from now on", 0.0, None, rate, format="%g", step=0.001, key=f"train_new_rate_{run.id}"
        )
        _show_button("Set the rate", "check", "train_set_rate", _order_learning_rate, run.id)
        show_note("A schedule continues from it.")
        st.number_input("Epochs in all", 1, 1000, run.epochs, key=f"train_more_{run.id}")
        _show_button("Set the epochs", "check", "train_set_epochs", _extend_run, run.id)


def _send_order(run_id: str, changes: dict[str, Any]) -> None:
    state.run_store().change_orders(run_id, **changes)


def _order_single_step(run_id: str) -> None:
    """Order one step more than was taken; two clicks before that step order the same single step."""
    steps = state.run_store().load_steps(run_id)
    _send_order(run_id, {"step_until": (steps[-1].step if steps else 0) + 1})


def _order_learning_rate(run_id: str) -> None:
    rate = float(st.session_state[f"train_new_rate_{run_id}"])
    if not 0 < rate <= 1e6:
        raise ValueError(f"The learning rate is {rate:g}: choose a number above 0, up to 1,000,000.")
    _send_order(run_id, {"learning_rate": rate})


def _extend_run(run_id: str) -> None:
    state.job_queue().resume_run(run_id, epochs=int(st.session_state[f"train_more_{run_id}"]))


def show_ended_controls(run: Run, epochs: Sequence[EpochDone]) -> None:
    """Show buttons to resume, start again, extend and fork the run, and links to look inside and evaluate it."""
    stored = state.run_store().checkpoint_epochs(run.id)
    unfinished = run.status != "finished"
    if unfinished and epochs and state.run_store().can_resume(run.id):
        _show_button("Go on", "play_arrow", "train_go_on", state.job_queue().resume_run, run.id)
    if unfinished:
        _show_button("Start again", "replay", "train_again", _start_again, run)
    if stored and epochs:
        with st.popover("More", icon=":material/more_horiz:"):
            st.number_input(
                "Epochs in all",
                1,
                1000,
                min(1000, len(epochs) + 5),
                key=f"train_more_{run.id}",
                help="The run continues where it ended.",
            )
            _show_button("Train on", "play_arrow", "train_extend", _extend_run, run.id)
            st.divider()
            st.select_slider("Weights after epoch", stored, stored[-1], key=f"train_fork_{run.id}")
            show_note("A new run begins with these weights; its settings are those on the left.")
            _show_button("Fork", "call_split", "train_fork", _fork_run, run.id)
    if stored:
        st.page_link(get_page("inspect"), label="Look inside", icon=":material/visibility:")
        st.page_link(get_page("evaluate"), label="Evaluate it", icon=":material/fact_check:")
        st.page_link(get_page("data"), label="See its data", icon=":material/photo_library:")


def _fork_run(run_id: str) -> None:
    parent = state.run_store().get_run(run_id).config
    inherited = {name: getattr(parent, name) for name in ("dataset", "pretrained", "weights", "resize")}
    config = replace(st.session_state.get("train_config", parent), **inherited)
    epoch = int(st.session_state[f"train_fork_{run_id}"])
    fork_id = state.job_queue().fork_run(run_id, epoch, config, state.current_workspace(), load_data=state.load_dataset)
    select_run(fork_id)


def _start_again(run: Run) -> None:
    select_run(start_all([Planned("", run.spec, run.config)])[0])

"""The runs to compare: the learner's own, or those named in a link; kept for the session and in the link."""

from collections.abc import Callable, Sequence

import streamlit as st

from cnn_core.runs import Run
from cnn_core.runs.database import StoreUnavailableError
from pages.shared import state
from pages.shared.fresh import RevisedKey
from pages.shared.run_choice import MAX_RUNS
from pages.shared.run_words import run_result, run_title

PRESELECTED_RUNS = 3
"""Runs that are compared at first: the newest ones."""
CHOSEN_KEY = "compare_runs"
PROBLEM_KEY = "compare_said"
CHOICE_KEYS = RevisedKey("compare_choice")


def own_runs() -> tuple[Run, ...]:
    """Return the runs of this learner's workspace, newest first."""
    return state.run_store().list_runs(state.current_workspace())


def choose_runs(own: Sequence[Run]) -> list[Run]:
    """Choose the runs to compare, at most 8, at first the newest; warns of runs in the link that cannot be shown."""
    runs = {run.id: run for run in own}
    wanted_ids = _wanted_run_ids(own)
    if len(wanted_ids) > MAX_RUNS:
        st.warning(f"The link names {len(wanted_ids)} runs: the first {MAX_RUNS} are shown, as more curves look alike.")
    chosen = [run_id for run_id in wanted_ids[:MAX_RUNS] if run_id in runs or _add_linked_run(run_id, runs)]
    if missing := len(wanted_ids[:MAX_RUNS]) - len(chosen):
        which = "One run of the link is" if missing == 1 else f"{missing} runs of the link are"
        st.warning(f"{which} not here: deleted, or the link is incomplete.")
    st.session_state[CHOSEN_KEY] = chosen
    state.keep_in_link(workspace=state.current_workspace(), runs=",".join(chosen))
    if not runs:
        return []
    names = run_labels(tuple(runs.values()), own)
    titles = {run_id: f"{names[run_id]} · {run_result(run)}" for run_id, run in runs.items()}
    key = CHOICE_KEYS.key_for((chosen, *titles.items()))
    st.multiselect(
        "Runs to compare",
        list(runs),
        default=chosen,
        key=key,
        format_func=titles.__getitem__,
        max_selections=MAX_RUNS,
        on_change=_store_choice,
        args=(key,),
        placeholder="Choose runs",
        filter_mode="contains",
    )
    return [runs[run_id] for run_id in chosen]


def _add_linked_run(run_id: str, runs: dict[str, Run]) -> bool:
    """Add the run with this id from any workspace to `runs`; tells whether there is one."""
    try:
        runs[run_id] = state.run_store().get_run(run_id)
    except ValueError:
        return False
    return True


def _store_choice(key: str) -> None:
    if CHOICE_KEYS.is_current(key):
        st.session_state[CHOSEN_KEY] = list(st.session_state[key])


def _wanted_run_ids(own: Sequence[Run]) -> list[str]:
    """Return the ids chosen before, or those of the link, or the newest."""
    if CHOSEN_KEY in st.session_state:
        return list(st.session_state[CHOSEN_KEY])
    linked = [run_id for run_id in st.query_params.get("runs", "").split(",") if run_id]
    return list(dict.fromkeys(linked)) or [run.id for run in own[:PRESELECTED_RUNS]]


def run_labels(runs: Sequence[Run], own: Sequence[Run]) -> dict[str, str]:
    """Return a label for each run: its number in the workspace and its name, or "Link" for runs of others."""
    numbers = {run.id: f"{len(own) - place}." for place, run in enumerate(own)}
    others = [run.id for run in runs if run.id not in numbers]
    numbers |= {run_id: f"Link {place}:" for place, run_id in enumerate(others, 1)}
    return {run.id: f"{numbers[run.id]} {run_title(run)}" for run in runs}


def attempt_change(change: Callable[[], None]) -> bool:
    """Call `change` from a callback, keep its error for the page, and tell whether it succeeded."""
    try:
        change()
    except (ValueError, StoreUnavailableError) as problem:
        st.session_state[PROBLEM_KEY] = str(problem)
        return False
    return True


def show_problem() -> None:
    """Show the error of the last change, if there was one."""
    if PROBLEM_KEY in st.session_state:
        st.error(st.session_state.pop(PROBLEM_KEY))

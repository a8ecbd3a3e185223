"""Which runs are compared: chosen from the learner's own, or named in a link; kept for the session and in the link."""

from collections.abc import Callable, Sequence

import streamlit as st

from cnn_core.runs.database import StoreUnavailableError
from cnn_core.runs.store import Run
from pages.shared import state
from pages.shared.fresh import fresh_key, is_fresh
from pages.shared.run_choice import MOST
from pages.shared.run_words import run_result, run_title

PRESELECTED = 3
CHOSEN, CHOICE, SAID = "compare_runs", "compare_choice", "compare_said"


def own_runs() -> tuple[Run, ...]:
    """The runs of this learner's workspace, newest first."""
    return state.store().runs(state.workspace())


def choose(own: Sequence[Run]) -> list[Run]:
    """The runs to compare, at most 8, at first the newest. Says in words which runs of a link cannot be shown."""
    runs = {run.id: run for run in own}
    wanted = _wanted(own)
    if len(wanted) > MOST:
        st.warning(f"The link names {len(wanted)} runs: of the first {MOST}, curves can still be told apart.")
    chosen = [run_id for run_id in wanted[:MOST] if run_id in runs or _found(run_id, runs)]
    if missing := len(wanted[:MOST]) - len(chosen):
        which = "One run of the link is" if missing == 1 else f"{missing} runs of the link are"
        st.warning(f"{which} not here: deleted, or the link is incomplete.")
    st.session_state[CHOSEN] = chosen
    state.keep_in_link(workspace=state.workspace(), runs=",".join(chosen))
    if not runs:
        return []
    names = labels(tuple(runs.values()), own)
    called = {run_id: f"{names[run_id]} · {run_result(run)}" for run_id, run in runs.items()}
    key = fresh_key(CHOICE, chosen, *called.items())
    st.multiselect(
        "Runs to compare",
        list(runs),
        default=chosen,
        key=key,
        format_func=called.__getitem__,
        max_selections=MOST,
        on_change=_take,
        args=(key,),
        placeholder="Choose runs",
        filter_mode="contains",
    )
    return [runs[run_id] for run_id in chosen]


def _found(run_id: str, runs: dict[str, Run]) -> bool:
    """Whether there is a run of that id in anybody's workspace; if so, it joins `runs`."""
    try:
        runs[run_id] = state.store().get(run_id)
    except ValueError:
        return False
    return True


def _take(key: str) -> None:
    if is_fresh(CHOICE, key):
        st.session_state[CHOSEN] = list(st.session_state[key])


def _wanted(own: Sequence[Run]) -> list[str]:
    """The ids chosen before, or those of the link, or the newest."""
    if CHOSEN in st.session_state:
        return list(st.session_state[CHOSEN])
    linked = [run_id for run_id in st.query_params.get("runs", "").split(",") if run_id]
    return list(dict.fromkeys(linked)) or [run.id for run in own[:PRESELECTED]]


def labels(runs: Sequence[Run], own: Sequence[Run]) -> dict[str, str]:
    """What each run is called on this page: its number in the workspace and its name; "Link" before others'."""
    numbers = {run.id: f"{len(own) - place}." for place, run in enumerate(own)}
    others = [run.id for run in runs if run.id not in numbers]
    numbers |= {run_id: f"Link {place}:" for place, run_id in enumerate(others, 1)}
    return {run.id: f"{numbers[run.id]} {run_title(run)}" for run in runs}


def attempt(change: Callable[[], None]) -> bool:
    """Do `change` from a callback; what goes wrong is said on the page. Whether it was done."""
    try:
        change()
    except (ValueError, StoreUnavailableError) as problem:
        st.session_state[SAID] = str(problem)
        return False
    return True


def show_said() -> None:
    """What went wrong since the page was drawn last."""
    if SAID in st.session_state:
        st.error(st.session_state.pop(SAID))

"""What the pages keep between runs of their scripts: the learner's workspace, the chosen run, and cached data."""

import hashlib
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cnn_core.datasets import Dataset, load, title
from cnn_core.runs.database import StoreUnavailableError
from cnn_core.runs.store import Run, RunStore, default_store

ARRIVAL_S = 2.0
"""After this time, what was drawn is on the screen."""


@st.cache_resource(max_entries=1, show_spinner=False)
def store() -> RunStore:
    """The run store of this installation."""
    return default_store()


@st.cache_resource(max_entries=4, show_spinner="Preparing the images …")
def dataset(name: str) -> Dataset:
    """A data set, loaded once for everybody; nobody may write to it."""
    return load(name)


@contextmanager
def answered() -> Iterator[None]:
    """Show the sentence where the database does not answer."""
    try:
        yield
    except StoreUnavailableError as problem:
        st.error(str(problem), icon=":material/database_off:")


def workspace() -> str:
    """The unguessable name under which this learner's runs are kept.

    A link that carries one wins; so a reload, or the link opened elsewhere, finds the same runs.
    """
    token = st.query_params.get("workspace") or st.session_state.get("workspace") or secrets.token_urlsafe(12)
    st.session_state.workspace = token[:80]
    return token[:80]


def keep_in_link(**values: str) -> None:
    """Write into the page's address what is not there yet: at once, as every write is a place that Back returns to."""
    if any(st.query_params.get(name) != value for name, value in values.items()):
        st.query_params.update(values)


def show_run(run_id: str) -> None:
    """Make `run_id` the chosen run."""
    st.session_state.run = run_id


def run_picker() -> Run | None:
    """Choose among the workspace's runs, newest first; the choice is shared by all pages and kept in the link.

    A run named in the link is found even when it belongs to another workspace. None when there is no run at all.
    """
    try:
        own = store().runs(workspace())
    except StoreUnavailableError as problem:
        st.error(str(problem), icon=":material/database_off:")
        st.stop()
    runs = {run.id: run for run in own}
    # Numbered, as two runs with the same settings and seed are otherwise named alike.
    names = {run.id: f"{number}. {run_name(run)}" for number, run in zip(range(len(own), 0, -1), own, strict=True)}
    wanted = st.session_state.get("run") or st.query_params.get("run", "")
    if wanted and wanted not in runs:
        try:
            runs[wanted] = store().get(wanted)
            names[wanted] = f"From a link: {run_name(runs[wanted])}"
        except ValueError as problem:
            st.warning(str(problem))
    if not runs:
        keep_in_link(workspace=workspace())
        return None
    chosen = wanted if wanted in runs else next(iter(runs))
    show_run(chosen)
    keep_in_link(workspace=workspace(), run=chosen)
    options = list(runs)
    key = fresh_key("run_choice", chosen, *names.items())
    place = options.index(chosen)
    st.selectbox("Run", options, place, key=key, format_func=names.__getitem__, on_change=_pick_run, args=(key,))
    return runs[chosen]


def _pick_run(key: str) -> None:
    if is_fresh("run_choice", key):
        show_run(st.session_state[key])


def fresh_key(name: str, *shown: object) -> str:
    """The key of a control whose options change by themselves: another one whenever what is `shown` is another.

    A browser knows an option by its name and sends it again with every click: under a key that stays, a click that
    overtakes the drawing would choose what was chosen before.
    """
    key = f"{name}_{hashlib.blake2s(repr(shown).encode(), digest_size=8).hexdigest()}"
    st.session_state[f"{name}_key"] = key
    return key


def is_fresh(name: str, key: str) -> bool:
    """Whether the control with this key is the one on the page, and not one that it took the place of."""
    return bool(st.session_state.get(f"{name}_key") == key)


def note_drawn(key: str) -> None:
    """Note what the control with this key was drawn with, for `was_chosen`; for one whose value Python rewrites."""
    held = st.session_state.get(key)
    current, _, _ = st.session_state.get(f"{key}_drawn", (held, held, 0.0))
    if held != current:
        st.session_state[f"{key}_drawn"] = (held, current, time.monotonic())


def was_chosen(key: str) -> bool:
    """Whether the value that came for this control was chosen, and is not the one before Python rewrote it.

    A browser sends the values of all controls with every click. One that comes before the rewritten value was drawn, or
    before it has arrived, brings the old one back.
    """
    sent = st.session_state.get(key)
    current, previous, at = st.session_state.get(f"{key}_drawn", (None, None, 0.0))
    if sent == current or (sent == previous and time.monotonic() - at < ARRIVAL_S):
        return False
    st.session_state[f"{key}_drawn"] = (sent, sent, 0.0)
    return True


def run_name(run: Run) -> str:
    """What a run is called in lists: its name, or network and data set; result or state; age."""
    return f"{run_title(run)} · {run_result(run)}"


def run_title(run: Run) -> str:
    """The run's own name, or else its network and data set."""
    return run.name or f"{run.spec.name} on {data_title(run.config.dataset)}"


def data_title(name: str) -> str:
    """What a data set is called; one's own that was deleted since is just that."""
    try:
        return title(name)
    except ValueError:
        return "a data set that is gone"


def run_result(run: Run) -> str:
    """How the run came out, or its state; and its age."""
    result: str = "in progress" if run.alive else run.status
    if run.test_accuracy is not None:
        result = f"{run.test_accuracy:.1%}"
    return f"{result} · {age(run)}"


def age(run: Run) -> str:
    """How long ago the run was started: "5 minutes ago"."""
    seconds = time.time() - run.created_at
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"

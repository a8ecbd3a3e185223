"""What the pages keep between runs of their scripts: the learner's workspace, the run store, and cached data."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cnn_core.datasets import Dataset, load
from cnn_core.networks import NetworkSpec, presets
from cnn_core.runs import JobQueue, RunStore, default_store
from cnn_core.runs.database import StoreUnavailableError


@st.cache_resource(max_entries=1, show_spinner=False)
def run_store() -> RunStore:
    """Return the run store of this installation, made once for everybody."""
    return default_store()


@st.cache_resource(max_entries=1, show_spinner=False)
def job_queue() -> JobQueue:
    """Return the queue through which every page of this app starts its runs."""
    return JobQueue(run_store())


@st.cache_resource(max_entries=4, show_spinner="Preparing the images …")
def load_dataset(name: str) -> Dataset:
    """Return a data set, loaded once for everybody: nobody may write to it. Raises ValueError as `load` does."""
    return load(name)


@st.cache_data(max_entries=16, show_spinner=False)
def fitting_presets(input_shape: tuple[int, int, int], classes: int) -> dict[str, NetworkSpec]:
    """Return the presets that take such images, by name; cached, as each is worked out layer by layer."""
    return presets.fitting(input_shape, classes)


@contextmanager
def show_store_errors() -> Iterator[None]:
    """Show a sentence in place of the block's content where the database does not answer."""
    try:
        yield
    except StoreUnavailableError as problem:
        st.error(str(problem), icon=":material/database_off:")


def current_workspace() -> str:
    """Return the unguessable name under which this learner's runs are kept.

    A link that carries one wins; so a reload, or the link opened elsewhere, finds the same runs.
    """
    token = st.query_params.get("workspace") or st.session_state.get("workspace") or secrets.token_urlsafe(12)
    st.session_state.workspace = token[:80]
    return token[:80]


def keep_in_link(**values: str) -> None:
    """Write `values` into the page's address, all at once: Back returns to the address before each write."""
    if any(st.query_params.get(name) != value for name, value in values.items()):
        st.query_params.update(values)

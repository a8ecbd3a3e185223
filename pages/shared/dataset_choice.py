"""Which data sets a learner can choose: built in, downloaded, and their own uploads, which the link names."""

import streamlit as st

from cnn_core.datasets import available_names, dataset_title

OWN_DATASETS_KEY = "own_datasets"
LINK_PARAMETER = "own"
"""The query parameter that names an uploaded data set: its title alone would not find it on another computer."""


def trainable_names() -> list[str]:
    """Return the data sets that can be trained on now; `state.load_dataset` loads each, `unique_titles` names them."""
    return [*available_names(), *own_dataset_names()]


def own_dataset_names() -> list[str]:
    """Return the learner's own data sets: those uploaded in this session, and the one that the link names."""
    names = [name for name in st.session_state.get(OWN_DATASETS_KEY, ()) if is_own_dataset(name)]
    linked_name = st.query_params.get(LINK_PARAMETER, "")
    if linked_name not in names and is_own_dataset(linked_name):
        names.append(linked_name)
        remember_dataset(linked_name)
    return names


def remember_dataset(name: str) -> None:
    """Let the learner find this uploaded data set again on every page."""
    st.session_state[OWN_DATASETS_KEY] = [
        *(kept for kept in st.session_state.get(OWN_DATASETS_KEY, ()) if kept != name),
        name,
    ]


def is_own_dataset(name: str) -> bool:
    """Return whether `name` is an uploaded data set that is stored here."""
    try:
        return name.startswith("own-") and bool(dataset_title(name))
    except ValueError:
        return False


def unique_titles(names: list[str]) -> dict[str, str]:
    """Return the title of each data set on screen and in the link; equal titles are numbered."""
    unique: dict[str, str] = {}
    for name in names:
        base_title = dataset_title(name)
        same_count = sum(other == base_title or other.startswith(f"{base_title} (") for other in unique.values())
        unique[name] = f"{base_title} ({same_count + 1})" if same_count else base_title
    return unique


def keep_dataset_in_link(name: str) -> None:
    """Put an uploaded data set into the page's address; take it out when another data set is chosen."""
    if name.startswith("own-"):
        if st.query_params.get(LINK_PARAMETER) != name:
            st.query_params[LINK_PARAMETER] = name
    elif LINK_PARAMETER in st.query_params:
        del st.query_params[LINK_PARAMETER]


def link_parameters(name: str, parameter: str) -> dict[str, str]:
    """Return the query parameters with which another page, whose choice is bound to `parameter`, opens on `name`."""
    unique_title = unique_titles(trainable_names()).get(name, name)
    return {parameter: unique_title} | ({LINK_PARAMETER: name} if name.startswith("own-") else {})

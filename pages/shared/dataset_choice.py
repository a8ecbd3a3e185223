"""Which data sets a learner can choose: built in, downloaded, and their own, which the link names."""

import streamlit as st

from cnn_core.datasets import available, title

OWN = "own_datasets"
LINK = "own"
"""The query parameter that names a data set of one's own: its title alone would not find it elsewhere."""


def trainable() -> list[str]:
    """The names that can be trained on now; `state.dataset` loads each, `titles` says what they are called."""
    return [*available(), *own()]


def own() -> list[str]:
    """The learner's own data sets: those made in this session, and the one that the link names."""
    kept = [name for name in st.session_state.get(OWN, ()) if is_there(name)]
    named = st.query_params.get(LINK, "")
    if named not in kept and is_there(named):
        kept.append(named)
        remember(named)
    return kept


def remember(name: str) -> None:
    """Let the learner find this data set of their own again on every page."""
    st.session_state[OWN] = [*(kept for kept in st.session_state.get(OWN, ()) if kept != name), name]


def is_there(name: str) -> bool:
    """Whether `name` is a data set of one's own that is stored here."""
    try:
        return name.startswith("own-") and bool(title(name))
    except ValueError:
        return False


def titles(names: list[str]) -> dict[str, str]:
    """Name → what it is called on screen and in the link; two that are called alike are numbered."""
    found: dict[str, str] = {}
    for name in names:
        called = title(name)
        same = sum(other == called or other.startswith(f"{called} (") for other in found.values())
        found[name] = f"{called} ({same + 1})" if same else called
    return found


def keep_in_link(name: str) -> None:
    """Put a data set of one's own into the page's address; take it out when another one is chosen."""
    if name.startswith("own-"):
        if st.query_params.get(LINK) != name:
            st.query_params[LINK] = name
    elif LINK in st.query_params:
        del st.query_params[LINK]


def link_to(name: str, parameter: str) -> dict[str, str]:
    """Query parameters with which another page's choice, bound as `parameter`, is this data set."""
    called = titles(trainable()).get(name, name)
    return {parameter: called} | ({LINK: name} if name.startswith("own-") else {})

"""The kernel of the Kernel lab: chosen by name, edited in cells, or pasted; one text, kept in the URL, holds it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels import KERNELS, SIGMAS, SIZES, Kernel, named, recognise, resize, usual_view
from cnn_core.matrices import format_matrix, parse_matrix
from pages.shared.editors import matrix_editor

Weights = NDArray[np.float64]
TEXT = "kernels_weights"
LAST = "kernels_last"
FAMILY = {kernel.name: kernel.family for kernel in KERNELS}


def choose_kernel() -> Weights | None:
    """The weights (3, 3) or (5, 5), with the reason beside the control when the text holds none.

    While a cell is being typed it may hold no number: then the last kernel stays. None if there never was one.
    """
    pick, cells = st.container(), st.container()
    with st.expander("Type or paste", icon=":material/edit_note:"):
        text = st.text_area(
            "Weights",
            format_matrix(KERNELS[0].weights),
            key=TEXT,
            bind="query-params",
            help="Rows end with ; or a new line. Fractions such as 1/9 work.",
        )
    problem = ""
    try:
        st.session_state[LAST] = _parse(text)
    except ValueError as error:
        problem = str(error)
    weights: Weights | None = st.session_state.get(LAST)
    found = None if weights is None else recognise(weights)
    with pick:
        _pick(found, weights)
    with cells:
        matrix_editor("Kernel", text, text_key=TEXT, role="kernel")
        if problem:
            st.error(problem + (" Until then the last kernel is shown." if weights is not None else ""))
    if found:  # below the cells, which must not move while they are edited
        _explain(found)
    return weights


def _parse(text: str) -> Weights:
    values = parse_matrix(text, name="kernel", max_rows=max(SIZES), max_columns=max(SIZES))
    if values.shape not in {(size, size) for size in SIZES}:
        raise ValueError(f"The kernel is {values.shape[0]} × {values.shape[1]}: make it 3 × 3 or 5 × 5.")
    return values


def _pick(found: Kernel | None, weights: Weights | None) -> None:
    """Name and size of the kernel: each says what the weights are, and rewrites them when changed."""
    state = st.session_state
    state.kernels_name = found.name if found else None
    state.kernels_size = f"{len(weights)} × {len(weights)}" if weights is not None else None
    st.selectbox(
        "Kernel",
        [kernel.name for kernel in KERNELS],
        format_func=lambda name: f"{FAMILY[name]}: {name}",
        key="kernels_name",
        on_change=_take_name,
        placeholder="Your own numbers",
    )
    st.segmented_control(
        "Size",
        [f"{size} × {size}" for size in SIZES],
        key="kernels_size",
        on_change=_take_size,
        help="The middle weights stay; from 3 × 3 to 5 × 5 zeros are added around them.",
    )


def _explain(kernel: Kernel) -> None:
    """What a named kernel sees, its formula, and its width if it has one."""
    if kernel.sigma:
        st.session_state.kernels_sigma = kernel.sigma
        st.select_slider("Width σ in pixels", SIGMAS, key="kernels_sigma", on_change=_take_sigma, args=(kernel.name,))
    st.markdown(kernel.sees)
    st.latex(kernel.formula)


def _take_name() -> None:
    if st.session_state.kernels_name:
        kernel = named(st.session_state.kernels_name)
        st.session_state[TEXT] = format_matrix(kernel.weights)
        suited = {"signed": "Signed", "clamp": "0 to 255"}
        st.session_state.kernels_view = suited[usual_view(kernel.weights)]


def _take_sigma(name: str) -> None:
    st.session_state[TEXT] = format_matrix(named(name, st.session_state.kernels_sigma).weights)


def _take_size() -> None:
    if st.session_state.kernels_size and LAST in st.session_state:
        size = int(st.session_state.kernels_size[0])
        st.session_state[TEXT] = format_matrix(resize(st.session_state[LAST], size))

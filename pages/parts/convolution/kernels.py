"""The filters of the Convolution page: kernels, groups and biases; kept in the link as text."""

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.matrices import inputs as sources
from cnn_core.matrices.examples import KERNELS, name_of
from cnn_core.matrices.inputs import Stack
from cnn_core.matrices.text import format_matrix, format_planes, parse_matrix, parse_planes

KERNEL, BIAS, GROUPS = "convolution_kernel", "convolution_bias", "convolution_groups"
MOST_PLANES, MOST_FILTERS, MOST_WEIGHTS = 12, 4, 7


def number(label: str, key: str, low: int, high: int, **options: Any) -> int:
    """A whole number from `low` to `high`."""
    return int(st.number_input(label, low, high, key=key, width=110, **options))


def stored_kernels() -> Stack | None:
    """The kernels' planes as the state has them; None when their text is no kernel."""
    try:
        return parse_planes(st.session_state[KERNEL], name="kernel", max_planes=MOST_PLANES)
    except (ValueError, KeyError):
        return None


def write_kernels(
    *, had: int, channels: int, groups: int, filters: int | None = None, size: tuple[int, int] | None = None
) -> None:
    """Bring the kernels' text to so many filters, groups and cells, for an input of so many channels."""
    old = stored_kernels()
    before = had // st.session_state.get(GROUPS, 1) or 1
    if old is None or len(old) % before:
        old, before = next(iter(KERNELS.values()))[None], 1
    count = filters or len(old) // before
    count = min(MOST_FILTERS, max(groups, -(-count // groups) * groups))
    count -= count % groups
    planes = sources.fit_kernels(old, count, channels // groups, size or (old.shape[1], old.shape[2]), had=before)
    st.session_state[KERNEL] = format_planes(planes)
    st.session_state[GROUPS] = groups
    bias = st.session_state.get(BIAS, "")
    if bias:
        st.session_state[BIAS] = bias_text(bias, count)


def bias_text(text: str, filters: int) -> str:
    """The biases of `text` for so many filters: cut, or extended by zeros."""
    try:
        values = parse_matrix(text, name="bias", max_rows=MOST_FILTERS, max_columns=1)
    except ValueError:
        values = np.ones((1, 1))
    return format_matrix(np.pad(values[:filters], ((0, max(0, filters - len(values))), (0, 0))))


def kernel_controls(x: Stack | None) -> tuple[Stack | None, Stack | None, int]:
    """Kernels (F, C/groups, kH, kW), biases (F,) and the number of groups."""
    channels = 1 if x is None else len(x)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    picker = row.container()
    with row.popover("Size, filters, bias", icon=":material/edit:"):
        size_box = st.container()
        text = st.text_area(
            "Type or paste the kernel",
            format_matrix(next(iter(KERNELS.values()))),
            key=KERNEL,
            bind="query-params",
            help="Rows end with ; or a new line. | parts channels, and after the last channel filters.",
        )
        bias = st.text_input(
            "Bias",
            key=BIAS,
            bind="query-params",
            placeholder="none",
            help="One number a filter, parted by ; and added to each of its sums. Empty: no bias.",
        )
    with size_box:
        groups = group_controls(channels)
    planes, biases, problem = read_kernels(text, bias, channels, groups)
    with size_box:
        kernel_size_controls(planes, channels, groups)
        which = filter_control(planes)
    with picker:
        preset_control(planes, which)
    if problem:
        st.error(problem)
        if x is not None and planes is not None and planes.ndim == 3:
            st.button("Fit the kernel to the input", on_click=lambda: write_kernels(had=1, channels=channels, groups=1))
        return None, None, groups
    return planes, biases, groups


def read_kernels(text: str, bias: str, channels: int, groups: int) -> tuple[Stack | None, Stack | None, str]:
    """Kernels and biases, or what is wrong; kernels that do not fit the input come back as planes, with the reason."""
    most = channels // groups * MOST_FILTERS
    per_filter = channels // groups
    planes = None
    try:
        planes = parse_planes(
            text, name="kernel", max_planes=max(most, MOST_FILTERS), max_rows=MOST_WEIGHTS, max_columns=MOST_WEIGHTS
        )
        if len(planes) % per_filter or len(planes) // per_filter > MOST_FILTERS:
            raise ValueError(
                f"The kernel has {len(planes)} planes and a filter needs one for each of {per_filter} channels: "
                f"right are {', '.join(str(f * per_filter) for f in range(1, MOST_FILTERS + 1))}."
            )
        kernels = planes.reshape(-1, per_filter, *planes.shape[1:])
        if len(kernels) % groups:
            raise ValueError(f"There are {len(kernels)} filters for {groups} groups: every group needs as many.")
        if not bias.strip():
            return kernels, None, ""
        values = parse_matrix(bias, name="bias", max_rows=MOST_FILTERS, max_columns=MOST_FILTERS).ravel()
        if len(values) != len(kernels):
            raise ValueError(f"The bias has {len(values)} numbers: right is one for each of {len(kernels)} filters.")
        return kernels, values, ""
    except ValueError as error:
        return planes, None, str(error)


def group_controls(channels: int) -> int:
    """How many groups the channels form; nothing to choose for one channel."""
    if channels == 1:
        st.session_state.pop(GROUPS, None)
        return 1
    options = (1, channels)
    if st.session_state.get(GROUPS, 1) not in options:
        st.session_state[GROUPS] = 1
    before = st.session_state.get(GROUPS, 1)
    return (
        st.segmented_control(
            "Groups",
            options,
            default=1 if GROUPS not in st.session_state else None,
            required=True,
            key=GROUPS,
            bind="query-params",
            format_func=lambda groups: "1" if groups == 1 else f"{groups}: depthwise",
            help="1: every filter reads every channel. Depthwise: each filter reads a channel of its own.",
            on_change=take_groups,
            args=(channels, before),
        )
        or 1
    )


def take_groups(channels: int, before: int) -> None:
    """Another number of groups was chosen: filters read more or fewer channels."""
    groups = st.session_state[GROUPS]
    st.session_state[GROUPS] = before
    write_kernels(had=channels, channels=channels, groups=groups)


def kernel_size_controls(kernels: Stack | None, channels: int, groups: int) -> None:
    """Filters, height and width."""
    if kernels is None or kernels.ndim != 4:
        return
    state = st.session_state
    state.convolution_filters = len(kernels)
    state.convolution_kernel_height, state.convolution_kernel_width = kernels.shape[2:]

    def take() -> None:
        size = (state.convolution_kernel_height, state.convolution_kernel_width)
        filters = state.convolution_filters
        write_kernels(had=channels, channels=channels, groups=groups, filters=filters, size=size)

    with st.container(horizontal=True):
        options = tuple(range(groups, MOST_FILTERS + 1, groups))
        st.segmented_control("Filters", options, key="convolution_filters", required=True, on_change=take)
        number("Height", "convolution_kernel_height", 1, MOST_WEIGHTS, on_change=take)
        number("Width", "convolution_kernel_width", 1, MOST_WEIGHTS, on_change=take)


def filter_control(kernels: Stack | None) -> int:
    """The filter that the named kernels are for, from 1."""
    if kernels is None or kernels.ndim != 4 or len(kernels) == 1:
        return 1
    options = tuple(range(1, len(kernels) + 1))
    if st.session_state.get("convolution_filter", 1) not in options:
        st.session_state.convolution_filter = 1
    chosen = st.segmented_control(
        "Named kernels are for filter", options, default=1, required=True, key="convolution_filter"
    )
    return chosen or 1


def preset_control(kernels: Stack | None, which: int) -> None:
    """A named kernel for filter `which`, in all its channels."""
    filters = len(kernels) if kernels is not None and kernels.ndim == 4 else 1
    planes = None if kernels is None or kernels.ndim != 4 else kernels[which - 1]

    def take() -> None:
        named = KERNELS.get(st.session_state.convolution_preset)
        if named is None:
            return
        if kernels is None or planes is None or (filters == 1 and len(planes) == 1):
            st.session_state[KERNEL] = format_matrix(named)
            return
        size = (kernels.shape[2], kernels.shape[3])
        changed = kernels.copy()
        changed[which - 1] = sources.centred(named, size)
        st.session_state[KERNEL] = format_planes(changed.reshape(-1, *size))

    same = planes is not None and all(np.array_equal(plane, planes[0]) for plane in planes)
    st.session_state.convolution_preset = name_of(planes[0], KERNELS) if planes is not None and same else None
    label = "Kernel" if filters == 1 else f"Kernel of filter {which}"
    st.selectbox(label, list(KERNELS), key="convolution_preset", on_change=take, placeholder="Your own numbers")

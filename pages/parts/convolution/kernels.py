"""The filters of the Convolution page: kernels, groups and biases; kept in the link as text."""

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.matrices import inputs
from cnn_core.matrices.examples import KERNELS, example_name
from cnn_core.matrices.inputs import Stack
from cnn_core.matrices.text import format_matrix, format_planes, parse_matrix, parse_planes

KERNEL_KEY = "convolution_kernel"
BIAS_KEY = "convolution_bias"
GROUPS_KEY = "convolution_groups"
MAX_FILTERS = 4
"""Filters that fit on the screen side by side."""
MAX_PLANES = 12
"""Planes of all kernels: MAX_FILTERS filters over three channels."""
MAX_KERNEL_SIDE = 7
"""Rows and columns of a kernel that can still be followed step by step."""


def number_field(label: str, key: str, minimum: int, maximum: int, **options: Any) -> int:
    """Show a field for a whole number from `minimum` to `maximum`, and return it."""
    return int(st.number_input(label, minimum, maximum, key=key, width=110, **options))


def read_stored_kernels() -> Stack | None:
    """Read the kernels' planes from the state; None when their text is not valid."""
    try:
        return parse_planes(st.session_state[KERNEL_KEY], name="kernel", max_planes=MAX_PLANES)
    except (ValueError, KeyError):
        return None


def write_kernels(
    *, old_channels: int, channels: int, groups: int, filters: int | None = None, size: tuple[int, int] | None = None
) -> None:
    """Resize the kernels' text to the chosen filters, groups and cells, for the input's channels."""
    old = read_stored_kernels()
    old_per_filter = old_channels // st.session_state.get(GROUPS_KEY, 1) or 1
    if old is None or len(old) % old_per_filter:
        old, old_per_filter = next(iter(KERNELS.values()))[None], 1
    count = filters or len(old) // old_per_filter
    count = min(MAX_FILTERS, max(groups, -(-count // groups) * groups))
    count -= count % groups
    planes = inputs.fit_kernels(
        old, count, channels // groups, size or (old.shape[1], old.shape[2]), old_channels=old_per_filter
    )
    st.session_state[KERNEL_KEY] = format_planes(planes)
    st.session_state[GROUPS_KEY] = groups
    bias = st.session_state.get(BIAS_KEY, "")
    if bias:
        st.session_state[BIAS_KEY] = resize_bias_text(bias, count)


def resize_bias_text(text: str, filters: int) -> str:
    """Return the biases of `text` for `filters` filters: cut, or extended by zeros."""
    try:
        values = parse_matrix(text, name="bias", max_rows=MAX_FILTERS, max_columns=1)
    except ValueError:
        values = np.ones((1, 1))
    return format_matrix(np.pad(values[:filters], ((0, max(0, filters - len(values))), (0, 0))))


def choose_kernels(x: Stack | None) -> tuple[Stack | None, Stack | None, int]:
    """Let the learner choose kernels (F, C/groups, kH, kW), biases (F,) and the number of groups."""
    channels = 1 if x is None else len(x)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    picker = row.container()
    with row.popover("Size, filters, bias", icon=":material/edit:"):
        size_box = st.container()
        text = st.text_area(
            "Type or paste the kernel",
            format_matrix(next(iter(KERNELS.values()))),
            key=KERNEL_KEY,
            bind="query-params",
            help="Rows end with ; or a new line. | parts channels, and after the last channel filters.",
        )
        bias = st.text_input(
            "Bias",
            key=BIAS_KEY,
            bind="query-params",
            placeholder="none",
            help="One number a filter, parted by ; and added to each of its sums. Empty: no bias.",
        )
    with size_box:
        groups = choose_groups(channels)
    planes, biases, problem = parse_kernels(text, bias, channels, groups)
    with size_box:
        show_kernel_size_controls(planes, channels, groups)
        filter_number = choose_filter(planes)
    with picker:
        show_preset_picker(planes, filter_number)
    if problem:
        st.error(problem)
        if x is not None and planes is not None and planes.ndim == 3:
            st.button(
                "Fit the kernel to the input",
                on_click=lambda: write_kernels(old_channels=1, channels=channels, groups=1),
            )
        return None, None, groups
    return planes, biases, groups


def parse_kernels(text: str, bias: str, channels: int, groups: int) -> tuple[Stack | None, Stack | None, str]:
    """Read kernels and biases, and say what is wrong; kernels that do not fit the input are returned as planes."""
    max_planes = channels // groups * MAX_FILTERS
    per_filter = channels // groups
    planes = None
    try:
        planes = parse_planes(
            text,
            name="kernel",
            max_planes=max(max_planes, MAX_FILTERS),
            max_rows=MAX_KERNEL_SIDE,
            max_columns=MAX_KERNEL_SIDE,
        )
        if len(planes) % per_filter or len(planes) // per_filter > MAX_FILTERS:
            raise ValueError(
                f"The kernel has {len(planes)} planes and a filter needs one for each of {per_filter} channels: "
                f"right are {', '.join(str(f * per_filter) for f in range(1, MAX_FILTERS + 1))}."
            )
        kernels = planes.reshape(-1, per_filter, *planes.shape[1:])
        if len(kernels) % groups:
            raise ValueError(f"There are {len(kernels)} filters for {groups} groups: every group needs as many.")
        if not bias.strip():
            return kernels, None, ""
        values = parse_matrix(bias, name="bias", max_rows=MAX_FILTERS, max_columns=MAX_FILTERS).ravel()
        if len(values) != len(kernels):
            raise ValueError(f"The bias has {len(values)} numbers: right is one for each of {len(kernels)} filters.")
        return kernels, values, ""
    except ValueError as error:
        return planes, None, str(error)


def choose_groups(channels: int) -> int:
    """Let the learner choose the number of groups; there is nothing to choose for one channel."""
    if channels == 1:
        st.session_state.pop(GROUPS_KEY, None)
        return 1
    options = (1, channels)
    if st.session_state.get(GROUPS_KEY, 1) not in options:
        st.session_state[GROUPS_KEY] = 1
    before = st.session_state.get(GROUPS_KEY, 1)
    return (
        st.segmented_control(
            "Groups",
            options,
            default=1 if GROUPS_KEY not in st.session_state else None,
            required=True,
            key=GROUPS_KEY,
            bind="query-params",
            format_func=lambda groups: "1" if groups == 1 else f"{groups}: depthwise",
            help="1: every filter reads every channel. Depthwise: each filter reads a channel of its own.",
            on_change=apply_groups,
            args=(channels, before),
        )
        or 1
    )


def apply_groups(channels: int, old_groups: int) -> None:
    """Resize the kernels after the number of groups has changed: filters read more or fewer channels."""
    groups = st.session_state[GROUPS_KEY]
    st.session_state[GROUPS_KEY] = old_groups
    write_kernels(old_channels=channels, channels=channels, groups=groups)


def show_kernel_size_controls(kernels: Stack | None, channels: int, groups: int) -> None:
    """Show the controls for filters, height and width."""
    if kernels is None or kernels.ndim != 4:
        return
    session = st.session_state
    session.convolution_filters = len(kernels)
    session.convolution_kernel_height, session.convolution_kernel_width = kernels.shape[2:]

    def apply_kernel_size() -> None:
        size = (session.convolution_kernel_height, session.convolution_kernel_width)
        filters = session.convolution_filters
        write_kernels(old_channels=channels, channels=channels, groups=groups, filters=filters, size=size)

    with st.container(horizontal=True):
        options = tuple(range(groups, MAX_FILTERS + 1, groups))
        st.segmented_control("Filters", options, key="convolution_filters", required=True, on_change=apply_kernel_size)
        number_field("Height", "convolution_kernel_height", 1, MAX_KERNEL_SIDE, on_change=apply_kernel_size)
        number_field("Width", "convolution_kernel_width", 1, MAX_KERNEL_SIDE, on_change=apply_kernel_size)


def choose_filter(kernels: Stack | None) -> int:
    """Let the learner choose the filter that named kernels replace, counted from 1."""
    if kernels is None or kernels.ndim != 4 or len(kernels) == 1:
        return 1
    options = tuple(range(1, len(kernels) + 1))
    if st.session_state.get("convolution_filter", 1) not in options:
        st.session_state.convolution_filter = 1
    chosen = st.segmented_control(
        "Named kernels are for filter", options, default=1, required=True, key="convolution_filter"
    )
    return chosen or 1


def show_preset_picker(kernels: Stack | None, filter_number: int) -> None:
    """Show the named kernels for filter `filter_number`; one fills all its channels."""
    filters = len(kernels) if kernels is not None and kernels.ndim == 4 else 1
    planes = None if kernels is None or kernels.ndim != 4 else kernels[filter_number - 1]

    def apply_preset() -> None:
        named = KERNELS.get(st.session_state.convolution_preset)
        if named is None:
            return
        if kernels is None or planes is None or (filters == 1 and len(planes) == 1):
            st.session_state[KERNEL_KEY] = format_matrix(named)
            return
        size = (kernels.shape[2], kernels.shape[3])
        changed = kernels.copy()
        changed[filter_number - 1] = inputs.centre_kernel(named, size)
        st.session_state[KERNEL_KEY] = format_planes(changed.reshape(-1, *size))

    same = planes is not None and all(np.array_equal(plane, planes[0]) for plane in planes)
    st.session_state.convolution_preset = example_name(planes[0], KERNELS) if planes is not None and same else None
    label = "Kernel" if filters == 1 else f"Kernel of filter {filter_number}"
    st.selectbox(label, list(KERNELS), key="convolution_preset", on_change=apply_preset, placeholder="Your own numbers")

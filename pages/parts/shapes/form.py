"""The form that describes one layer and its input; every control is kept in the URL under the prefix `shapes_`."""

import streamlit as st

from cnn_core.shapes.calculator import (
    ADAPTIVE,
    AVERAGE_POOLING,
    AXES,
    BATCH_NORM,
    CONVOLUTION,
    FLATTEN,
    LINEAR,
    MAX_POOLING,
    TRANSPOSED,
    Case,
    Way,
)
from pages.shared.controls import note

SIZES = {"length": 128, "depth": 8, "height": 32, "width": 32}
SETTINGS = {
    CONVOLUTION: {"kernel": 5, "stride": 2, "padding": 1, "dilation": 1},
    TRANSPOSED: {"kernel": 4, "stride": 2, "padding": 1, "dilation": 1, "output_padding": 0},
    MAX_POOLING: {"kernel": 2, "stride": 2, "padding": 0, "dilation": 1},
    AVERAGE_POOLING: {"kernel": 2, "stride": 2, "padding": 0},
    ADAPTIVE: {"bins": 7},
}
"""Kind → what it has along every axis, and what stands there first."""
PREFIX = {TRANSPOSED: "up_", MAX_POOLING: "pool_", AVERAGE_POOLING: "pool_"}
LABELS = {
    "kernel": ("Kernel", 1, 64, None),
    "stride": ("Stride", 1, 64, "Cells from one window to the next."),
    "padding": ("Padding", 0, 64, "Cells added on each side."),
    "dilation": ("Dilation", 1, 32, "Cells from one kernel tap to the next."),
    "output_padding": ("Output padding", 0, 31, "Which of the sizes that a stride makes alike is meant."),
    "bins": ("Output size", 1, 512, "As many means as this, whatever the input."),
}


def number(label: str, name: str, default: int, low: int, high: int, hint: str | None = None, width: int = 112) -> int:
    """A whole number from `low` to `high`, kept in the URL."""
    key = f"shapes_{name}"
    return int(st.number_input(label, low, high, default, key=key, bind="query-params", help=hint, width=width))


def flag(label: str, name: str, default: bool, hint: str) -> bool:
    """A switch, kept in the URL."""
    return st.toggle(label, default, key=f"shapes_{name}", bind="query-params", help=hint)


def describe(kind: str, dims: int) -> Case:
    """The layer and its input, as set."""
    names = AXES[dims]
    width = 112 if dims < 3 else 72
    st.markdown("**Input**")
    channels = number("Channels", "channels", 3, 1, 4096)
    with st.container(horizontal=True):
        sizes = [number(name.capitalize(), name, SIZES[name], 1, 512, width=width) for name in names]
    st.markdown(f"**{kind}**")
    filters, groups, bias, ceil_mode = counts(kind)
    sides = along_axes(kind, names, width)
    axes = tuple(Way(size, **{name: values[axis] for name, values in sides.items()}) for axis, size in enumerate(sizes))
    return Case(kind, channels, axes, filters, groups, bias, ceil_mode)


def counts(kind: str) -> tuple[int, int, bool, bool]:
    """Filters or units, groups, bias and ceil mode: whatever the kind has of them."""
    filters, groups, bias, ceil_mode = 1, 1, True, False
    if kind in (CONVOLUTION, TRANSPOSED):
        with st.container(horizontal=True):
            filters = number("Filters", "filters", 36, 1, 4096, "Output channels.")
            groups = number("Groups", "groups", 1, 1, 4096, "Each group of filters sees its share of the channels.")
        bias = flag("Bias", "bias", True, "One added number a filter; useless before a batch norm.")
    elif kind == LINEAR:
        filters = number("Units", "units", 10, 1, 65536, "Outputs: for a last layer, one a class.")
        bias = flag("Bias", "linear_bias", True, "One added number a unit.")
    elif kind in (MAX_POOLING, AVERAGE_POOLING):
        ceil_mode = flag("Ceil mode", "ceil_mode", False, "Round the size up: the last window may hang over the edge.")
    elif kind == BATCH_NORM:
        note("A scale γ and a shift β for each channel; running mean and variance are kept, not learned.")
    elif kind == FLATTEN:
        note("The same numbers in one row: nothing is learned, nothing is computed.")
    return filters, groups, bias, ceil_mode


def along_axes(kind: str, names: tuple[str, ...], width: int) -> dict[str, list[int]]:
    """What the kind has along every axis: one number for all, or one for each."""
    settings = SETTINGS.get(kind, {})
    if not settings:
        return {}
    alike = len(names) == 1 or flag("The same along every axis", "same", True, "Off: rectangular kernels and strides.")
    prefix, found = PREFIX.get(kind, ""), {}
    row = st.container(horizontal=True)
    for name, default in settings.items():
        label, low, high, hint = LABELS[name]
        with row if alike else st.container(horizontal=True):
            if alike:
                found[name] = [number(label, f"{prefix}{name}", default, low, high, hint)] * len(names)
            else:
                found[name] = [
                    number(f"{label} {axis}", f"{prefix}{name}_{axis}", default, low, high, hint, width)
                    for axis in names
                ]
    return found

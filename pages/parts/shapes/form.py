"""The form that describes one layer and its input; every control is kept in the URL under the prefix `shapes_`."""

import streamlit as st

from cnn_core.shapes.calculator import (
    ADAPTIVE_POOLING,
    AVERAGE_POOLING,
    AXIS_NAMES,
    BATCH_NORM,
    CONVOLUTION,
    FLATTEN,
    LINEAR,
    MAX_POOLING,
    TRANSPOSED_CONVOLUTION,
    AxisSettings,
    LayerCase,
)
from pages.shared.controls import show_note

DEFAULT_SIZES = {"length": 128, "depth": 8, "height": 32, "width": 32}
AXIS_DEFAULTS = {
    CONVOLUTION: {"kernel": 5, "stride": 2, "padding": 1, "dilation": 1},
    TRANSPOSED_CONVOLUTION: {"kernel": 4, "stride": 2, "padding": 1, "dilation": 1, "output_padding": 0},
    MAX_POOLING: {"kernel": 2, "stride": 2, "padding": 0, "dilation": 1},
    AVERAGE_POOLING: {"kernel": 2, "stride": 2, "padding": 0},
    ADAPTIVE_POOLING: {"bins": 7},
}
"""Kind → what it has along every axis, and what stands there first."""
KEY_PREFIXES = {TRANSPOSED_CONVOLUTION: "up_", MAX_POOLING: "pool_", AVERAGE_POOLING: "pool_"}
SETTING_LABELS = {
    "kernel": ("Kernel", 1, 64, None),
    "stride": ("Stride", 1, 64, "Cells from one window to the next."),
    "padding": ("Padding", 0, 64, "Cells added on each side."),
    "dilation": ("Dilation", 1, 32, "Cells from one kernel tap to the next."),
    "output_padding": ("Output padding", 0, 31, "Which of the sizes that a stride makes alike is meant."),
    "bins": ("Output size", 1, 512, "As many means as this, whatever the input."),
}


def number_field(
    label: str, name: str, default: int, minimum: int, maximum: int, hint: str | None = None, width: int = 112
) -> int:
    """Show a field for a whole number, kept in the URL, and return it."""
    key = f"shapes_{name}"
    return int(st.number_input(label, minimum, maximum, default, key=key, bind="query-params", help=hint, width=width))


def flag_field(label: str, name: str, default: bool, hint: str) -> bool:
    """Show a switch, kept in the URL, and return its value."""
    return st.toggle(label, default, key=f"shapes_{name}", bind="query-params", help=hint)


def choose_layer(kind: str, dims: int) -> LayerCase:
    """Let the learner choose the layer's settings and its input."""
    names = AXIS_NAMES[dims]
    width = 112 if dims < 3 else 72
    st.markdown("**Input**")
    channels = number_field("Channels", "channels", 3, 1, 4096)
    with st.container(horizontal=True):
        sizes = [number_field(name.capitalize(), name, DEFAULT_SIZES[name], 1, 512, width=width) for name in names]
    st.markdown(f"**{kind}**")
    filters, groups, bias, ceil_mode = choose_counts(kind)
    sides = choose_axis_settings(kind, names, width)
    axes = tuple(
        AxisSettings(size, **{name: values[axis] for name, values in sides.items()}) for axis, size in enumerate(sizes)
    )
    return LayerCase(kind, channels, axes, filters, groups, bias, ceil_mode)


def choose_counts(kind: str) -> tuple[int, int, bool, bool]:
    """Let the learner choose filters or units, groups, bias and ceil mode, as far as the kind has them."""
    filters, groups, bias, ceil_mode = 1, 1, True, False
    if kind in (CONVOLUTION, TRANSPOSED_CONVOLUTION):
        with st.container(horizontal=True):
            filters = number_field("Filters", "filters", 36, 1, 4096, "Output channels.")
            groups = number_field(
                "Groups", "groups", 1, 1, 4096, "Each group of filters sees its share of the channels."
            )
        bias = flag_field("Bias", "bias", True, "One added number a filter; useless before a batch norm.")
    elif kind == LINEAR:
        filters = number_field("Units", "units", 10, 1, 65536, "Outputs: for a last layer, one a class.")
        bias = flag_field("Bias", "linear_bias", True, "One added number a unit.")
    elif kind in (MAX_POOLING, AVERAGE_POOLING):
        ceil_mode = flag_field(
            "Ceil mode", "ceil_mode", False, "Round the size up: the last window may hang over the edge."
        )
    elif kind == BATCH_NORM:
        show_note("A scale γ and a shift β for each channel; running mean and variance are kept, not learned.")
    elif kind == FLATTEN:
        show_note("The same numbers in one row: nothing is learned, nothing is computed.")
    return filters, groups, bias, ceil_mode


def choose_axis_settings(kind: str, names: tuple[str, ...], width: int) -> dict[str, list[int]]:
    """Let the learner choose the settings along the axes: one number for all, or one for each."""
    settings = AXIS_DEFAULTS.get(kind, {})
    if not settings:
        return {}
    alike = len(names) == 1 or flag_field(
        "The same along every axis", "same", True, "Off: rectangular kernels and strides."
    )
    prefix, values = KEY_PREFIXES.get(kind, ""), {}
    row = st.container(horizontal=True)
    for name, default in settings.items():
        label, low, high, hint = SETTING_LABELS[name]
        with row if alike else st.container(horizontal=True):
            if alike:
                values[name] = [number_field(label, f"{prefix}{name}", default, low, high, hint)] * len(names)
            else:
                values[name] = [
                    number_field(f"{label} {axis}", f"{prefix}{name}_{axis}", default, low, high, hint, width)
                    for axis in names
                ]
    return values

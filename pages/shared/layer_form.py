"""The form that describes one layer and its input; every control is kept in the URL under the prefix `shapes_`."""

from typing import Any

import streamlit as st

from cnn_core.spec import AvgPool2d, Conv2d, Layer, Linear, MaxPool2d

Image = tuple[int, int, int]


def number(label: str, name: str, default: int, low: int, high: int, hint: str | None = None) -> int:
    """A whole number from `low` to `high`, kept in the URL."""
    key = f"shapes_{name}"
    return int(st.number_input(label, low, high, default, key=key, bind="query-params", help=hint, width=120))


def flag(label: str, name: str, default: bool, hint: str) -> bool:
    """A switch, kept in the URL."""
    return st.toggle(label, default, key=f"shapes_{name}", bind="query-params", help=hint)


def image_controls() -> Image:
    """Channels, height and width of the input."""
    st.markdown("**Input**")
    channels = number("Channels", "channels", 3, 1, 4096)
    with st.container(horizontal=True):
        return channels, number("Height", "height", 32, 1, 512), number("Width", "width", 32, 1, 512)


def window_controls(prefix: str, kernel: int, stride: int, padding: int) -> dict[str, Any]:
    """Kernel height and width, stride and padding; pooling has its own values under the prefix `pool_`."""
    with st.container(horizontal=True):
        height = number("Kernel height", f"{prefix}kernel_height", kernel, 1, 31)
        width = number("Kernel width", f"{prefix}kernel_width", kernel, 1, 31)
    with st.container(horizontal=True):
        step = number("Stride", f"{prefix}stride", stride, 1, 32, "Cells from one window to the next.")
        pad = number("Padding", f"{prefix}padding", padding, 0, 64, "Cells added on each of the four sides.")
    return {"kernel_size": (height, width), "stride": step, "padding": pad}


def convolution_controls() -> Conv2d:
    """A convolution, as set."""
    st.markdown("**Convolution**")
    with st.container(horizontal=True):
        filters = number("Filters", "filters", 36, 1, 4096, "Output channels: one a filter.")
        groups = number("Groups", "groups", 1, 1, 4096, "Each group of filters sees its share of the channels only.")
    where = window_controls("", kernel=5, stride=2, padding=1)
    dilation = number("Dilation", "dilation", 1, 1, 32, "Cells from one kernel tap to the next.")
    bias = flag("Bias", "bias", True, "One added number a filter; useless before a batch norm.")
    return Conv2d(filters, **where, dilation=dilation, groups=groups, bias=bias)


def pooling_controls(kind: str) -> MaxPool2d | AvgPool2d:
    """A max or average pooling, as set."""
    st.markdown(f"**{kind}**")
    where = window_controls("pool_", kernel=2, stride=2, padding=0)
    dilation = 1
    if kind == "Max pooling":
        dilation = number("Dilation", "pool_dilation", 1, 1, 32, "Cells from one kernel tap to the next.")
    ceil_mode = flag("Ceil mode", "ceil_mode", False, "Round the size up: the last window may hang over the edge.")
    if kind == "Average pooling":
        return AvgPool2d(**where, ceil_mode=ceil_mode)
    return MaxPool2d(**where, ceil_mode=ceil_mode, dilation=dilation)


def linear_controls() -> Linear:
    """A fully connected layer, as set."""
    st.markdown("**Linear**")
    units = number("Units", "units", 10, 1, 65536, "Outputs: for a last layer, one a class.")
    return Linear(units, flag("Bias", "linear_bias", True, "One added number a unit."))


def layer_controls(kind: str) -> Layer:
    """The layer of the chosen kind, as set."""
    if kind == "Convolution":
        return convolution_controls()
    return linear_controls() if kind == "Linear" else pooling_controls(kind)

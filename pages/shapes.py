"""Shapes: one layer's output size, parameters and work, with the numbers substituted step by step."""

import streamlit as st

from cnn_core.spec import Conv2d, Layer, Linear, Shape, torch_line
from cnn_core.working import (
    Axis,
    WindowLayer,
    aligned,
    axis_of,
    leftovers,
    mac_steps,
    number,
    parameter_steps,
    size_steps,
)
from pages.shared import lesson
from pages.shared.layer_form import Image, image_controls, layer_controls
from pages.shared.site import ensure_router, header
from pages.shared.windows import windows

KINDS = ("Convolution", "Max pooling", "Average pooling", "Linear")


def axes_of(layer: Layer, image: Image) -> tuple[Axis, Axis]:
    """Height and width; a linear layer is drawn as the one window that covers the whole input."""
    if isinstance(layer, WindowLayer):
        return axis_of(layer, image, 0), axis_of(layer, image, 1)
    return tuple(Axis(size, size, 1, 0, 0, 1, ceil_mode=False, out=1) for size in image[1:])  # type: ignore[return-value]


def totals(layer: Layer, shape: Shape) -> None:
    """The three answers."""
    out = " × ".join(f"{size:,}" for size in layer.output_shape(shape))
    with st.container(horizontal=True):
        st.metric("Output shape", out, border=True, help="Channels × height × width, as PyTorch orders them.")
        st.metric("Parameters", f"{layer.parameters(shape):,}", border=True, help="Learned weights and biases.")
        macs = f"{layer.macs(shape):,}"
        st.metric("MACs", macs, border=True, help="Multiply–accumulates for one image; pooling has none.")


def picture(layer: Layer, axes: tuple[Axis, Axis], image: Image, depth: int) -> None:
    """The window map, and what the windows leave over."""
    rows, columns = axes
    alt = f"Input of {rows.size} × {columns.size} cells and the windows that read it"
    windows(rows, columns, channels=image[0], filters=depth, alt=alt, key="shapes_map")
    if isinstance(layer, Linear):
        st.info(
            "Every unit reads the whole input: a convolution whose kernel covers everything.", icon=":material/link:"
        )
    elif rows == columns:
        st.info(leftovers(rows, "row and column"), icon=":material/straighten:")
    else:
        text = f"**Height:** {leftovers(rows, 'row')}\n\n**Width:** {leftovers(columns, 'column')}"
        st.info(text, icon=":material/straighten:")


def size_working(layer: Layer, axes: tuple[Axis, Axis], image: Image) -> None:
    """The output size, step by step; height and width side by side when they differ."""
    st.subheader("Output size", anchor=False)
    if isinstance(layer, Linear):
        channels, height, width = image
        st.latex(
            rf"N = C \cdot H \cdot W = {channels} \cdot {height} \cdot {width} = {number(channels * height * width)}"
        )
        lesson.note("Flattened to N values, of which each of the M units makes one output.")
        return
    if axes[0] == axes[1]:
        st.latex(aligned(size_steps(axes[0], "H")))
        lesson.note("The width gives the same.")
        return
    for column, axis, symbol in zip(st.columns(2), axes, "HW", strict=True):
        column.latex(aligned(size_steps(axis, symbol)))


def count_working(layer: Layer, shape: Shape) -> None:
    """Parameters and MACs, step by step."""
    left, right = st.columns(2)
    left.subheader("Parameters", anchor=False)
    right.subheader("Multiply–accumulates", anchor=False)
    if isinstance(layer, Conv2d | Linear):
        left.latex(aligned(parameter_steps(layer, shape)))
        right.latex(aligned(mac_steps(layer, shape)))
    else:
        left.markdown("None: pooling compares or averages, it learns nothing.")
        right.markdown("None are counted: a maximum or a mean multiplies no weights.")


def code(layer: Layer, shape: Shape, image: Image) -> None:
    """The same in PyTorch."""
    st.subheader("In PyTorch", anchor=False)
    lines = [torch_line(layer, shape)]
    if isinstance(layer, Linear):
        lines.insert(0, "nn.Flatten(),")
    out = layer.output_shape(shape)
    before, after, last = (", ".join(map(str, ("N", *sizes))) for sizes in (image, out, (*out[1:], out[0])))
    lines.append(f"# ({before}) → ({after})")
    if len(out) == 3:
        lines.append(f"# channels last (NumPy loops, TensorFlow): ({last})")
    st.code("\n".join(lines), language="python")


ensure_router()
header("shapes", "Set a layer and its input: see which cells its windows read, and the size and cost worked out.")
kind = st.segmented_control(
    "Layer", KINDS, default=KINDS[0], required=True, key="shapes_layer", bind="query-params", width="stretch"
)
form, view = st.columns([1, 2], gap="large")
with form, st.container(border=True):
    image = image_controls()
    try:
        layer = layer_controls(kind or KINDS[0])
        shape: Shape = (image[0] * image[1] * image[2],) if isinstance(layer, Linear) else image
        depth = layer.output_shape(shape)[0]
    except ValueError as error:
        st.error(f"{error}"[0].upper() + f"{error}"[1:].rstrip(".") + ".")
        st.stop()
axes = axes_of(layer, image)
with view:
    totals(layer, shape)
    picture(layer, axes, image, depth)
size_working(layer, axes, image)
count_working(layer, shape)
code(layer, shape, image)
lesson.try_this("shapes")

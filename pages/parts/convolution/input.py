"""The input of the Convolution page: where it comes from, its shape, its numbers; kept in the link as text."""

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.images import PHOTOS
from cnn_core.matrices import inputs as sources
from cnn_core.matrices.inputs import Stack
from cnn_core.matrices.text import format_planes, parse_planes
from pages.parts.convolution.kernels import number, write_kernels

INPUT = "convolution_input"
MOST_CHANNELS, MOST_CELLS = 3, 12


def stored_input() -> Stack | None:
    """The input as the state has it; None when its text is no input. Raises nothing: the error is shown elsewhere."""
    try:
        return parse_planes(st.session_state[INPUT], name="input", max_planes=MOST_CHANNELS)
    except (ValueError, KeyError):
        return None


def input_controls() -> Stack | None:
    """Where the input comes from, its shape, its numbers."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    picker = row.container()
    with row.popover("Shape and numbers", icon=":material/edit:"):
        shape_box = st.container()
        text = st.text_area(
            "Type or paste the input",
            format_planes(sources.draw(sources.COURSE, (1, 3, 5))),
            key=INPUT,
            bind="query-params",
            help="Rows end with ; or a new line, channels with |. Fractions such as 1/9 work.",
        )
    problem = ""
    try:
        x = parse_planes(text, name="input", max_planes=MOST_CHANNELS, max_rows=MOST_CELLS, max_columns=MOST_CELLS)
    except ValueError as error:
        x, problem = None, str(error)
    with picker:
        st.session_state.convolution_source = None if x is None else source_of(x)
        st.selectbox(
            "Input",
            sources.SOURCES,
            key="convolution_source",
            on_change=take_source,
            placeholder="Your own numbers",
        )
    with shape_box:
        shape_controls((1, 7, 7) if x is None else x.shape)
    if problem:
        st.error(problem)
    return x


def source_of(x: Stack) -> str | None:
    """The source that these numbers come from, if they are nobody's own."""
    for source in sources.DRAWN:
        if np.array_equal(sources.draw(source, x.shape, seed=seed()), x):
            return source
    return sources.PATCH if np.array_equal(patch(x.shape), x) else None


def seed() -> int:
    """What the random numbers follow."""
    return int(st.session_state.setdefault("convolution_seed", 0))


def patch(shape: tuple[int, ...]) -> Stack:
    """The patch that the controls point at, from a photograph."""
    name = st.session_state.setdefault("convolution_photo", PHOTOS[0].name)
    top, left = (st.session_state.setdefault(f"convolution_patch_{axis}", 24) for axis in ("top", "left"))
    return sources.cut(name, (shape[0], shape[1], shape[2]), top, left)


def shape_controls(shape: tuple[int, ...]) -> None:
    """Channels, rows and columns, and what a source leaves open."""
    channels, rows, columns = shape
    st.session_state.convolution_channels = channels
    st.session_state.convolution_rows, st.session_state.convolution_columns = rows, columns
    with st.container(horizontal=True):
        options = tuple(range(1, MOST_CHANNELS + 1))
        st.segmented_control("Channels", options, key="convolution_channels", required=True, on_change=take_shape)
        number("Rows", "convolution_rows", 1, MOST_CELLS, on_change=take_shape)
        number("Columns", "convolution_columns", 1, MOST_CELLS, on_change=take_shape)
    source = st.session_state.convolution_source
    if source == "Random digits":
        number("Seed", "convolution_seed", 0, 9999, on_change=take_shape, help="The same seed, the same numbers.")
    if source == sources.PATCH:
        patch_controls(shape)


def patch_controls(shape: tuple[int, ...]) -> None:
    """Choose the photograph and the place on it; the picture shows where the patch is."""
    name = st.selectbox(
        "Photograph",
        [entry.name for entry in PHOTOS],
        key="convolution_photo",
        format_func={entry.name: entry.title for entry in PHOTOS}.__getitem__,
        on_change=take_shape,
    )
    picture = sources.small_photo(name, grey=shape[0] == 1)
    rows, columns = shape[1:]
    for axis, room in (("top", picture.shape[1] - rows), ("left", picture.shape[2] - columns)):
        key = f"convolution_patch_{axis}"
        st.session_state[key] = min(st.session_state[key], room)
        label = "Rows from above" if axis == "top" else "Columns from the left"
        st.slider(label, 0, room, key=key, on_change=take_shape)
    top, left = st.session_state.convolution_patch_top, st.session_state.convolution_patch_left
    st.image(framed(picture, top, left, rows, columns), width=288, alt=f"{name}: the patch is framed in orange")


def framed(picture: Any, top: int, left: int, rows: int, columns: int) -> Any:
    """The picture (1 or 3, H, W) enlarged three times as RGB (3H, 3W, 3), the patch framed in the kernel's orange."""
    rgb = np.repeat(np.repeat(np.broadcast_to(picture, (3, *picture.shape[1:])), 3, axis=1), 3, axis=2)
    image = np.ascontiguousarray(rgb.transpose(1, 2, 0))
    top, left, bottom, right = 3 * top, 3 * left, 3 * (top + rows) - 1, 3 * (left + columns) - 1
    for edge in ((slice(top, bottom + 1), [left, right]), ([top, bottom], slice(left, right + 1))):
        image[edge] = (235, 110, 20)
    return image


def take_source() -> None:
    """Another source was chosen: draw it in the present shape."""
    source, x = st.session_state.convolution_source, stored_input()
    own_shape = x is None or source_of(x) == sources.COURSE
    write_input(source, (1, 7, 7) if own_shape or x is None else x.shape, x)


def take_shape() -> None:
    """Another shape, seed or place was chosen: draw the same source anew, or bring one's own numbers to size."""
    state = st.session_state
    shape = (state.convolution_channels, state.convolution_rows, state.convolution_columns)
    write_input(state.convolution_source, shape, stored_input())


def write_input(source: str | None, shape: tuple[int, ...], old: Stack | None) -> None:
    """Write the input of a source and a shape into its text; kernels follow a changed number of channels."""
    size = (shape[0], shape[1], shape[2])
    if source == sources.PATCH:
        x = patch(shape)
    elif source is None or (source == sources.COURSE and old is not None and source_of(old) == sources.COURSE):
        x = sources.resized(np.zeros((1, 1, 1)) if old is None else old, size, seed=seed())
    else:
        x = sources.draw(source, size, seed=seed())
    had = len(old) if old is not None else len(x)
    st.session_state[INPUT] = format_planes(x)
    if len(x) != had:
        write_kernels(had=had, channels=len(x), groups=1)

"""The input of the Convolution page: where it comes from, its shape, its numbers; kept in the link as text."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import PHOTOS
from cnn_core.matrices import inputs
from cnn_core.matrices.inputs import Stack
from cnn_core.matrices.text import format_planes, parse_planes
from cnn_core.render.tiles import draw_frame, enlarge, image_rgb
from pages.parts.convolution.kernels import number_field, write_kernels

INPUT_KEY = "convolution_input"
MAX_CHANNELS = 3
"""Channels of the input: red, green and blue."""
MAX_CELLS = 12
"""Rows and columns whose numbers are legible in the player."""
PHOTO_ZOOM = 3
"""Screen pixels for a pixel of the small photograph."""


def read_stored_input() -> Stack | None:
    """Read the input from the state; None when its text is not valid. The error is shown elsewhere."""
    try:
        return parse_planes(st.session_state[INPUT_KEY], name="input", max_planes=MAX_CHANNELS)
    except (ValueError, KeyError):
        return None


def choose_input() -> Stack | None:
    """Let the learner choose the input's source, its shape and its numbers."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    picker = row.container()
    with row.popover("Shape and numbers", icon=":material/edit:"):
        shape_box = st.container()
        text = st.text_area(
            "Type or paste the input",
            format_planes(inputs.draw_input(inputs.COURSE_EXAMPLE, (1, 3, 5))),
            key=INPUT_KEY,
            bind="query-params",
            help="Rows end with ; or a new line, channels with |. Fractions such as 1/9 work.",
        )
    problem = ""
    try:
        x = parse_planes(text, name="input", max_planes=MAX_CHANNELS, max_rows=MAX_CELLS, max_columns=MAX_CELLS)
    except ValueError as error:
        x, problem = None, str(error)
    with picker:
        st.session_state.convolution_source = None if x is None else find_source(x)
        st.selectbox(
            "Input",
            inputs.SOURCES,
            key="convolution_source",
            on_change=apply_source,
            placeholder="Your own numbers",
        )
    with shape_box:
        show_shape_controls((1, 7, 7) if x is None else x.shape)
    if problem:
        st.error(problem)
    return x


def find_source(x: Stack) -> str | None:
    """Return the source that makes these numbers, or None when the learner typed them."""
    for source in inputs.DRAWN_SOURCES:
        if np.array_equal(inputs.draw_input(source, x.shape, seed=current_seed()), x):
            return source
    return inputs.PHOTO_PATCH if np.array_equal(cut_patch(x.shape), x) else None


def current_seed() -> int:
    """Return the seed of the random numbers."""
    return int(st.session_state.setdefault("convolution_seed", 0))


def cut_patch(shape: tuple[int, ...]) -> Stack:
    """Cut the chosen patch out of the chosen photograph."""
    name = st.session_state.setdefault("convolution_photo", PHOTOS[0].name)
    top, left = (st.session_state.setdefault(f"convolution_patch_{axis}", 24) for axis in ("top", "left"))
    return inputs.cut_patch(name, (shape[0], shape[1], shape[2]), top, left)


def show_shape_controls(shape: tuple[int, ...]) -> None:
    """Show channels, rows and columns, and the other settings of the source."""
    channels, rows, columns = shape
    st.session_state.convolution_channels = channels
    st.session_state.convolution_rows, st.session_state.convolution_columns = rows, columns
    with st.container(horizontal=True):
        options = tuple(range(1, MAX_CHANNELS + 1))
        st.segmented_control("Channels", options, key="convolution_channels", required=True, on_change=apply_shape)
        number_field("Rows", "convolution_rows", 1, MAX_CELLS, on_change=apply_shape)
        number_field("Columns", "convolution_columns", 1, MAX_CELLS, on_change=apply_shape)
    source = st.session_state.convolution_source
    if source == "Random digits":
        number_field(
            "Seed", "convolution_seed", 0, 9999, on_change=apply_shape, help="The same seed, the same numbers."
        )
    if source == inputs.PHOTO_PATCH:
        show_patch_controls(shape)


def show_patch_controls(shape: tuple[int, ...]) -> None:
    """Choose the photograph and the place on it; the picture shows where the patch is."""
    name = st.selectbox(
        "Photograph",
        [entry.name for entry in PHOTOS],
        key="convolution_photo",
        format_func={entry.name: entry.title for entry in PHOTOS}.__getitem__,
        on_change=apply_shape,
    )
    picture = inputs.load_small_photo(name, grey=shape[0] == 1)
    rows, columns = shape[1:]
    for axis, room in (("top", picture.shape[1] - rows), ("left", picture.shape[2] - columns)):
        key = f"convolution_patch_{axis}"
        st.session_state[key] = min(st.session_state[key], room)
        label = "Rows from above" if axis == "top" else "Columns from the left"
        st.slider(label, 0, room, key=key, on_change=apply_shape)
    top, left = st.session_state.convolution_patch_top, st.session_state.convolution_patch_left
    st.image(frame_patch(picture, top, left, rows, columns), width=288, alt=f"{name}: the patch is framed in orange")


def frame_patch(picture: NDArray[np.uint8], top: int, left: int, rows: int, columns: int) -> NDArray[np.uint8]:
    """Enlarge the picture (1 or 3, H, W) PHOTO_ZOOM times as RGB, and draw an orange frame around the patch."""
    large = enlarge(image_rgb(picture)[None], PHOTO_ZOOM)[0]
    box = (PHOTO_ZOOM * top, PHOTO_ZOOM * (top + rows), PHOTO_ZOOM * left, PHOTO_ZOOM * (left + columns))
    return draw_frame(large, box, line=1)


def apply_source() -> None:
    """Draw the newly chosen source in the current shape."""
    source, x = st.session_state.convolution_source, read_stored_input()
    own_shape = x is None or find_source(x) == inputs.COURSE_EXAMPLE
    write_input(source, (1, 7, 7) if own_shape or x is None else x.shape, x)


def apply_shape() -> None:
    """Draw the source again after its shape, seed or place has changed; resize numbers that the learner typed."""
    session = st.session_state
    shape = (session.convolution_channels, session.convolution_rows, session.convolution_columns)
    write_input(session.convolution_source, shape, read_stored_input())


def write_input(source: str | None, shape: tuple[int, ...], old: Stack | None) -> None:
    """Write the input of a source and a shape into its text; kernels follow a changed number of channels."""
    size = (shape[0], shape[1], shape[2])
    if source == inputs.PHOTO_PATCH:
        x = cut_patch(shape)
    elif source is None or (
        source == inputs.COURSE_EXAMPLE and old is not None and find_source(old) == inputs.COURSE_EXAMPLE
    ):
        x = inputs.resize_stack(np.zeros((1, 1, 1)) if old is None else old, size, seed=current_seed())
    else:
        x = inputs.draw_input(source, size, seed=current_seed())
    old_channels = len(old) if old is not None else len(x)
    st.session_state[INPUT_KEY] = format_planes(x)
    if len(x) != old_channels:
        write_kernels(old_channels=old_channels, channels=len(x), groups=1)

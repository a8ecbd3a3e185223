"""One pixel of a result in the player: its neighbourhood, every product and the sum."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings, pad_image
from cnn_core.trace import convolution_trace, play_data
from pages.components.player import show_player

ROW_KEY, COLUMN_KEY = "kernels_row", "kernels_column"
LOOK_KEY, PIXEL = "kernels_look", "One pixel"
MAX_SIDE = 9
"""Kernels up to this size are shown with the eight results around the one looked at."""
Position = tuple[int, int]
Patch = tuple[NDArray[np.float64], Position]
"""Pixels (C, h, w), and at which row and column of what they give the result lies that is looked at."""


def pinned_pixel(rows: int, columns: int) -> Position | None:
    """The pixel (row, column) that is looked at closely, inside a result of this size; None where none was chosen."""
    # on the first run the link has the numbers, and the widgets that read them come further down the page
    numbers = [str(st.session_state.get(key) or st.query_params.get(key, "")) for key in (ROW_KEY, COLUMN_KEY)]
    if not all(number.isdecimal() and int(number) for number in numbers):
        return None
    return min(int(numbers[0]), rows) - 1, min(int(numbers[1]), columns) - 1


def store_pixel(row: int, column: int, clicked: bool) -> None:
    """A pixel was chosen: look at it closely; one that was clicked opens in the player."""
    st.session_state[ROW_KEY], st.session_state[COLUMN_KEY] = row + 1, column + 1
    if clicked:
        st.session_state[LOOK_KEY] = PIXEL


def choose_pixel(shape: tuple[int, ...], start: Position) -> Position:
    """The pixel (row, column) of a result of this shape that is looked at: typed here, clicked in the picture, or
    `start`."""
    rows, columns = shape[:2]
    chosen = pinned_pixel(rows, columns)
    if chosen:
        st.session_state[ROW_KEY], st.session_state[COLUMN_KEY] = chosen[0] + 1, chosen[1] + 1
    row, column = start
    hint = "Of the pixel that is looked at: click one in the picture or in the result, or type its place."
    row = st.number_input("Row", 1, rows, row + 1, key=ROW_KEY, bind="query-params", width=110, help=hint)
    column = st.number_input(
        "Column", 1, columns, column + 1, key=COLUMN_KEY, bind="query-params", width=110, help=hint
    )
    return row - 1, column - 1


def show_pixel_player(
    before: NDArray[np.generic], kernels: Sequence[Weights], layer: FilterSettings, pixel: Position
) -> None:
    """Step through what `kernels` of one size make of `before` (h, w) or (h, w, 3) at a result."""
    patch = cut_neighbourhood(before, kernels[0], layer, pixel, with_neighbours=len(kernels) == 1)
    data = pixel_player_data(patch, np.stack(kernels), layer)
    _, (row, column) = patch
    corner = {"output": (pixel[0] - row, pixel[1] - column)}
    show_player({**data, "corner": corner, "start": {"step": data["middle"], "of": f"{pixel}"}}, key="kernels_player")


def cut_neighbourhood(
    before: NDArray[np.generic],
    weights: Weights,
    layer: FilterSettings,
    pixel: Position,
    *,
    with_neighbours: bool = True,
) -> Patch:
    """The pixels that a window meets at result `pixel`, and with `with_neighbours` at those next to it, where there is
    room.

    Of a dilated window these are the pixels under the weights alone, so that they lie side by side.
    """
    padded = pad_image(before, weights, layer).astype(np.float64)
    with_neighbours = with_neighbours and layer.stride == 1 and max(weights.shape) <= MAX_SIDE
    spans, places = [], []
    for axis in (0, 1):
        start = pixel[axis] * layer.stride
        low = start - layer.dilation if with_neighbours and start >= layer.dilation else start
        high = start + layer.kernel_reach(weights.shape[axis]) - 1
        if with_neighbours and high + layer.dilation < padded.shape[axis]:
            high += layer.dilation
        spans.append(slice(low, high + 1, layer.dilation))
        places.append((start - low) // layer.dilation)
    patch = padded[spans[0], spans[1]]
    planes = patch[None] if patch.ndim == 2 else np.moveaxis(patch, -1, 0)
    return np.round(planes, 4), (places[0], places[1])


@st.cache_data(max_entries=32, show_spinner=False)
def pixel_player_data(patch: Patch, kernels: NDArray[np.float64], layer: FilterSettings) -> dict[str, Any]:
    """What the player draws of a patch (C, h, w): kernels (F, rows, columns), each laid on each channel by itself."""
    x, (row, column) = patch
    weights = np.asarray(np.tile(kernels[:, None], (len(x), 1, 1, 1)), dtype=np.float64)
    bias = np.full(len(weights), layer.bias) if layer.bias else None
    trace = convolution_trace(x, weights, bias, groups=len(x), flip=layer.flip)
    middle = row * (x.shape[2] - weights.shape[3] + 1) + column
    return {**play_data(trace), "tally": "multiplications", "aside": True, "padding_text": "0", "middle": middle}

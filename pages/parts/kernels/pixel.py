"""One pixel of a result in the player: its neighbourhood, every product and the sum."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings
from cnn_core.kernels.neighbourhood import cut_neighbourhood
from cnn_core.trace import convolution_trace, play_data
from pages.components.player import show_player
from pages.components.player.payload import PlayerData, PlayerNotes

ROW_KEY = "kernels_row"
COLUMN_KEY = "kernels_column"
LOOK_KEY = "kernels_look"
"""Key of the widget that chooses what is shown below the result."""
PIXEL = "One pixel"
"""The choice of LOOK_KEY that shows the player."""
Position = tuple[int, int]


def pinned_pixel(rows: int, columns: int) -> Position | None:
    """Return the chosen pixel (row, column), kept inside a result of this size; None when none was chosen."""
    # On the first run only the link has the numbers: the widgets that read them come further down the page.
    numbers = [str(st.session_state.get(key) or st.query_params.get(key, "")) for key in (ROW_KEY, COLUMN_KEY)]
    if not all(number.isdecimal() and int(number) for number in numbers):
        return None
    return min(int(numbers[0]), rows) - 1, min(int(numbers[1]), columns) - 1


def store_pixel(row: int, column: int, clicked: bool) -> None:
    """Store the chosen pixel; one that was `clicked` opens in the player."""
    st.session_state[ROW_KEY], st.session_state[COLUMN_KEY] = row + 1, column + 1
    if clicked:
        st.session_state[LOOK_KEY] = PIXEL


def choose_pixel(shape: tuple[int, ...], start: Position) -> Position:
    """Let the learner choose a pixel (row, column) of a result of `shape`: typed here or clicked in the picture.

    Returns `start` until one is chosen.
    """
    rows, columns = shape[:2]
    chosen = pinned_pixel(rows, columns)
    if chosen:
        st.session_state[ROW_KEY], st.session_state[COLUMN_KEY] = chosen[0] + 1, chosen[1] + 1
    row, column = start
    hint = "Of the pixel explained below: click one in the picture or in the result, or type its row and column."
    row = st.number_input("Row", 1, rows, row + 1, key=ROW_KEY, bind="query-params", width=110, help=hint)
    column = st.number_input(
        "Column", 1, columns, column + 1, key=COLUMN_KEY, bind="query-params", width=110, help=hint
    )
    return row - 1, column - 1


def show_pixel_player(
    before: NDArray[np.generic], kernels: Sequence[Weights], layer: FilterSettings, pixel: Position
) -> None:
    """Show the player for the value of `pixel` that `kernels` of one size make of `before` (h, w) or (h, w, 3)."""
    patch = cut_neighbourhood(before, kernels[0], layer, pixel, with_neighbours=len(kernels) == 1)
    data, middle = pixel_player_data(patch.pixels, patch.place, np.stack(kernels), layer)
    row, column = patch.place
    corner = {"output": (pixel[0] - row, pixel[1] - column)}
    show_player({**data, "corner": corner, "start": {"step": middle, "of": f"{pixel}"}}, key="kernels_player")


@st.cache_data(max_entries=32, show_spinner=False)
def pixel_player_data(
    x: NDArray[np.float64], place: Position, kernels: NDArray[np.float64], layer: FilterSettings
) -> tuple[PlayerData, int]:
    """Return the player's data for pixels (C, h, w) and kernels (F, rows, columns), each applied to each channel.

    `place` (row, column) is the value of the result at which the player starts; returned too is the step of this value.
    """
    row, column = place
    weights = np.asarray(np.tile(kernels[:, None], (len(x), 1, 1, 1)), dtype=np.float64)
    bias = np.full(len(weights), layer.bias) if layer.bias else None
    trace = convolution_trace(x, weights, bias, groups=len(x), flip=layer.flip)
    middle = row * (x.shape[2] - weights.shape[3] + 1) + column
    notes: PlayerNotes = {"padding_text": "0", "tally": "multiplications", "aside": True}
    return {**play_data(trace), **notes}, middle

"""The lens: a picture beside what became of it; pointing at a pixel writes out the sum behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from cnn_core.geometry import ReceptiveField
from cnn_core.kernels.filtering import FilterSettings, padding_margins
from cnn_core.matrices.text import format_matrix, split_matrix
from cnn_core.render.filter_result import ResultPicture
from pages.components.common import register_component
from pages.components.common.data_url import encode_data_url

MIN_LOSSY_SIDE = 160
"""Pixels of the longer side below which a picture is shown enlarged, and so is sent without loss."""

_component = register_component(
    "cnn_lab_lens",
    Path(__file__).parent / "lens.js",
    '<div class="lens" role="group" aria-label="Picture and result"></div>',
)


@dataclass(frozen=True, eq=False)
class KernelWindow:
    """A kernel that moves over the picture: its weights (rows, columns), the settings of its layer, the first pixel."""

    weights: NDArray[np.float64]
    layer: FilterSettings
    start: tuple[int, int]


@dataclass(frozen=True, eq=False)
class FieldWindow:
    """What one value sees of the picture along its rows and columns, where several kernels made it; the first pixel."""

    rows: ReceptiveField
    columns: ReceptiveField
    start: tuple[int, int]


class LensWindow(TypedDict):
    """What moves over the picture, as the browser gets it: `weights` and their `words`, row by row, none for a field.

    Output (i, j) reads the picture from (i, j) · `stride` − `offset` on, `reach` rows and columns of it; `margin` is
    the padding that is not shown: top, left, bottom, right.
    """

    weights: list[list[float]]
    words: list[list[str]]
    shown: str
    margin: tuple[int, int, int, int]
    offset: tuple[float, float]
    stride: float
    reach: tuple[float, float]
    dilation: int
    bias: float
    relu: bool
    start: tuple[int, int]


class LensPayload(LensWindow):
    """What lens.js draws: `source` and `result` as data: URLs, `size` the result's rows and columns, `ends` and
    `colours` its scale, `at` the pixel that the link names."""

    source: str
    result: str
    size: tuple[int, int]
    channels: int
    channel_names: list[str]
    caption: str
    result_caption: str
    alt: str
    result_alt: str
    ends: list[str]
    colours: list[str]
    remark: str
    layout: Literal["compare", "pair"]
    at: tuple[int, int] | None


@st.cache_data(max_entries=16, show_spinner=False)
def _encode_lossless(image: NDArray[np.uint8]) -> str:
    """Return the picture without loss: the browser reads the numbers of a sum out of it."""
    return encode_data_url(Image.fromarray(image), "WEBP", lossless=True, method=0, quality=20)


def encode_quickly(pixels: NDArray[np.uint8]) -> str:
    """Return a picture to look at, which is encoded in little time."""
    picture = Image.fromarray(pixels)
    if max(pixels.shape[:2]) < MIN_LOSSY_SIDE:
        return encode_data_url(picture, "PNG")
    return encode_data_url(picture, "JPEG", quality=92, subsampling=0)


def show_picture_lens(
    picture: NDArray[np.uint8],
    shown: ResultPicture,
    window: KernelWindow | FieldWindow,
    *,
    captions: tuple[str, str],
    alts: tuple[str, str],
    channel_names: tuple[str, ...],
    compare: bool,
    pixel: tuple[int, int] | None,
    on_pixel: Callable[[int, int, bool], None],
    key: str,
) -> None:
    """Show `picture` beside `shown`, or under it with a divider (`compare`).

    With a KernelWindow, `picture` includes the padding of its layer, which is not shown, and the sum behind the pixel
    that is pointed at is written out; with a FieldWindow, what that pixel sees is framed. `pixel` (row, column) is the
    one that the link names; `on_pixel` gets the row and column of the one that is chosen, and whether it was clicked.
    """

    def report_pixel() -> None:
        place = st.session_state[key].pinned
        if place:
            on_pixel(int(place[0]), int(place[1]), bool(place[2]))

    payload: LensPayload = {
        "source": _encode_lossless(picture),
        "result": encode_quickly(shown.pixels),
        "size": (shown.pixels.shape[0], shown.pixels.shape[1]),
        "channels": 3 if picture.ndim == 3 else 1,
        "channel_names": list(channel_names),
        "caption": captions[0],
        "result_caption": captions[1],
        "alt": alts[0],
        "result_alt": alts[1],
        "ends": _scale_labels(shown),
        "colours": list(shown.colours),
        "remark": shown.remark,
        "layout": "compare" if compare else "pair",
        "at": pixel,
        **(_window_data(window) if isinstance(window, KernelWindow) else _field_data(window)),
    }
    _component(data=payload, key=key, on_pinned_change=report_pixel)


def _field_data(field: FieldWindow) -> LensWindow:
    """Return what lens.js needs to frame what a value sees."""
    rows, columns = field.rows, field.columns
    return {
        "weights": [],
        "words": [],
        "shown": "",
        "margin": (0, 0, 0, 0),
        "offset": ((rows.size - 1) / 2 - rows.centre, (columns.size - 1) / 2 - columns.centre),
        "stride": rows.jump,
        "reach": (rows.size, columns.size),
        "dilation": 1,
        "bias": 0.0,
        "relu": False,
        "start": field.start,
    }


def _window_data(window: KernelWindow) -> LensWindow:
    """Return what lens.js needs to lay the window and to write its sum."""
    layer, oriented = window.layer, window.layer.orient_kernel(window.weights)
    (top, bottom), (left, right) = padding_margins(oriented, layer)
    text = format_matrix(oriented)
    rows, columns = oriented.shape
    return {
        "weights": oriented.tolist(),
        "words": split_matrix(text),
        "shown": text,
        "margin": (top, left, bottom, right),
        "offset": (top, left),
        "stride": layer.stride,
        "dilation": layer.dilation,
        "reach": (layer.kernel_reach(rows), layer.kernel_reach(columns)),
        "bias": layer.bias,
        "relu": layer.relu,
        "start": window.start,
    }


def _scale_labels(shown: ResultPicture) -> list[str]:
    """Return the labels under the scale, from left to right: −412, 0, +412, or 0, 255; none without a scale."""
    if not shown.colours:
        return []
    high = f"{shown.high:,.0f}" if shown.high >= 100 else f"{shown.high:.3g}"
    return [f"−{high}", "0", f"+{high}"] if shown.low < 0 else ["0", high]

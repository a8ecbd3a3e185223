"""Draw results of filters as pictures, each with the scale that says which number a colour stands for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.checks import one_of
from cnn_core.render.colour import DIVERGING_COLOURS, diverging_rgb, symmetric_limit
from cnn_core.words import format_percent

VIEWS = ("signed", "absolute", "clamp")
"""Ways to draw a result; see `render_result`."""


@dataclass(frozen=True, eq=False)
class ResultPicture:
    """The picture of a result: pixels (height, width, 3), the ends of the scale, its colours, and what it hides."""

    pixels: NDArray[np.uint8]
    low: float
    high: float
    colours: tuple[str, ...]
    remark: str


def render_result(result: NDArray[np.float32], view: str, limit: float | None = None) -> ResultPicture:
    """Draw a filter result (height, width) or (height, width, 3) in one of VIEWS.

    "signed" uses colours symmetric about zero, "absolute" draws magnitudes from black to white, "clamp" a picture of
    0 … 255 that cuts off all values outside. `limit` is the end of a scale that several results share; by default it is
    this result's largest magnitude. Raises ValueError for another `view`.

    >>> render_result(np.array([[-2, 300]], dtype=np.float32), "clamp").pixels[0, :, 0].tolist()
    [0, 255]
    """
    one_of("view", view, VIEWS)
    shared = limit is not None
    limit = limit or symmetric_limit(result)
    if view == "clamp":
        hidden = float(np.mean((result < -0.5) | (result > 255.5)))
        remark = (
            f"Below 0 is black, above 255 is white. This hides {_describe_share(hidden)} of the values."
            if hidden
            else "Every value lies between 0 and 255: nothing is hidden."
        )
        return ResultPicture(_to_rgb(np.rint(np.clip(result, 0, 255))), 0.0, 255.0, ("#000000", "#ffffff"), remark)
    if view == "absolute":
        remark = "Black is zero. This hides the sign: dark-to-bright and bright-to-dark look the same."
        return ResultPicture(_to_rgb(np.rint(np.abs(result / limit) * 255)), 0.0, limit, ("#000000", "#ffffff"), remark)
    if result.ndim == 3:  # the three channels are those of the picture, so colours cannot show signs
        remark = "Mid-grey is zero in each channel; darker is negative, brighter positive."
        pixels = _to_rgb(np.rint(127.5 + result / limit * 127.5))
        return ResultPicture(pixels, -limit, limit, ("#000000", "#808080", "#ffffff"), remark)
    steps = 255
    ramp = diverging_rgb(np.linspace(-1, 1, 2 * steps + 1), 1.0)  # a table: fast enough while a cell is edited
    pixels = ramp[np.rint(result / limit * steps).astype(np.int16) + steps]
    colours = tuple("#" + "".join(f"{int(part):02x}" for part in colour) for colour in DIVERGING_COLOURS)
    whose = "shared by all results" if shared else "this result's largest value"
    remark = f"White is zero, red negative, blue positive. The ends are {whose}."
    return ResultPicture(pixels, -limit, limit, colours, remark)


def _to_rgb(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    pixels = values.astype(np.uint8)
    return np.repeat(pixels[..., None], 3, axis=-1) if pixels.ndim == 2 else pixels


def _describe_share(share: float) -> str:
    return format_percent(share, 0) if share >= 0.01 else "less than 1 %"

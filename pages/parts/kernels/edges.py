"""Edges of the Kernel lab: slopes across and down, how strong an edge is, and which way it gets brighter."""

import numpy as np
import streamlit as st

from cnn_core.geometry import ReceptiveField
from cnn_core.kernels.edges import OPERATORS, Gradient, direction_rgb, direction_wheel, gradient, slope_kernels
from cnn_core.kernels.families import SIZES
from cnn_core.kernels.filtering import Layer, choose_channels, margins
from cnn_core.render.colour import symmetric_limit
from cnn_core.render.filter_result import Shown, show_result
from pages.components.lens import Field
from pages.components.thumbnails import thumbnails
from pages.parts.kernels.closer import values
from pages.parts.kernels.files import files
from pages.parts.kernels.picture import Picture
from pages.parts.kernels.pixel import place, play_pixel
from pages.parts.kernels.result import show_lens, small_one
from pages.parts.kernels.settings import How
from pages.shared.controls import choice, note

CHOSEN = "kernels_edge_view"


def edges(picture: Picture, how: How) -> None:
    """Everything about the edges of a picture, or why there are none."""
    grey = choose_channels(picture.image, "grey" if how.channels == "colour" else how.channels)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        operator = choice("Slopes by", OPERATORS, OPERATORS[0], "kernels_operator")
        size = st.selectbox("Size", SIZES[1:], index=1, key="kernels_edge_size", bind="query-params", width=84)
    layer = Layer(how.layer.stride, how.layer.dilation, how.layer.padding_mode)
    try:
        slopes = gradient(grey, operator, layer, size)
    except ValueError as problem:
        st.error(str(problem))
        return
    views = _views(slopes)
    chosen = str(st.session_state.setdefault(CHOSEN, "Direction"))
    small = [small_one(name, name, shown) for name, shown in views.items()]
    thumbnails("Edges", small, chosen, key="kernels_edge_gallery", choose=_choose, large=True)
    kernels = slope_kernels(operator, size)
    start = steepest(slopes, kernels[0].shape[0])
    show_lens(picture, grey, views[chosen], _field(kernels[0].shape, layer, start), how, chosen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at = place(slopes.x.shape, start)
    _one_edge(slopes, at)
    play_pixel(grey, kernels, layer, at)
    note("Filter 1 gives the slope across, $G_x$, and filter 2 the slope down, $G_y$.")
    if how.layer.relu or how.layer.bias:
        note("Bias and ReLU are left out here: they would take the direction away.")
    result = {"Across": slopes.x, "Down": slopes.y, "Strength": slopes.magnitude, "Direction": slopes.direction}[chosen]
    files((), layer, result, views[chosen])
    values(result)


def _views(slopes: Gradient) -> dict[str, Shown]:
    both = max(symmetric_limit(slopes.x), symmetric_limit(slopes.y))
    remark = "Hue says which way it gets brighter, as on the wheel; brightness how strongly."
    return {
        "Across": show_result(slopes.x, "signed", both),
        "Down": show_result(slopes.y, "signed", both),
        "Strength": show_result(slopes.magnitude, "absolute"),
        "Direction": Shown(direction_rgb(slopes), 0, 0, (), remark),
    }


def _field(shape: tuple[int, ...], layer: Layer, start: tuple[int, int]) -> Field:
    one = ReceptiveField()
    rows, columns = (
        one.through(side, stride=layer.stride, padding=added, dilation=layer.dilation)
        for side, added in zip(shape, margins(np.zeros(shape), layer), strict=True)
    )
    return Field(rows, columns, start)


def steepest(slopes: Gradient, border: int) -> tuple[int, int]:
    """The pixel (row, column) of the strongest edge, away from the border where there is room."""
    strength = slopes.magnitude
    if min(strength.shape) <= 4 * border:
        border = 0
    inner = strength[border : len(strength) - border, border : strength.shape[1] - border]
    row, column = divmod(int(np.argmax(inner)), inner.shape[1])
    return row + border, column + border


def _one_edge(slopes: Gradient, at: tuple[int, int]) -> None:
    """Strength and direction of one pixel, in numbers, beside the wheel that they stand on."""
    left, right = st.columns([1, 6], vertical_alignment="center")
    left.image(
        direction_wheel(), width=110, alt="Colour wheel: red to the right, green down and left, blue up and left"
    )
    across, down, strength, direction = (
        f"{part[at]:.1f}".removesuffix(".0") for part in (slopes.x, slopes.y, slopes.magnitude, slopes.direction)
    )
    lines = (
        r"\text{strength} &= \sqrt{G_x^2 + G_y^2}",
        rf"&= \sqrt{{{_bracketed(across)}^2 + {_bracketed(down)}^2}} = {strength}",
        r"\text{direction} &= \operatorname{atan2}(G_y, G_x)",
        rf"&= \operatorname{{atan2}}({down}, {across}) = {direction}^\circ",
    )
    right.latex(r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}")


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def _choose(name: str) -> None:
    st.session_state[CHOSEN] = name

"""Edges in the Kernel lab: slopes across and down, the strength of an edge, and the direction of brightening."""

import streamlit as st

from cnn_core.kernels.chain import receptive_fields
from cnn_core.kernels.edges import (
    OPERATORS,
    EdgeGradient,
    direction_rgb,
    direction_wheel,
    edge_gradient,
    slope_kernels,
    strongest_edge,
)
from cnn_core.kernels.families import SIZES
from cnn_core.kernels.filtering import FilterSettings, select_channels
from cnn_core.render.colour import symmetric_limit
from cnn_core.render.filter_result import ResultPicture, render_result
from pages.components.lens import FieldWindow
from pages.components.thumbnails import show_thumbnails
from pages.parts.kernels.closer import show_histogram
from pages.parts.kernels.files import show_downloads
from pages.parts.kernels.picture import Picture
from pages.parts.kernels.pixel import choose_pixel, show_pixel_player
from pages.parts.kernels.result import result_thumbnail, show_lens
from pages.parts.kernels.settings import LabSettings
from pages.shared.controls import choose_option, show_note
from pages.shared.problems import show_problem

EDGE_VIEW_KEY = "kernels_edge_view"


def show_edges(picture: Picture, settings: LabSettings) -> None:
    """Show the slopes, strength and direction of a picture's edges, or the reason why there are none."""
    grey = select_channels(picture.image, "grey" if settings.channels == "colour" else settings.channels)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        operator = choose_option("Slopes by", OPERATORS, OPERATORS[0], "kernels_operator")
        size = st.selectbox("Size", SIZES[1:], index=1, key="kernels_edge_size", bind="query-params", width=84)
    layer = FilterSettings(settings.layer.stride, settings.layer.dilation, settings.layer.padding_mode)
    try:
        slopes = edge_gradient(grey, operator, layer, size)
    except ValueError as problem:
        show_problem(problem)
        return
    views = _edge_views(slopes)
    chosen = str(st.session_state.setdefault(EDGE_VIEW_KEY, "Direction"))
    small = [result_thumbnail(name, name, shown) for name, shown in views.items()]
    show_thumbnails("Edges", small, chosen, key="kernels_edge_gallery", on_choice=_store_view, large=True)
    kernels = slope_kernels(operator, size)
    start = strongest_edge(slopes, kernels[0].shape[0])
    window = FieldWindow(*receptive_fields(kernels[:1], layer)[0], start)
    show_lens(picture, grey, views[chosen], window, settings, chosen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pixel = choose_pixel(slopes.x.shape, start)
    _show_one_edge(slopes, pixel)
    show_pixel_player(grey, kernels, layer, pixel)
    show_note("Filter 1 gives the slope across, $G_x$, and filter 2 the slope down, $G_y$.")
    if settings.layer.relu or settings.layer.bias:
        show_note("Bias and ReLU are left out here: they would take the direction away.")
    result = {"Across": slopes.x, "Down": slopes.y, "Strength": slopes.magnitude, "Direction": slopes.direction}[chosen]
    show_downloads((), layer, result, views[chosen])
    show_histogram(result)


def _edge_views(slopes: EdgeGradient) -> dict[str, ResultPicture]:
    both = max(symmetric_limit(slopes.x), symmetric_limit(slopes.y))
    remark = "Hue says which way it gets brighter, as on the wheel; brightness how strongly."
    return {
        "Across": render_result(slopes.x, "signed", both),
        "Down": render_result(slopes.y, "signed", both),
        "Strength": render_result(slopes.magnitude, "absolute"),
        "Direction": ResultPicture(direction_rgb(slopes), 0, 0, (), remark),
    }


def _show_one_edge(slopes: EdgeGradient, pixel: tuple[int, int]) -> None:
    """Show the strength and the direction of one pixel in numbers, beside the colour wheel of directions."""
    left, right = st.columns([1, 6], vertical_alignment="center")
    left.image(
        direction_wheel(), width=110, alt="Colour wheel: red to the right, green down and left, blue up and left"
    )
    across, down, strength, direction = (
        f"{part[pixel]:.1f}".removesuffix(".0") for part in (slopes.x, slopes.y, slopes.magnitude, slopes.direction)
    )
    lines = (
        r"\text{strength} &= \sqrt{G_x^2 + G_y^2}",
        rf"&= \sqrt{{{_bracket_negative(across)}^2 + {_bracket_negative(down)}^2}} = {strength}",
        r"\text{direction} &= \operatorname{atan2}(G_y, G_x)",
        rf"&= \operatorname{{atan2}}({down}, {across}) = {direction}^\circ",
    )
    right.latex(r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}")


def _bracket_negative(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def _store_view(name: str) -> None:
    st.session_state[EDGE_VIEW_KEY] = name

"""A closer look at the chosen kernel: one pixel in the player, waves, the histogram, its factors, the code."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels import explain, frequency
from cnn_core.kernels.as_code import scipy_code, torch_code
from cnn_core.kernels.chain import run_chain
from cnn_core.kernels.editing import separate_kernel
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings, Result, select_channels
from cnn_core.matrices.text import format_matrix
from cnn_core.render.tiles import enlarge
from cnn_core.words import format_number, format_percent
from pages.parts.kernels import stack
from pages.parts.kernels.picture import Picture
from pages.parts.kernels.pixel import LOOK_KEY, PIXEL, choose_pixel, show_pixel_player
from pages.parts.kernels.result import Outcome
from pages.parts.kernels.settings import ARRANGEMENT_KEY, CHAIN, LabSettings
from pages.shared import charts
from pages.shared.controls import choose_option, show_note

WAVES = "Waves"
HISTOGRAM = "Histogram"
FACTORS = "Factors"
CODE = "Formula and code"
MAP_SIDE = 4
"""Screen pixels for a frequency of the map."""


def show_closer_look(picture: Picture, settings: LabSettings, outcome: Outcome) -> None:
    """Show what the learner chose to see of the kernel and its result."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        topic = choose_option("Look closer", (PIXEL, WAVES, HISTOGRAM, FACTORS, CODE), PIXEL, LOOK_KEY)
        pixel = choose_pixel(outcome.result.shape, outcome.start)
    weights = outcome.kernels[-1]
    if topic == PIXEL:
        show_one_pixel(picture, settings, outcome, pixel)
    elif topic == WAVES:
        show_waves(weights)
    elif topic == HISTOGRAM:
        show_histogram(outcome.result, select_channels(picture.image, settings.channels))
    elif topic == FACTORS:
        show_factors(weights)
    else:
        show_formula_and_code(weights, settings.layer)


def show_one_pixel(picture: Picture, settings: LabSettings, outcome: Outcome, pixel: tuple[int, int]) -> None:
    """Show the pixels behind one value of the result in the player, product by product."""
    *earlier, weights = outcome.kernels
    before: NDArray[np.generic] = select_channels(picture.image, settings.channels)
    if earlier:
        before = run_chain(before, earlier, settings.layer)[-1]
    show_pixel_player(before, [weights], settings.layer, pixel)
    if settings.layer.relu:
        show_note("ReLU comes after: where the sum is below 0, the result is 0.")


def show_waves(weights: Weights) -> None:
    """Show how much of each wave comes through: for all frequencies, and along three directions."""
    gains = frequency.gain_map(weights)
    peak = float(gains.max()) or 1.0
    left, right = st.columns([1, 2], gap="large")
    with left:
        grey = np.rint(gains / peak * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
        st.image(
            enlarge(grey[None], MAP_SIDE)[0],
            width="stretch",
            output_format="PNG",
            alt="Gain of every wave: flat areas in the middle, the finest waves at the sides; white is most",
        )
        show_note(f"Black is 0, white {peak:.3g}. The middle is a flat picture, the sides are the finest waves.")
    with right:
        frequencies, lines = frequency.gain_profiles(weights)
        chart = charts.line_chart(
            {name: values.tolist() for name, values in lines.items()},
            frequencies.tolist(),
            "cycles a pixel: ½ is every other pixel",
            "multiplied by",
        )
        st.altair_chart(chart, key="kernels_waves", alt=f"Gain over frequency. {explain.describe_gain(weights)}")
        st.markdown(f"**{explain.describe_gain(weights)}**")
        show_note("A wave comes out as a wave of the same length, only its height changes: try *Rings* or *Stripes*.")


def show_histogram(result: Result, before: NDArray[np.uint8] | None = None) -> None:
    """Show the histograms of the values before and after filtering."""
    series = {"picture": before.ravel()} if before is not None else {}
    chart = charts.histogram_chart({**series, "result": result.ravel()})
    words = describe_values(result)
    st.altair_chart(chart, key="kernels_histogram", alt=f"Histogram. {words}")
    st.markdown(words)


def describe_values(values: NDArray[np.floating]) -> str:
    """Say which values a result has."""
    figures = (values.min(), values.max(), values.mean(), values.std())
    low, high, mean, spread = (format_number(float(figure), ".4g") for figure in figures)
    parts = (values < 0, values > 255, values == 0)
    below, beyond, zero = (format_percent(float(np.mean(part)), 0) for part in parts)
    return (
        f"Values of the result go from {low} to {high}, mean {mean}, spread {spread}. "
        f"{below} lie below 0, {beyond} above 255, {zero} are exactly 0."
    )


def show_factors(weights: Weights) -> None:
    """Show whether the kernel is a column times a row, what that saves, and the error otherwise."""
    if not np.any(weights):
        st.info("Every weight is 0: there is nothing to take apart.")
        return
    factorisation = separate_kernel(weights)
    rows, columns = weights.shape
    if factorisation.is_separable:
        st.markdown(
            f"**Separable:** this kernel is a column times a row. Filtering with one and then the other takes "
            f"{rows} + {columns} = {rows + columns} multiplications a pixel instead of "
            f"{rows} · {columns} = {rows * columns}."
        )
        st.latex(f"{_matrix_latex(factorisation.column[:, None])} \\cdot {_matrix_latex(factorisation.row[None, :])}")
        st.button(
            "Put the two in a chain",
            icon=":material/link:",
            key="kernels_separate",
            on_click=_apply_as_chain,
            args=(factorisation.column[:, None], factorisation.row[None, :]),
        )
    else:
        st.markdown(
            f"**Not separable:** it takes {factorisation.rank} columns times rows. The first alone has "
            f"{factorisation.share:.1%} of the sum of squares and is wrong by {factorisation.largest_error:.3g} at "
            "most."
        )
        pair_cost = factorisation.rank * (rows + columns)
        better = "fewer than" if pair_cost < rows * columns else "no fewer than"
        show_note(
            f"As {factorisation.rank} pairs: {factorisation.rank} · ({rows} + {columns}) = {pair_cost} "
            f"multiplications a pixel, {better} {rows} · {columns} = {rows * columns}."
        )
    values = ", ".join(f"{value:.3g}" for value in factorisation.singular_values)
    show_note(f"Singular values: {values}. One that is not 0 means separable (differences of 0.2 % count as rounding).")


def _matrix_latex(matrix: Weights) -> str:
    rows = format_matrix(np.round(matrix, 4)).split("; ")
    return r"\begin{bmatrix}" + r"\\".join(row.replace(" ", "&") for row in rows) + r"\end{bmatrix}"


def _apply_as_chain(column: Weights, row: Weights) -> None:
    stack.replace_stack([column, row])
    st.session_state[ARRANGEMENT_KEY] = CHAIN
    st.session_state[stack.SLOT_KEY] = 2


def show_formula_and_code(weights: Weights, layer: FilterSettings) -> None:
    """Show what is computed, as a formula and as lines of PyTorch and SciPy."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        sign = "-" if layer.flip else "+"
        inner = rf"b + \sum_{{u,v}} w_{{u,v}}\; x_{{\,s i {sign} d u,\; s j {sign} d v}}"
        after = rf"\max\bigl(0,\, {inner}\bigr)" if layer.relu else inner
        st.latex(rf"y_{{i,j}} = {after}")
        show_note(
            f"u and v count from the middle weight; here s = {layer.stride}, d = {layer.dilation}, b = {layer.bias:g}."
        )
    with right:
        for tab, written in zip(st.tabs(["PyTorch", "SciPy"]), (torch_code, scipy_code), strict=True):
            tab.code(written(weights.shape, layer), language="python")

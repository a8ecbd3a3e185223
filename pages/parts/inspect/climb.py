"""A picture made for a unit: activation maximisation, its regularisers as sliders, and beside it the climb without."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import state
from pages.shared.charts import line_chart
from pages.shared.controls import choose_integer, choose_option, choose_value, show_note
from pages.shared.picture import Picture
from pages.shared.pictures import enlarged_rgb
from pages.shared.subject import BY_RUN, LoadedRun, locked_model, run_normaliser

if TYPE_CHECKING:
    from cnn_core.insight.maximise import AscentResult, AscentSettings

NOISE = "noise"
GREY = "mid-grey"
THIS_PICTURE = "the picture above"
STARTS = (NOISE, GREY, THIS_PICTURE)
PICTURE_SIDE = 224
"""Pixels of the two final pictures, which stand side by side."""
FRAME_WIDTH = 88
"""Pixels of each picture on the way: all nine in one row on a laptop."""
MACS_PER_SECOND = 8e9
"""Multiplications of a processor in a second, roughly; the backward pass takes twice as many as the forward pass."""
CONFIRM_ABOVE_S = 8
"""Seconds that a visitor waits without being asked."""


def show_maximisation(
    subject: LoadedRun, epoch: int, picture: Picture, layer: str, unit: int, largest_value: float
) -> None:
    """Show the settings, the final pictures with and without regularisers, the way there, and the value at each step.

    `largest_value` is the largest value of the map in any test image.
    """
    st.subheader("A picture made for it", anchor=False)
    st.markdown("Start anywhere, and change every pixel a little, again and again, so that the unit's value grows.")
    start, settings = _choose_settings()
    seconds = 2 * settings.steps * 3 * subject.spec.total_macs / MACS_PER_SECOND
    if seconds > CONFIRM_ABOVE_S and not st.toggle(
        f"Climb: about {seconds:.0f} s for each setting", key="inspect_climb"
    ):
        return
    image = _start_picture(subject, start, settings.seed, picture)
    unregularised = replace(settings, decay=0.0, variation=0.0, blur_every=0, jitter=0)
    ascents = [compute_unit_image(subject, epoch, layer, unit, image, way) for way in (settings, unregularised)]
    if (ascents[1].pictures[0] == ascents[1].pictures[-1]).all():  # the wish alone moves nothing
        st.info(
            f"The value is {ascents[1].values[0]:.3g} for this start and no gradient arrives: the unit is off, so no "
            "direction leads up. Take another start or seed, or the layer before its ReLU."
        )
        return
    titles = ("With the regularisers", "Without any")
    for column, title, found in zip(st.columns(2, gap="large"), titles, ascents, strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.image(
                enlarged_rgb(found.pictures[-1], PICTURE_SIDE),
                width=PICTURE_SIDE,
                output_format="PNG",
                alt=f"{title}: the picture",
            )
            peak = peak_activation(subject, epoch, layer, unit, found.pictures[-1])
            st.markdown(f"Largest value in the map **{peak:.3g}**; in any test image {largest_value:.3g}.")
    st.markdown("**The way there**")
    with st.container(horizontal=True, gap="small"):
        for step, shown in zip(ascents[0].steps, ascents[0].pictures, strict=True):
            with st.container(width=FRAME_WIDTH, gap="xsmall"):
                st.image(
                    enlarged_rgb(shown, FRAME_WIDTH),
                    width=FRAME_WIDTH,
                    output_format="PNG",
                    alt=f"The picture at step {step}",
                )
                show_note(f"step {step}")
    lines = {title: found.values for title, found in zip(titles, ascents, strict=True)}
    chart = line_chart(lines, range(settings.steps + 1), "step", "mean value of the map")
    st.altair_chart(chart, key="inspect_want_climb", alt="The unit's value at each step, with and without regularisers")


def _choose_settings() -> "tuple[str, AscentSettings]":
    """Where to start, and how to climb."""
    from cnn_core.insight.maximise import AscentSettings

    key = "inspect_climb"
    left, right = st.columns(2, gap="large")
    with left:
        decay = choose_value(
            "L2 decay: share of its distance from grey that a pixel loses at each step",
            f"{key}_decay",
            (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
            0.01,
        )
        variation = choose_value(
            "Total variation: how strongly neighbours are made alike",
            f"{key}_variation",
            (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0),
            0.1,
        )
        blur = choose_integer("Steps from one blur to the next, 0 for no blur", f"{key}_blur", 0, 16, 8)
        jitter = choose_integer(
            "Jitter: the most pixels that it is shifted by before each step", f"{key}_jitter", 0, 8, 1
        )
    with right:
        steps = choose_integer("Steps", f"{key}_steps", 8, 256, 64)
        rate = choose_value("Step size, in grey values", f"{key}_rate", (1.0, 2.0, 4.0, 8.0, 16.0, 32.0), 8.0)
        start = choose_option("Start from", STARTS, NOISE, f"{key}_start")
        seed = choose_integer("Seed of the noise and of the shifts", f"{key}_seed", 0, 20, 0)
    return start, AscentSettings(steps, rate, decay, variation, blur, jitter, seed)


def _start_picture(subject: LoadedRun, start: str, seed: int, picture: Picture) -> NDArray[np.uint8]:
    """The stored picture uint8 (C, H, W) to start from."""
    shape = state.load_dataset(subject.dataset_name).input_shape
    if start == THIS_PICTURE:
        return picture.image
    if start == GREY:
        return np.full(shape, 127, dtype=np.uint8)
    noise = np.random.default_rng(seed).normal(127.5, 12, shape)
    return noise.clip(0, 255).astype(np.uint8)


@st.cache_data(max_entries=64, show_spinner="Climbing …", hash_funcs=BY_RUN)
def compute_unit_image(
    subject: LoadedRun, epoch: int, layer: str, unit: int, image: NDArray[np.uint8], settings: "AscentSettings"
) -> "AscentResult":
    """Compute the ascent from one stored image uint8 (C, H, W)."""
    from cnn_core.insight.activations import one_thread
    from cnn_core.insight.maximise import maximise_unit

    with locked_model(subject, epoch) as model, one_thread():
        return maximise_unit(model, run_normaliser(subject), layer, unit, image, settings)


def peak_activation(subject: LoadedRun, epoch: int, layer: str, unit: int, image: NDArray[np.uint8]) -> float:
    """Compute the largest value of the map for one stored image uint8 (C, H, W)."""
    from cnn_core.insight.strongest_images import find_peaks

    with locked_model(subject, epoch) as model:
        found = find_peaks(model, image[np.newaxis], run_normaliser(subject), layer)
    return float(found.values[0, unit])

"""A picture made for a unit: activation maximisation, its regularisers as sliders, and beside it the climb without."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.shared import state
from pages.shared.charts import line_chart
from pages.shared.controls import choice, note, select, whole
from pages.shared.picture import Picture
from pages.shared.pictures import upright
from pages.shared.subject import Subject, borrowed, made_ready

if TYPE_CHECKING:
    from cnn_core.insight.maximise import Ascent, Climbed

STARTS = NOISE, GREY, CHOSEN = ("noise", "mid-grey", "the picture above")
SIDE, FRAME = 224, 88
MACS_A_SECOND = 8e9
"""Multiplications of a processor in a second, roughly: forwards and, twice as many, backwards."""
ASK_FIRST_S = 8


def climb(subject: Subject, epoch: int, picture: Picture, layer: str, unit: int, strongest: float) -> None:
    """The regularisers, the picture at the end with and without them, the way there, and the value at each step.

    `strongest` is the largest value of the map in any test image.
    """
    st.subheader("A picture made for it", anchor=False)
    st.markdown("Start anywhere, and change every pixel a little, again and again, so that the unit's value grows.")
    start, how = _settings()
    seconds = 2 * how.steps * 3 * subject.spec.total_macs / MACS_A_SECOND
    if seconds > ASK_FIRST_S and not st.toggle(f"Climb: about {seconds:.0f} s for each setting", key="inspect_climb"):
        return
    image = _start(subject, start, how.seed, picture)
    bare = replace(how, decay=0.0, variation=0.0, blur_every=0, jitter=0)
    climbed = [climbed_to(subject, epoch, layer, unit, image, way) for way in (how, bare)]
    if (climbed[1].pictures[0] == climbed[1].pictures[-1]).all():  # the wish alone moves nothing
        st.info(
            f"The value is {climbed[1].values[0]:.3g} for this start and no gradient arrives: the unit is off, so no "
            "direction leads up. Take another start or seed, or the layer before its ReLU."
        )
        return
    titles = ("With the regularisers", "Without any")
    for column, title, found in zip(st.columns(2, gap="large"), titles, climbed, strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.image(upright(found.pictures[-1], SIDE), width=SIDE, output_format="PNG", alt=f"{title}: the picture")
            peak = peak_of(subject, epoch, layer, unit, found.pictures[-1])
            st.markdown(f"Largest value in the map **{peak:.3g}**; in any test image {strongest:.3g}.")
    st.markdown("**The way there**")
    with st.container(horizontal=True, gap="small"):
        for step, shown in zip(climbed[0].steps, climbed[0].pictures, strict=True):
            with st.container(width=FRAME, gap="xsmall"):
                st.image(upright(shown, FRAME), width=FRAME, output_format="PNG", alt=f"The picture at step {step}")
                note(f"step {step}")
    lines = {title: found.values for title, found in zip(titles, climbed, strict=True)}
    chart = line_chart(lines, range(how.steps + 1), "step", "mean value of the map")
    st.altair_chart(chart, key="inspect_want_climb", alt="The unit's value at each step, with and without regularisers")


def _settings() -> "tuple[str, Ascent]":
    """Where to start, and how to climb."""
    from cnn_core.insight.maximise import Ascent

    key = "inspect_climb"
    left, right = st.columns(2, gap="large")
    with left:
        decay = select("L2 decay: share of its distance from grey that a pixel loses at each step", f"{key}_decay",
                       (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2), 0.01)  # fmt: skip
        variation = select("Total variation: how strongly neighbours are made alike", f"{key}_variation",
                           (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0), 0.1)  # fmt: skip
        blur = whole("Blur after every so many steps, 0 for never", f"{key}_blur", 0, 16, 8)
        jitter = whole("Jitter: shift by up to so many pixels before each step", f"{key}_jitter", 0, 8, 1)
    with right:
        steps = whole("Steps", f"{key}_steps", 8, 256, 64)
        rate = select("Step size, in grey values", f"{key}_rate", (1.0, 2.0, 4.0, 8.0, 16.0, 32.0), 8.0)
        start = choice("Start from", STARTS, NOISE, f"{key}_start")
        seed = whole("Seed of the noise and of the shifts", f"{key}_seed", 0, 20, 0)
    return start, Ascent(steps, rate, decay, variation, blur, jitter, seed)


def _start(subject: Subject, start: str, seed: int, picture: Picture) -> NDArray[np.uint8]:
    """The stored picture uint8 (C, H, W) to start from."""
    shape = state.dataset(subject.dataset).input_shape
    if start == CHOSEN:
        return picture.image
    if start == GREY:
        return np.full(shape, 127, dtype=np.uint8)
    noise = np.random.default_rng(seed).normal(127.5, 12, shape)
    return noise.clip(0, 255).astype(np.uint8)


def climbed_to(
    subject: Subject, epoch: int, layer: str, unit: int, image: NDArray[np.uint8], how: "Ascent"
) -> "Climbed":
    """The climb from one stored image uint8 (C, H, W)."""
    return _climbed(subject.run_id, epoch, layer, unit, image, how, subject)


@st.cache_data(max_entries=64, show_spinner="Climbing …")
def _climbed(
    run_id: str, epoch: int, layer: str, unit: int, image: NDArray[np.uint8], how: "Ascent", _subject: Subject
) -> "Climbed":
    from cnn_core.insight.activations import one_thread
    from cnn_core.insight.maximise import maximise

    with borrowed(_subject, epoch) as model, one_thread():
        return maximise(model, made_ready(run_id, _subject), layer, unit, image, how)


def peak_of(subject: Subject, epoch: int, layer: str, unit: int, image: NDArray[np.uint8]) -> float:
    """The largest value of the map for one stored image uint8 (C, H, W)."""
    from cnn_core.insight.strongest_images import peaks

    with borrowed(subject, epoch) as model:
        found = peaks(model, image[np.newaxis], made_ready(subject.run_id, subject), layer)
    return float(found.values[0, unit])

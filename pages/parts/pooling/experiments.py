"""The experiments of the Pooling page: photographs brought back up, and features of pictures that move."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cnn_core import ops
from cnn_core.datasets import load
from cnn_core.experiments import explain, shifts
from cnn_core.experiments.shifts import Scene
from cnn_core.images import PHOTOS, load_photo, to_grey
from cnn_core.words import format_count
from pages.shared import lesson
from pages.shared.charts import shift_chart
from pages.shared.controls import choose_option, show_note

GreyImage = NDArray[np.float64]
PHOTOS_BY_TITLE = {entry.title: entry for entry in PHOTOS}
SIDE = 108  # divided exactly by every window offered below
WINDOWS = (2, 3, 4, 6, 9)
SOURCES = ("Photographs", "Digits")
TILE = 144
GAP = 8


@st.cache_data(max_entries=len(PHOTOS), show_spinner=False)
def _load_square(name: str) -> GreyImage:
    """Load the middle of a photograph as grey values 0 … 255, SIDE × SIDE."""
    return np.asarray(ImageOps.fit(Image.fromarray(to_grey(load_photo(name))), (SIDE, SIDE)), dtype=np.float64)


@st.cache_data(max_entries=32, show_spinner=False)
def _unpooled_pictures(name: str, window: int) -> tuple[tuple[str, GreyImage], ...]:
    """Return the photograph, and its reconstructions from the pooled picture in three ways."""
    x = _load_square(name)[None, None]
    largest, mean, size = ops.max_pool2d(x, window), ops.avg_pool2d(x, window), (SIDE, SIDE)
    switches = ops.max_pool2d_switches(x, window)
    return (
        ("Original", x[0, 0]),
        ("Max pooling, back with switches", ops.max_unpool2d(largest, switches, size)[0, 0]),
        ("Max pooling, back without", ops.spread_unpool2d(largest, window, size)[0, 0]),
        ("Average pooling, back", ops.spread_unpool2d(mean, window, size)[0, 0]),
    )


def show_unpooled_photograph() -> None:
    """Show a photograph pooled and unpooled, with the error of each way in numbers."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        title = st.selectbox("Photograph", list(PHOTOS_BY_TITLE), key="pooling_photo", bind="query-params", width=220)
        window = int(choose_option("Window and stride", tuple(map(str, WINDOWS)), "2", "pooling_window"))
    pictures = _unpooled_pictures(PHOTOS_BY_TITLE[title].name, window)
    original = pictures[0][1]
    with st.container(horizontal=True, gap="small"):
        for name, values in pictures:
            error = np.abs(values - original)
            remark = f"{SIDE} × {SIDE} pixels, 0 … 255"
            if values is not original:
                right = (np.rint(values) == np.rint(original)).mean()
                remark = f"off by **{error.mean():.1f}** on average, {right:.0%} of the pixels right"
            with st.container(width=2 * SIDE, gap="xsmall"):
                picture = np.rint(values).astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
                st.image(picture, width=2 * SIDE, output_format="PNG", alt=f"{PHOTOS_BY_TITLE[title].alt}. {name}")
                show_note(f"**{name}**: {remark}")
    kept_count = (SIDE // window) ** 2
    show_note(f"Of {SIDE**2:,} numbers the pooled picture keeps {kept_count:,}, 1 of {window**2}.")


@st.cache_data(max_entries=len(SOURCES), show_spinner="Getting the pictures …")
def _load_scenes(source: str) -> dict[str, Scene]:
    """Load the pictures to move, by name."""
    if source == SOURCES[0]:
        scenes = [shifts.photo_scene(entry.title, to_grey(load_photo(entry.name, 128))) for entry in PHOTOS]
    else:
        train = load("digits").train
        places = [(digit, int(np.flatnonzero(train.labels == digit)[i])) for digit in range(10) for i in (0, 1)]
        scenes = [
            shifts.digit_scene(f"{digit}, {'another' if i % 2 else 'one'} hand", train.images[place, 0])
            for i, (digit, place) in enumerate(places)
        ]
    return {scene.name: scene for scene in scenes}


@st.cache_data(max_entries=len(SOURCES) * len(shifts.SIZES), show_spinner=False)
def _measure_changes(source: str, size: int) -> dict[str, tuple[float, ...]]:
    return shifts.mean_changes(list(_load_scenes(source).values()), size)


@st.cache_data(max_entries=32, show_spinner=False)
def _feature_strips(source: str, name: str, size: int, shift: int) -> list[tuple[str, NDArray[np.uint8], float]]:
    """Return for each stage the maps before and after the shift and their difference, and the relative change."""
    maps = shifts.stage_features(shifts.shifted_views(_load_scenes(source)[name]), size)
    strips = []
    for stage, values in maps.items():
        three = [shifts.feature_strength(part) for part in (values[0], values[shift], values[shift] - values[0])]
        change = float(shifts.relative_change(values)[shift])
        strips.append((stage, _join_side_by_side(three, float(max(part.max() for part in three))), change))
    return strips


def _join_side_by_side(parts: list[GreyImage], white: float) -> NDArray[np.uint8]:
    """Join pictures of one size, each TILE wide, on one scale from black (0) to `white`."""
    zoom = TILE // parts[0].shape[1]
    tiles = [np.rint(part * (255 / white)).astype(np.uint8).repeat(zoom, axis=0).repeat(zoom, axis=1) for part in parts]
    gap = np.full((len(tiles[0]), GAP), 128, np.uint8)
    return np.hstack([piece for tile in tiles for piece in (tile, gap)][:-1])


def show_moving_pictures() -> None:
    """Move pictures and measure how much their features change: the chart, its findings, and one picture's maps."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        source = choose_option("Pictures", SOURCES, SOURCES[0], "pooling_source")
        size = int(choose_option("Window and stride", tuple(map(str, shifts.SIZES)), "2", "pooling_shift_size"))
        ends = (0, shifts.MAX_SHIFT, 1)
        shift = st.slider(
            "Move to the right by", *ends, key="pooling_shift", bind="query-params", width=240, format="%d px"
        )
    measured = _measure_changes(source, size)
    chart, words = st.columns([3, 2], gap="large")
    with chart:
        alt = "Relative change of the features over the shift: " + "; ".join(
            f"{stage} {', '.join(f'{value:.0%}' for value in values)}" for stage, values in measured.items()
        )
        st.altair_chart(shift_chart(measured, shift), key="pooling_shift_chart", alt=alt)
    with words:
        scenes = _load_scenes(source)
        st.markdown(f"**What was measured** (mean of {len(scenes)} pictures)")
        st.markdown("\n".join(f"- {finding}" for finding in explain.describe_changes(measured, shift)))
    _show_one_picture(source, size, shift)


def _show_one_picture(source: str, size: int, shift: int) -> None:
    """Show the chosen picture before and after the shift, and the change of its maps."""
    scenes = _load_scenes(source)
    names = list(scenes)
    key = f"pooling_{source.lower()}"
    name = st.selectbox("Look at one picture", names, key=key, bind="query-params", width=240)
    moved = shifts.shifted_views(scenes[name])[[0, shift], 0, 1:-1, 1:-1]
    pixels = format_count(shift, "pixel")
    st.image(_join_side_by_side(list(moved), 1.0), width="content", alt=f"{name}, before and after moving by {pixels}")
    show_note(f"**{name}**, before and after moving by {pixels}. {lesson.load_sections('pooling')[source]}")
    for place, (stage, strip, change) in enumerate(_feature_strips(source, name, size, shift)):
        if place % 2 == 0:
            columns = st.columns(2, gap="large")  # a row at a time, so that a phone keeps their order
        with columns[place % 2]:
            st.image(strip, width="content", alt=f"{stage}: features of {name} before, after, and their difference")
            show_note(f"**{stage}**: before, moved, difference. Relative change **{change:.0%}**")
    show_note(lesson.load_sections("pooling")["How it is measured"])

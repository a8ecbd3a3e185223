"""What a unit responds to: the test images that excite it most and where, and a picture made for it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.insight.graph import IMAGE, PROBABILITIES, Graph, network_graph, receptive_boxes
from cnn_core.render.tiles import draw_frame, enlarge, image_rgb
from pages.parts.inspect.climb import show_maximisation
from pages.parts.inspect.layer_names import layer_title, map_title
from pages.shared import lesson, state
from pages.shared.charts import class_bars
from pages.shared.controls import choose_number, show_note
from pages.shared.picture import Picture
from pages.shared.problems import show_problem
from pages.shared.subject import BY_RUN, LoadedRun, locked_model, run_normaliser

MAX_IMAGES = 10_000
"""Test images that are tried, at most: all of MNIST's."""
SHOWN_IMAGES = 8
"""Strongest images that are shown: one row."""
IMAGE_SIDE = 104
"""Pixels of each of them."""
MAX_NAMED_MAPS = 12
"""Silent maps that are named one by one: one line."""


@st.fragment
def show_unit_preferences(subject: LoadedRun, epoch: int, picture: Picture) -> None:
    """Show the strongest images of one map or unit, their classes, and a picture made for it."""
    nodes = network_graph(subject.spec)
    names = [name for name in nodes if name not in (IMAGE, PROBABILITIES)]
    usual = max((i for i, name in enumerate(names) if nodes[name].kind == "Conv2d"), default=len(names) - 1)
    if st.session_state.get("inspect_want_layer", names[usual]) not in names:
        st.session_state.inspect_want_layer = names[usual]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = st.selectbox("Layer", names, usual, key="inspect_want_layer", bind="query-params", width=220)
        node = nodes[layer]
        unit = (
            choose_number(
                f"{_unit_noun(nodes, layer)}, 1 to {node.map_count:,}", node.map_count, 1, "inspect_want_unit"
            )
            or 1
        ) - 1
    classes = state.load_dataset(subject.dataset_name).class_names
    is_answer = layer == names[-1] and node.map_count == len(classes)
    title = map_title(node, unit)
    st.subheader(f"{title}: the class {classes[unit]}" if is_answer else title, anchor=False)
    try:
        values, places = largest_values(subject, epoch, layer)
        _show_strongest_images(subject, nodes, layer, unit, values, places)
        show_maximisation(subject, epoch, picture, layer, unit, float(values[:, unit].max()))
    except ValueError as problem:
        show_problem(problem)
    lesson.show_section("inspect", "How to read what a unit wants")


def _unit_noun(nodes: Graph, layer: str) -> str:
    return "Unit" if nodes[layer].is_flat else "Map"


@st.cache_data(max_entries=16, show_spinner="Showing it the test images …", hash_funcs=BY_RUN)
def largest_values(subject: LoadedRun, epoch: int, layer: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Compute the largest value of each map of a layer for each test image (N, maps), its row and column (N, maps, 2).

    Raises ValueError when there is no test image, or a value is not finite.
    """
    from cnn_core.insight.strongest_images import find_peaks

    images = state.load_dataset(subject.dataset_name).test.images[:MAX_IMAGES]
    with locked_model(subject, epoch) as model:
        found = find_peaks(model, images, run_normaliser(subject), layer)
    if not np.isfinite(found.values).all():
        raise ValueError(f"{layer} gives values that are infinite or not a number: choose an earlier checkpoint.")
    return found.values, found.positions


def _show_strongest_images(
    subject: LoadedRun,
    nodes: Graph,
    layer: str,
    unit: int,
    values: NDArray[np.float32],
    places: NDArray[np.int32],
) -> None:
    """Show the images with the largest values, the part that each value depends on, and the mean value by class."""
    data = state.load_dataset(subject.dataset_name)
    labels = data.test.labels[: len(values)]
    unit_values = values[:, unit]
    _show_silent_maps(nodes, layer, values)
    if np.ptp(unit_values) == 0:
        st.info(
            f"It gives {unit_values[0]:.4g} for every one of {len(unit_values):,} test images: none excites it more "
            "than another."
        )
        return
    order = np.argsort(-unit_values, kind="stable")[:SHOWN_IMAGES]
    boxes = [receptive_boxes(nodes, layer, unit, *map(int, places[i, unit]))[IMAGE][2:] for i in order]
    height, width = nodes[IMAGE].map_size
    whole = all(box == (0, height, 0, width) for box in boxes)
    st.markdown(_describe_classes(labels[order], data.class_names, len(unit_values)))
    with st.container(horizontal=True, gap="small"):
        for i, box in zip(order, boxes, strict=True):
            with st.container(width=IMAGE_SIDE, gap="xsmall"):
                name = data.class_names[labels[i]]
                _show_framed_image(data.test.images[i], (height, width), box, whole, f"Test image {i}, {name}")
                show_note(f"**{unit_values[i]:.3g}** · {name}")
    show_note(
        "It sees the whole image."
        if whole
        else "In the orange frame: all that the strongest value of this map can see, and below it only that."
    )
    means = [
        float(unit_values[labels == k].mean()) if (labels == k).any() else 0.0 for k in range(len(data.class_names))
    ]
    chart = class_bars(means, data.class_names, "mean of the largest value in each image")
    st.altair_chart(
        chart, key="inspect_want_classes", alt="How strongly the images of each class excite it, on average"
    )


def _show_framed_image(
    image: NDArray[np.uint8], input_size: tuple[int, int], box: tuple[int, int, int, int], sees_all: bool, title: str
) -> None:
    """One image with the frame, and what is inside it; `box` counts pixels of what the network sees, `input_size`."""
    height, width = image.shape[1:]
    zoom = max(1, round(IMAGE_SIDE / max(height, width)))
    big = enlarge(image_rgb(image)[np.newaxis], zoom)[0]
    down, across = height / input_size[0] * zoom, width / input_size[1] * zoom
    top, bottom = round(box[0] * down), max(round(box[0] * down) + 1, round(box[1] * down))
    left, right = round(box[2] * across), max(round(box[2] * across) + 1, round(box[3] * across))
    if sees_all:
        st.image(big, width=IMAGE_SIDE, output_format="PNG", alt=title)
        return
    st.image(
        draw_frame(big, (top, bottom, left, right), max(2, zoom // 2)), width=IMAGE_SIDE, output_format="PNG", alt=title
    )
    st.image(big[top:bottom, left:right], width=IMAGE_SIDE, output_format="PNG", alt=f"{title}, what is seen of it")


def _describe_classes(labels: NDArray[np.integer], names: tuple[str, ...], count: int) -> str:
    """Which classes the strongest images are of, in words."""
    counts = np.bincount(labels, minlength=len(names))
    first = int(counts.argmax())
    start = f"Of the {len(labels)} images that excite it most, among {count:,} test images,"
    if counts[first] == len(labels) > 1:
        return f"{start} **all are of class {names[first]}**."
    if counts[first] * 2 > len(labels):
        return f"{start} **{counts[first]} are of class {names[first]}**."
    return f"{start} are {int((counts > 0).sum())} classes, none with more than half: it looks for what they share."


def _show_silent_maps(nodes: Graph, layer: str, values: NDArray[np.float32]) -> None:
    """Name the maps of a layer that are 0 for every image."""
    silent = [f"{unit + 1}" for unit in np.flatnonzero((values == 0).all(axis=0))]
    if silent:
        thing = _unit_noun(nodes, layer).lower()
        more = f" and {len(silent) - MAX_NAMED_MAPS} more" if len(silent) > MAX_NAMED_MAPS else ""
        st.info(
            f"{len(silent)} of {values.shape[1]:,} {thing}s of {layer_title(layer)} are 0 for every test image: "
            f"{thing} {', '.join(silent[:MAX_NAMED_MAPS])}{more}."
        )

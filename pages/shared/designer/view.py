"""What a designed network comes to: totals, memory, and the receptive field of a layer drawn on a picture."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import PHOTOS, photo
from cnn_core.spec import NetworkSpec
from cnn_core.spec.draft import Draft, Line, field_box
from cnn_core.spec.memory import COPIES, sizes, training_peak
from pages.shared.controls import choice
from pages.shared.lesson import note

Box = tuple[int, int, int, int]
SHOWN = 384
FORMULA, MEASURED = (235, 110, 20), (160, 60, 200)


@st.cache_data(max_entries=32, show_spinner=False)
def network(text: str) -> NetworkSpec:
    """The finished network of a draft's JSON."""
    return NetworkSpec.from_json(text)


def totals(draft: Draft) -> None:
    """The sums of the table, and what the network takes in memory."""
    spec = network(draft.to_json())
    with st.container(horizontal=True):
        st.metric("Parameters", f"{spec.total_parameters:,}", border=True, help="All of them are trainable here.")
        st.metric("MACs", f"{spec.total_macs:,}", border=True, help="Multiply–accumulates for one image.")
        st.metric("Output", " × ".join(map(str, spec.output_shape)), border=True)
    kept = 2 * sum(row.output_shape[0] for row in spec.summary() if row.kind == "BatchNorm")
    note(
        f"**{spec.total_parameters:,} trainable**, none fixed. "
        + (f"Batch norm keeps {kept:,} running statistics besides, which are not learned." if kept else "")
    )
    found = sizes(spec)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(
            "| megabytes for one image | |\n|---|--:|\n"
            f"| input | {found.input:.2f} |\n"
            f"| forward/backward, every layer twice (torchsummary, course D) | **{found.every_layer:.2f}** |\n"
            f"| forward/backward, layers with weights twice (torchinfo) | {found.with_weights:.2f} |\n"
            f"| parameters | {found.parameters:.2f} |\n"
            f"| what the backward pass really needs | {found.saved:.2f} |"
        )
    with right:
        batch = int(st.number_input("Batch size", 1, 65_536, 64, key="designer_batch", bind="query-params", width=140))
        optimizer = choice("Optimiser", tuple(COPIES), "Adam", "designer_optimizer")
        peak = training_peak(spec, batch, optimizer)
        size = f"{peak / 1024:,.2f} GB" if peak >= 1024 else f"{peak:,.1f} MB"
        st.metric("Training holds", size, border=True)
        note("Weights, gradients, the optimiser's own numbers, and the saved tensors of the batch.")


def receptive_field(draft: Draft, line: Line, fits: bool) -> None:
    """What the middle unit of the chosen layer sees of a picture: by the formula and, where all `fits`, measured."""
    row = line.row
    if row is None:
        note("This layer is not reached yet: its receptive field is not known.")
        return
    height, width = draft.input_shape[1:]
    place = (row.output_shape[1] // 2, row.output_shape[2] // 2) if len(row.output_shape) == 3 else (0, 0)
    box = field_box(line, place)
    left, right = st.columns([2, 3], gap="large")
    measured: Box | None = None
    with right:
        rows, columns = row.receptive_field
        centre = " and ".join(
            f"{middle + at * jump + 1:g}" for middle, at, jump in zip(line.centre, place, line.jump, strict=True)
        )
        st.markdown(
            f"A unit of **{line.name}** sees **{rows} × {columns}** pixels; its neighbour sees them {line.jump[0]} "
            f"further on. The unit in row {place[0] + 1}, column {place[1] + 1} has its centre at pixel {centre}."
        )
        wanted = st.toggle("Measure it by gradient", key="designer_measure", bind="query-params")
        if wanted and not fits:
            note("It can be measured once every layer fits.")
        elif wanted:
            measured = _measure(draft.to_json(), line.name)
            top, bottom, first, last = measured
            inside = (max(box[0], 0), min(box[1], height), max(box[2], 0), min(box[3], width))
            same = "the same as the formula's, cut at the edges" if measured == inside else "not the formula's"
            note(f"Rows {top + 1} to {bottom} and columns {first + 1} to {last} have a gradient: {same}.")
        note("Orange: by the formula. Purple: measured. What lies beyond the edge is padding.")
    with left:
        alt = f"A picture of {height} by {width} pixels; the framed part is what a unit of {line.name} sees"
        st.image(framed((height, width), box, measured), width=SHOWN, output_format="PNG", alt=alt)


@st.cache_data(max_entries=64, show_spinner="Measuring …")
def _measure(text: str, name: str) -> Box:
    from cnn_core.spec.measure import measured_field  # torch is heavy: only who measures pays for it

    return measured_field(NetworkSpec.from_json(text), name)[0]


@st.cache_data(max_entries=64, show_spinner=False)
def framed(size: tuple[int, int], box: Box, measured: Box | None) -> NDArray[np.uint8]:
    """A photograph at the network's input size, enlarged, with the boxes drawn on it."""
    from PIL import Image, ImageDraw

    height, width = size
    scale = SHOWN / max(height, width)
    picture = (
        Image.fromarray(photo(PHOTOS[2].name))
        .resize((width, height))
        .resize((max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.NEAREST)
    )
    pen = ImageDraw.Draw(picture)
    for (top, bottom, left, right), colour, thick in ((box, FORMULA, 5), (measured or box, MEASURED, 2)):
        if colour == MEASURED and measured is None:
            continue
        corners = [max(0, round(left * scale)), max(0, round(top * scale))]
        corners += [min(picture.width - 1, round(right * scale)), min(picture.height - 1, round(bottom * scale))]
        if corners[2] > corners[0] and corners[3] > corners[1]:
            pen.rectangle(corners, outline=colour, width=thick)
    return np.asarray(picture)

"""The designed network in sum: totals, memory, and the receptive field of a layer drawn on a picture."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import PHOTOS, load_photo
from cnn_core.networks import NetworkSpec
from cnn_core.networks.draft import Draft, LayerLine, ResolvedLine, UnresolvedLine, field_box
from cnn_core.networks.memory import MB, OPTIMIZER_COPIES, free_mb, memory_sizes, training_peak
from cnn_core.words import format_memory, format_size
from pages.shared.controls import choose_option, show_note

Box = tuple[int, int, int, int]
PICTURE_SIDE = 384
"""Pixels of the longer side of the pictures on the page."""
FORMULA_COLOUR = (235, 110, 20)
"""Orange: the colour of the theme's frames, as RGB."""
MEASURED_COLOUR = (214, 120, 255)
"""Purple: the colour of gradients, as RGB."""
OUTSIDE_BRIGHTNESS = 0.4
"""The brightness of pixels that the unit does not see: dark, but still recognisable."""
MIN_GLOW = 0.25
"""The opacity of the weakest gradient, so that it is still visible."""


@st.cache_data(max_entries=32, show_spinner=False)
def parse_network(text: str) -> NetworkSpec:
    """Return the network that a draft's JSON describes."""
    return NetworkSpec.from_json(text)


def show_totals(draft: Draft) -> None:
    """Show the sums of the table and the memory that the network takes."""
    spec = parse_network(draft.to_json())
    with st.container(horizontal=True):
        st.metric("Parameters", f"{spec.total_parameters:,}", border=True, help="All of them are trainable here.")
        st.metric("MACs", f"{spec.total_macs:,}", border=True, help="Multiply–accumulates for one image.")
        st.metric("Output", format_size(spec.output_shape), border=True)
    running_statistics = 2 * sum(row.output_shape[0] for row in spec.summary() if row.kind == "BatchNorm")
    show_note(
        f"**{spec.total_parameters:,} trainable**, none fixed. "
        + (
            f"Batch norm also keeps {running_statistics:,} running statistics, which are not learned."
            if running_statistics
            else ""
        )
    )
    memory_figures = memory_sizes(spec)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown(
            "| megabytes for one image | |\n|---|--:|\n"
            f"| input | {memory_figures.input:.2f} |\n"
            f"| forward/backward, every layer twice (torchsummary, course D) | **{memory_figures.every_layer:.2f}** |\n"
            f"| forward/backward, layers with weights twice (torchinfo) | {memory_figures.with_weights:.2f} |\n"
            f"| parameters | {memory_figures.parameters:.2f} |\n"
            f"| what the backward pass really needs | {memory_figures.saved:.2f} |"
        )
    with right:
        batch = int(st.number_input("Batch size", 1, 65_536, 64, key="designer_batch", bind="query-params", width=140))
        optimizer = choose_option("Optimiser", tuple(OPTIMIZER_COPIES), "Adam", "designer_optimizer")
        peak, free = training_peak(spec, batch, optimizer), free_mb()
        st.metric("Memory for training", format_memory(peak * MB), border=True)
        show_note("Weights, gradients, the optimiser's state, and the saved tensors of the batch.")
        if peak > free:
            fitting = (free - training_peak(spec, 0, optimizer)) // memory_figures.saved
            advice = f"a batch of {fitting:,.0f} would" if fitting >= 1 else "not even one image does: make it smaller"
            st.warning(f"This computer has {format_memory(free * MB)} of memory free, so this does not fit: {advice}.")


def show_receptive_field(draft: Draft, line: LayerLine, fits: bool) -> None:
    """Show what a unit of the chosen layer sees of a picture: by the formula and, if the network `fits`, measured."""
    if isinstance(line, UnresolvedLine):
        show_note("This layer is not reached yet: its receptive field is not known.")
        return
    words, formula, measure = st.columns([4, 3, 3], gap="medium")
    with words:
        place = _choose_unit(line.row.output_shape)
        box = field_box(line, place)
        st.markdown(_describe_field(line, place))
        measuring = st.toggle("Measure it by gradient", key="designer_measure", bind="query-params")
    shape = draft.input_shape[1:]
    with formula:
        alt = f"A picture of {shape[0]} by {shape[1]} pixels; the framed part is what the unit of {line.name} sees"
        st.image(frame_photo(shape, box), width="stretch", output_format="PNG", alt=alt)
        show_note("**Orange**: by the formula, cut at the edges of the picture.")
    if not measuring:
        return
    with measure:
        try:
            _show_measured_field(draft, line, place, box)
        except ValueError as problem:
            show_note(str(problem))


def _choose_unit(shape: tuple[int, ...]) -> tuple[int, int]:
    """Show the sliders for a unit and return its row and column in maps of `shape`, from 0; (0, 0) for flat layers."""
    if len(shape) != 3:
        return 0, 0
    found = []
    with st.container(horizontal=True):
        for name, size in (("Row", shape[1]), ("Column", shape[2])):
            key, hint = f"designer_unit_{name.lower()}", f"Which of the layer's {size}, from the first to the last."
            part = st.slider(name, 0, 100, 50, format="%d %%", key=key, bind="query-params", help=hint, width=140)
            found.append(min(size - 1, size * part // 100))
    return found[0], found[1]


def _describe_field(line: ResolvedLine, place: tuple[int, int]) -> str:
    """Return what the formula says, in words."""
    shape = line.row.output_shape
    size = format_size(line.row.receptive_field)
    if len(shape) != 3:
        return f"The units of **{line.name}**, together, see **{size}** pixels."
    jump = " and ".join(map(str, sorted(set(line.jump))))
    centre = ", ".join(
        f"{middle + at * jump + 1:g}" for middle, at, jump in zip(line.centre, place, line.jump, strict=True)
    )
    return (
        f"A unit of **{line.name}** sees **{size}** pixels; its neighbour sees an area of the same size, {jump} "
        f"further on. The unit in row {place[0] + 1} of {shape[1]}, column {place[1] + 1} of {shape[2]} has its centre "
        f"at pixel ({centre})."
    )


def _show_measured_field(draft: Draft, line: ResolvedLine, place: tuple[int, int], box: Box) -> None:
    """Show the measured field beside the formula's. Raises ValueError when it cannot be measured."""
    draft.to_spec()  # raises with the layer that does not fit
    picture, found, holes = _measure_field(draft.to_json(), line.name, place)
    alt = f"The pixels that have a gradient, the stronger the more paths lead from them to the unit of {line.name}"
    st.image(picture, width="stretch", output_format="PNG", alt=alt)
    if found is None:
        show_note("No pixel has a gradient: this unit sees only padding.")
        return
    height, width = draft.input_shape[1:]
    inside = (max(box[0], 0), min(box[1], height), max(box[2], 0), min(box[3], width))
    same = (
        "the same as the formula's, cut at the edges"
        if found == inside
        else "smaller than the formula's, which ignores edges: on the way, cells were lost or were padding"
    )
    show_note(
        f"**Purple**: rows {found[0] + 1} to {found[1]} and columns {found[2] + 1} to {found[3]} have a gradient, "
        f"{same}. The brighter, the more paths lead from the pixel to the unit."
        + (" Some pixels between them have none: the dilation or the stride steps over them." if holes else "")
    )


@st.cache_data(max_entries=64, show_spinner="Measuring …")
def _measure_field(text: str, name: str, place: tuple[int, int]) -> tuple[NDArray[np.uint8], Box | None, bool]:
    """Return the measured field as a picture, the box around it, and whether the box has pixels that are not seen."""
    from cnn_core.networks.measured_field import measure_field  # torch is heavy: only who measures pays for it

    paths = measure_field(NetworkSpec.from_json(text), name, place)
    rows, columns = (np.flatnonzero(paths.sum(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return draw_gradient(paths), None, False
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    return draw_gradient(paths), (top, bottom, left, right), not paths[top:bottom, left:right].all()


@st.cache_data(max_entries=16, show_spinner=False)
def _scaled_photo(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a photograph reduced to the input `size` and enlarged to `PICTURE_SIDE`, its pixels left visible."""
    from PIL import Image

    small = Image.fromarray(load_photo(PHOTOS[2].name)).resize((min(size[1], PICTURE_SIDE), min(size[0], PICTURE_SIDE)))
    return np.asarray(small.resize(_display_size(size), Image.Resampling.NEAREST))


def _display_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height on the page of a picture of `size` (height, width)."""
    scale = PICTURE_SIDE / max(size)
    return max(1, round(size[1] * scale)), max(1, round(size[0] * scale))


def frame_photo(size: tuple[int, int], box: Box) -> NDArray[np.uint8]:
    """Return the photograph with a frame around the box and everything outside it darkened."""
    from PIL import Image, ImageDraw

    picture = _scaled_photo(size)
    ends = [round(min(max(edge, 0), size[i // 2]) * picture.shape[i // 2] / size[i // 2]) for i, edge in enumerate(box)]
    top, bottom, left, right = ends
    lit = np.full((*picture.shape[:2], 1), OUTSIDE_BRIGHTNESS)
    lit[top:bottom, left:right] = 1.0
    drawn = Image.fromarray((picture * lit).astype(np.uint8))
    if bottom > top and right > left:
        ImageDraw.Draw(drawn).rectangle((left, top, right - 1, bottom - 1), outline=FORMULA_COLOUR, width=5)
    return np.asarray(drawn)


def draw_gradient(paths: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the photograph in dark grey, purple where `paths` is above 0: the larger, the brighter."""
    from PIL import Image

    size = paths.shape[0], paths.shape[1]
    grey = _scaled_photo(size).mean(axis=2, keepdims=True) * OUTSIDE_BRIGHTNESS
    share = np.sqrt(paths / max(paths.max(), np.finfo(float).tiny))
    glow = np.where(share > 0, MIN_GLOW + (1 - MIN_GLOW) * share, 0).astype(np.float32)
    way = Image.Resampling.NEAREST if max(size) <= PICTURE_SIDE else Image.Resampling.BOX
    glow = np.asarray(Image.fromarray(glow).resize(_display_size(size), way))[..., None]
    return (grey * (1 - glow) + glow * np.array(MEASURED_COLOUR)).astype(np.uint8)

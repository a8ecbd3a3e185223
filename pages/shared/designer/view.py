"""What a designed network comes to: totals, memory, and the receptive field of a layer drawn on a picture."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.images import PHOTOS, photo
from cnn_core.spec import NetworkSpec
from cnn_core.spec.draft import Draft, Line, field_box
from cnn_core.spec.memory import COPIES, free_mb, sizes, training_peak
from pages.shared.controls import choice
from pages.shared.lesson import note

Box = tuple[int, int, int, int]
SHOWN = 384
FORMULA, MEASURED = (235, 110, 20), (214, 120, 255)
OUTSIDE, FAINTEST = 0.4, 0.25
"""How bright the picture is where nothing is seen, and how strong the weakest gradient is drawn."""


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
        peak, free = training_peak(spec, batch, optimizer), free_mb()
        st.metric("Training holds", _size(peak), border=True)
        note("Weights, gradients, the optimiser's own numbers, and the saved tensors of the batch.")
        if peak > free:
            fitting = (free - training_peak(spec, 0, optimizer)) // found.saved
            advice = f"a batch of {fitting:,.0f} would" if fitting >= 1 else "not even one image does: make it smaller"
            st.warning(f"This computer has {_size(free)} of memory free, so this does not fit: {advice}.")


def _size(megabytes: float) -> str:
    return f"{megabytes / 1024:,.2f} GB" if megabytes >= 1024 else f"{megabytes:,.1f} MB"


def receptive_field(draft: Draft, line: Line, fits: bool) -> None:
    """What a unit of the chosen layer sees of a picture: by the formula and, where all `fits`, measured beside it."""
    if line.row is None:
        note("This layer is not reached yet: its receptive field is not known.")
        return
    words, formula, measure = st.columns([4, 3, 3], gap="medium")
    with words:
        place = _place(line.row.output_shape)
        box = field_box(line, place)
        st.markdown(_sees(line, place))
        wanted = st.toggle("Measure it by gradient", key="designer_measure", bind="query-params")
    shape = draft.input_shape[1:]
    with formula:
        alt = f"A picture of {shape[0]} by {shape[1]} pixels; the framed part is what the unit of {line.name} sees"
        st.image(framed(shape, box), width="stretch", output_format="PNG", alt=alt)
        note("**Orange**: by the formula, cut at the edges of the picture.")
    if not wanted:
        return
    with measure:
        try:
            _measured(draft, line, place, box)
        except ValueError as problem:
            note(str(problem))


def _place(shape: tuple[int, ...]) -> tuple[int, int]:
    """The chosen unit's row and column in maps of `shape`, counted from 0; (0, 0) of flat layers."""
    if len(shape) != 3:
        return 0, 0
    found = []
    with st.container(horizontal=True):
        for name, size in (("Row", shape[1]), ("Column", shape[2])):
            key, hint = f"designer_unit_{name.lower()}", f"Which of the layer's {size}, from the first to the last."
            part = st.slider(name, 0, 100, 50, format="%d %%", key=key, bind="query-params", help=hint, width=140)
            found.append(min(size - 1, size * part // 100))
    return found[0], found[1]


def _sees(line: Line, place: tuple[int, int]) -> str:
    """What the formula says, in words."""
    assert line.row is not None
    shape = line.row.output_shape
    size = " × ".join(f"{side:,}" for side in line.row.receptive_field)
    if len(shape) != 3:
        return f"The units of **{line.name}**, together, see **{size}** pixels."
    jump = " and ".join(map(str, sorted(set(line.jump))))
    centre = ", ".join(
        f"{middle + at * jump + 1:g}" for middle, at, jump in zip(line.centre, place, line.jump, strict=True)
    )
    return (
        f"A unit of **{line.name}** sees **{size}** pixels; its neighbour sees as many, {jump} further on. The unit in "
        f"row {place[0] + 1} of {shape[1]}, column {place[1] + 1} of {shape[2]} has its centre at pixel ({centre})."
    )


def _measured(draft: Draft, line: Line, place: tuple[int, int], box: Box) -> None:
    """The measured field, and how it compares with the formula's. Raises ValueError when it cannot be measured."""
    draft.finished()  # says which layer does not fit
    paths = _measure(draft.to_json(), line.name, place)
    rows, columns = (np.flatnonzero(paths.sum(axis=axis)) for axis in (1, 0))
    alt = f"The pixels that have a gradient, the stronger the more paths lead from them to the unit of {line.name}"
    st.image(glowing(paths), width="stretch", output_format="PNG", alt=alt)
    if not len(rows):
        note("No pixel has a gradient: this unit sees padding alone.")
        return
    height, width = paths.shape
    inside = (max(box[0], 0), min(box[1], height), max(box[2], 0), min(box[3], width))
    found = (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1)
    same = (
        "the same as the formula's, cut at the edges"
        if found == inside
        else "less than the formula's, which knows no edges: on the way, cells were lost or were padding"
    )
    stepped_over = not paths[found[0] : found[1], found[2] : found[3]].all()
    holes = " Between them are pixels without: the dilation steps over them." if stepped_over else ""
    note(
        f"**Purple**: rows {found[0] + 1} to {found[1]} and columns {found[2] + 1} to {found[3]} have a gradient, "
        f"{same}. The brighter, the more paths lead from the pixel to the unit.{holes}"
    )


@st.cache_data(max_entries=64, show_spinner="Measuring …")
def _measure(text: str, name: str, place: tuple[int, int]) -> NDArray[np.float64]:
    from cnn_core.spec.measure import measured_field  # torch is heavy: only who measures pays for it

    return measured_field(NetworkSpec.from_json(text), name, place)


@st.cache_data(max_entries=16, show_spinner=False)
def _photo(size: tuple[int, int]) -> NDArray[np.uint8]:
    """A photograph (H, W, 3) at the network's input size."""
    from PIL import Image

    return np.asarray(Image.fromarray(photo(PHOTOS[2].name)).resize((size[1], size[0])))


def framed(size: tuple[int, int], box: Box) -> NDArray[np.uint8]:
    """The photograph, enlarged, with a frame around the box; what lies outside of it is dark."""
    from PIL import Image, ImageDraw

    top, bottom, left, right = max(box[0], 0), max(box[1], 0), max(box[2], 0), max(box[3], 0)
    lit = np.full(size, OUTSIDE)
    lit[top:bottom, left:right] = 1.0
    picture = Image.fromarray(enlarged((_photo(size) * lit[..., None]).astype(np.uint8)))
    scale = picture.height / size[0], picture.width / size[1]
    corners = [round(left * scale[1]), round(top * scale[0])]
    corners += [min(picture.width, round(right * scale[1])) - 1, min(picture.height, round(bottom * scale[0])) - 1]
    if corners[2] > corners[0] and corners[3] > corners[1]:
        ImageDraw.Draw(picture).rectangle(corners, outline=FORMULA, width=5)
    return np.asarray(picture)


def glowing(paths: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The photograph in grey and dark, purple where a pixel has a gradient: the more, the brighter."""
    grey = _photo(paths.shape).mean(axis=2, keepdims=True) * OUTSIDE
    share = np.sqrt(paths / max(paths.max(), np.finfo(float).tiny))[..., None]
    glow = np.where(share > 0, FAINTEST + (1 - FAINTEST) * share, 0)
    return enlarged((grey * (1 - glow) + glow * np.array(MEASURED)).astype(np.uint8))


def enlarged(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Whole pixels, about SHOWN along the longer side."""
    from PIL import Image

    height, width = picture.shape[:2]
    scale = SHOWN / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.NEAREST))

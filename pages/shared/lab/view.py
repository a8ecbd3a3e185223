"""What the kernels make of the picture: one by itself, a bank, a chain, or edges with their direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.colour import symmetric_limit
from cnn_core.display import Shown, show_result
from cnn_core.kernels.chain import MOST_LINKS, run_chain
from cnn_core.kernels.edges import OPERATORS, direction_rgb, direction_wheel, gradient
from cnn_core.kernels.families import SIZES, Weights
from cnn_core.kernels.filtering import Layer, Result, apply_to_padded, choose_channels, most_changed, pad_image
from cnn_core.kernels.recipes import Kernel, name_of, recognise
from pages.shared.controls import choice
from pages.shared.lab import stack
from pages.shared.lab.chain import chain_facts
from pages.shared.lab.layer import BANK, CHAIN, How
from pages.shared.lab.picture import Picture
from pages.shared.lens import Window, lens, quick
from pages.shared.lesson import note
from pages.shared.thumbnails import Thumbnail, thumbnails

ROW, COLUMN = "kernels_row", "kernels_column"
LOOK, PIXEL = "kernels_look", "One pixel"
COLOUR = ("Red", "Green", "Blue")
EDGE_VIEWS = ("Across", "Down", "Strength", "Direction")


@dataclass(frozen=True, eq=False)
class Outcome:
    """A result that is shown large, its pixel (row, column) to look at first, and the kernels it took, in order."""

    result: Result
    start: tuple[int, int]
    kernels: tuple[Weights, ...]


def show(picture: Picture, found: stack.Stack, how: How) -> Outcome | None:
    """What the kernels make of it; returns the chosen result, None where there is none, with the reason shown."""
    image = choose_channels(picture.image, how.channels)
    if found.chosen is None:
        return None
    try:
        if how.together == CHAIN:
            return show_chain(picture, image, found, how)
        if how.together == BANK:
            return show_bank(picture, image, found, how)
        return show_one(picture, image, found.chosen.weights, how, None)
    except ValueError as problem:
        st.error(str(problem))
        return None


def title_of(kernel: Kernel) -> str:
    """What a kernel is called: its name, or its size."""
    made_by = kernel.recipe or recognise(kernel.weights)
    return name_of(made_by) if made_by else f"Own {' × '.join(map(str, kernel.weights.shape))}"


def show_one(picture: Picture, image: NDArray[np.uint8], weights: Weights, how: How, limit: float | None) -> Outcome:
    """The picture beside its result, and the sum behind the pixel pointed at."""
    layer = how.layer
    padded = pad_image(image, weights, layer)
    result = apply_to_padded(padded, weights, layer)
    window = Window(weights, layer, most_changed(result, padded, weights, layer))
    _lens(picture, padded, show_result(result, how.view, limit), window, how, "Result")
    return Outcome(result, window.start, (weights,))


def _lens(
    picture: Picture, before: NDArray[np.uint8], shown: Shown, window: Window | None, how: How, caption: str
) -> None:
    words = {"grey": "grey", "colour": "colour"}.get(how.channels, f"{how.channels} channel")
    single = "Pixels under the window" if how.channels == "grey" else f"{how.channels.capitalize()} under the window"
    rows, columns = shown.pixels.shape[:2]
    lens(
        before,
        shown,
        window,
        captions=(f"{picture.title}, {words}", f"{caption}, {rows} × {columns}"),
        alts=(picture.alt, f"{picture.title} filtered: {caption}"),
        channel_names=COLOUR if before.ndim == 3 else (single,),
        compare=how.compare,
        at=pinned(rows, columns),
        pin=pin,
        key="kernels_lens",
    )


def pinned(rows: int, columns: int) -> tuple[int, int] | None:
    """The pixel (row, column) that is looked at closely, inside a result of this size; None where none was chosen."""
    # on the first run the link has the numbers, and the widgets that read them come further down the page
    asked = [str(st.session_state.get(key) or st.query_params.get(key, "")) for key in (ROW, COLUMN)]
    if not all(number.isdecimal() and int(number) for number in asked):
        return None
    return min(int(asked[0]), rows) - 1, min(int(asked[1]), columns) - 1


def pin(row: int, column: int, clicked: bool) -> None:
    """A pixel was chosen: look at it closely; one that was clicked opens in the player."""
    st.session_state[ROW], st.session_state[COLUMN] = row + 1, column + 1
    if clicked:
        st.session_state[LOOK] = PIXEL


def show_bank(picture: Picture, image: NDArray[np.uint8], found: stack.Stack, how: How) -> Outcome:
    """A feature map for every kernel, the chosen one large."""
    kernels = {i: kernel for i, kernel in enumerate(found.kernels) if kernel is not None}
    results = {
        i: apply_to_padded(pad_image(image, kernel.weights, how.layer), kernel.weights, how.layer)
        for i, kernel in kernels.items()
    }
    shared = st.toggle("One scale for all maps", True, key="kernels_scale", bind="query-params")
    limit = max(symmetric_limit(result) for result in results.values()) if shared else None
    gallery(
        "Feature maps",
        [
            (f"{i + 1}", f"{i + 1}. {title_of(kernels[i])}", show_result(result, how.view, limit))
            for i, result in results.items()
        ],
        f"{found.slot + 1}",
    )
    sizes = {result.shape for result in results.values()}
    if len(sizes) == 1:
        shape = " × ".join(map(str, (len(results), *next(iter(sizes))[:2])))
        note(f"A stack of {len(results)} feature maps, {shape}: what a layer with {len(results)} filters gives.")
    else:
        note("The maps differ in size, so they are no stack: a layer has kernels of one size, or pads.")
    chosen = kernels[found.slot]
    return show_one(picture, image, chosen.weights, how, limit)


def gallery(label: str, maps: Sequence[tuple[str, str, Shown]], chosen: str) -> None:
    """Results side by side; a click chooses the kernel that made it."""
    pictures = [Thumbnail(value, title, title, quick(_small(shown.pixels))) for value, title, shown in maps]
    thumbnails(label, pictures, chosen, key="kernels_gallery", choose=_choose_slot, large=True)


def _small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every second pixel of a large picture: enough for a small one."""
    step = max(1, round(max(pixels.shape[:2]) / 256))
    return np.ascontiguousarray(pixels[::step, ::step])


def _choose_slot(number: str) -> None:
    st.session_state[stack.SLOT] = int(number)


def show_chain(picture: Picture, image: NDArray[np.uint8], found: stack.Stack, how: How) -> Outcome:
    """The picture after each kernel, the chosen stage large, and the single kernel that does the same."""
    kernels = [kernel for kernel in found.kernels[:MOST_LINKS] if kernel is not None]
    if len(found.kernels) > MOST_LINKS:
        note(f"A chain has at most {MOST_LINKS} filters: the first {MOST_LINKS} are used.")
    weights = [kernel.weights for kernel in kernels]
    stages = run_chain(image, weights, how.layer)
    at = min(found.slot, len(stages) - 1)
    maps = [
        (f"{i}", f"{i}. {title_of(kernel)}", show_result(stage, how.view))
        for i, (kernel, stage) in enumerate(zip(kernels, stages, strict=True), 1)
    ]
    gallery("Stages of the chain", maps, f"{at + 1}")
    _lens(picture, image, maps[at][2], None, how, f"After filter {at + 1}")
    if len(kernels) > 1:
        chain_facts(image, kernels, stages, how.layer)
    else:
        note("A chain begins with the second kernel: press *Add*.")
    rows, columns = stages[at].shape[:2]
    return Outcome(stages[at], (rows // 2, columns // 2), tuple(weights[: at + 1]))


def show_edges(picture: Picture, how: How) -> Result | None:
    """Slopes across and down, how strong an edge is, and which way it gets brighter; None with the reason shown."""
    grey = choose_channels(picture.image, "grey" if how.channels == "colour" else how.channels)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        operator = choice("Slopes by", OPERATORS, OPERATORS[0], "kernels_operator")
        size = st.selectbox("Size", SIZES[1:], index=1, key="kernels_edge_size", bind="query-params", width=84)
    layer = Layer(how.layer.stride, how.layer.dilation, how.layer.padding_mode)
    try:
        slopes = gradient(grey, operator, layer, size)
    except ValueError as problem:
        st.error(str(problem))
        return None
    both = max(symmetric_limit(slopes.x), symmetric_limit(slopes.y))
    remark = "Hue says which way it gets brighter, as on the wheel; brightness how strongly."
    shown = {
        "Across": show_result(slopes.x, "signed", both),
        "Down": show_result(slopes.y, "signed", both),
        "Strength": show_result(slopes.magnitude, "absolute"),
        "Direction": Shown(direction_rgb(slopes), 0, 0, (), remark),
    }
    chosen = st.session_state.setdefault("kernels_edge_view", "Direction")
    pictures = [Thumbnail(name, name, name, quick(_small(one.pixels))) for name, one in shown.items()]
    thumbnails("Edges", pictures, chosen, key="kernels_edge_gallery", choose=_choose_edge_view, large=True)
    _lens(picture, grey, shown[chosen], None, how, chosen)
    left, right = st.columns([1, 6], vertical_alignment="center")
    left.image(
        direction_wheel(), width=110, alt="Colour wheel: red to the right, green down and left, blue up and left"
    )
    right.latex(r"\text{strength} = \sqrt{G_x^2 + G_y^2}, \qquad \text{direction} = \operatorname{atan2}(G_y, G_x)")
    if how.layer.relu or how.layer.bias:
        note("Bias and ReLU are left out here: they would take the direction away.")
    return {"Across": slopes.x, "Down": slopes.y, "Strength": slopes.magnitude, "Direction": slopes.direction}[chosen]


def _choose_edge_view(name: str) -> None:
    st.session_state.kernels_edge_view = name

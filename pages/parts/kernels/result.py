"""What the kernels make of the picture: one by itself, a bank, a chain, or edges with their direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels.chain import MOST_LINKS, receptive_fields, run_chain
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import Result, apply_to_padded, choose_channels, most_changed, pad_image
from cnn_core.kernels.notation import Kernel, name_of, recognise
from cnn_core.render.colour import symmetric_limit
from cnn_core.render.filter_result import Shown, show_result
from pages.components.lens import Field, Window, lens, quick
from pages.components.thumbnails import Thumbnail, thumbnails
from pages.parts.kernels import stack
from pages.parts.kernels.chain import chain_facts
from pages.parts.kernels.picture import Picture
from pages.parts.kernels.pixel import pin, pinned
from pages.parts.kernels.settings import BANK, CHAIN, How
from pages.shared.controls import note

COLOUR = ("Red", "Green", "Blue")


@dataclass(frozen=True, eq=False)
class Outcome:
    """A result, how it is shown, its pixel (row, column) to look at first, and the kernels it took, in order."""

    result: Result
    shown: Shown
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
    shown = show_result(result, how.view, limit)
    show_lens(picture, padded, shown, window, how, "Result")
    return Outcome(result, shown, window.start, (weights,))


def show_lens(
    picture: Picture, before: NDArray[np.uint8], shown: Shown, window: Window | Field, how: How, caption: str
) -> None:
    """The picture and what became of it, under the lens."""
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
    thumbnails(label, [small_one(*one) for one in maps], chosen, key="kernels_gallery", choose=_choose_slot, large=True)


def small_one(value: str, title: str, shown: Shown) -> Thumbnail:
    """A result as a small picture: of a large one every second pixel is enough."""
    step = max(1, round(max(shown.pixels.shape[:2]) / 256))
    return Thumbnail(value, title, title, quick(np.ascontiguousarray(shown.pixels[::step, ::step])))


def _choose_slot(number: str) -> None:
    st.session_state[stack.SLOT] = int(number)


def show_chain(picture: Picture, image: NDArray[np.uint8], found: stack.Stack, how: How) -> Outcome:
    """The picture after each kernel, the chosen stage large, and the single kernel that does the same."""
    kernels = [kernel for kernel in found.kernels[:MOST_LINKS] if kernel is not None]
    if len(found.kernels) > MOST_LINKS:
        note(f"A chain has at most {MOST_LINKS} filters: the first {MOST_LINKS} are used.")
    weights = [kernel.weights for kernel in kernels]
    stages = run_chain(image, weights, how.layer)
    fields = receptive_fields(weights, how.layer)
    at = min(found.slot, len(stages) - 1)
    maps = [
        (f"{i}", f"{i}. {title_of(kernel)}", show_result(stage, how.view))
        for i, (kernel, stage) in enumerate(zip(kernels, stages, strict=True), 1)
    ]
    gallery("Stages of the chain", maps, f"{at + 1}")
    rows, columns = stages[at].shape[:2]
    start = (rows // 2, columns // 2)
    show_lens(picture, image, maps[at][2], Field(*fields[at], start), how, f"After filter {at + 1}")
    if len(kernels) > 1:
        chain_facts(image, kernels, stages, how.layer)
    else:
        note("A chain begins with the second kernel: press *Add*.")
    return Outcome(stages[at], maps[at][2], start, tuple(weights[: at + 1]))

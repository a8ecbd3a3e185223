"""What the kernels make of the picture: one by itself, a bank, a chain, or edges with their direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels.chain import MAX_LINKS, receptive_fields, run_chain
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import Result, apply_to_padded, most_changed_pixel, pad_image, select_channels
from cnn_core.kernels.notation import Kernel, recipe_name, recognise_recipe
from cnn_core.render.colour import symmetric_limit
from cnn_core.render.filter_result import ResultPicture, render_result
from cnn_core.words import format_size
from pages.components.lens import FieldWindow, KernelWindow, encode_quickly, show_picture_lens
from pages.components.thumbnails import Thumbnail, show_thumbnails
from pages.parts.kernels import stack
from pages.parts.kernels.chain import show_chain_facts
from pages.parts.kernels.picture import Picture
from pages.parts.kernels.pixel import pinned_pixel, store_pixel
from pages.parts.kernels.settings import BANK, CHAIN, LabSettings
from pages.shared.controls import show_note

COLOUR_CHANNELS = ("Red", "Green", "Blue")


@dataclass(frozen=True, eq=False)
class Outcome:
    """A result, how it is shown, its pixel (row, column) to look at first, and the kernels it took, in order."""

    result: Result
    shown: ResultPicture
    start: tuple[int, int]
    kernels: tuple[Weights, ...]


def show_outcome(picture: Picture, kernel_stack: stack.KernelStack, settings: LabSettings) -> Outcome | None:
    """What the kernels make of it; returns the chosen result, None where there is none, with the reason shown."""
    image = select_channels(picture.image, settings.channels)
    if kernel_stack.chosen_kernel is None:
        return None
    try:
        if settings.arrangement == CHAIN:
            return show_chain(picture, image, kernel_stack, settings)
        if settings.arrangement == BANK:
            return show_bank(picture, image, kernel_stack, settings)
        return show_one_kernel(picture, image, kernel_stack.chosen_kernel.weights, settings, None)
    except ValueError as problem:
        st.error(str(problem))
        return None


def kernel_title(kernel: Kernel) -> str:
    """What a kernel is called: its name, or its size."""
    source_recipe = kernel.recipe or recognise_recipe(kernel.weights)
    return recipe_name(source_recipe) if source_recipe else f"Own {format_size(kernel.weights.shape)}"


def show_one_kernel(
    picture: Picture, image: NDArray[np.uint8], weights: Weights, settings: LabSettings, limit: float | None
) -> Outcome:
    """The picture beside its result, and the sum behind the pixel pointed at."""
    layer = settings.layer
    padded = pad_image(image, weights, layer)
    result = apply_to_padded(padded, weights, layer)
    window = KernelWindow(weights, layer, most_changed_pixel(result, padded, weights, layer))
    shown = render_result(result, settings.view, limit)
    show_lens(picture, padded, shown, window, settings, "Result")
    return Outcome(result, shown, window.start, (weights,))


def show_lens(
    picture: Picture,
    before: NDArray[np.uint8],
    shown: ResultPicture,
    window: KernelWindow | FieldWindow,
    settings: LabSettings,
    caption: str,
) -> None:
    """The picture and what became of it, under the lens."""
    words = {"grey": "grey", "colour": "colour"}.get(settings.channels, f"{settings.channels} channel")
    single = (
        "Pixels under the window"
        if settings.channels == "grey"
        else f"{settings.channels.capitalize()} under the window"
    )
    rows, columns = shown.pixels.shape[:2]
    show_picture_lens(
        before,
        shown,
        window,
        captions=(f"{picture.title}, {words}", f"{caption}, {rows} × {columns}"),
        alts=(picture.alt, f"{picture.title} filtered: {caption}"),
        channel_names=COLOUR_CHANNELS if before.ndim == 3 else (single,),
        compare=settings.compare,
        pixel=pinned_pixel(rows, columns),
        on_pixel=store_pixel,
        key="kernels_lens",
    )


def show_bank(
    picture: Picture, image: NDArray[np.uint8], kernel_stack: stack.KernelStack, settings: LabSettings
) -> Outcome:
    """A feature map for every kernel, the chosen one large."""
    kernels = {i: kernel for i, kernel in enumerate(kernel_stack.kernels) if kernel is not None}
    results = {
        i: apply_to_padded(pad_image(image, kernel.weights, settings.layer), kernel.weights, settings.layer)
        for i, kernel in kernels.items()
    }
    shared = st.toggle("One scale for all maps", True, key="kernels_scale", bind="query-params")
    limit = max(symmetric_limit(result) for result in results.values()) if shared else None
    show_gallery(
        "Feature maps",
        [
            (f"{i + 1}", f"{i + 1}. {kernel_title(kernels[i])}", render_result(result, settings.view, limit))
            for i, result in results.items()
        ],
        f"{kernel_stack.slot + 1}",
    )
    sizes = {result.shape for result in results.values()}
    if len(sizes) == 1:
        shape = format_size((len(results), *next(iter(sizes))[:2]))
        show_note(f"A stack of {len(results)} feature maps, {shape}: what a layer with {len(results)} filters gives.")
    else:
        show_note("The maps differ in size, so they are no stack: a layer has kernels of one size, or pads.")
    chosen = kernels[kernel_stack.slot]
    return show_one_kernel(picture, image, chosen.weights, settings, limit)


def show_gallery(label: str, maps: Sequence[tuple[str, str, ResultPicture]], chosen: str) -> None:
    """Results side by side; a click chooses the kernel that made it."""
    show_thumbnails(
        label,
        [result_thumbnail(*one) for one in maps],
        chosen,
        key="kernels_gallery",
        on_choice=_store_slot,
        large=True,
    )


def result_thumbnail(value: str, title: str, shown: ResultPicture) -> Thumbnail:
    """A result as a small picture: of a large one every second pixel is enough."""
    step = max(1, round(max(shown.pixels.shape[:2]) / 256))
    return Thumbnail(value, title, title, encode_quickly(np.ascontiguousarray(shown.pixels[::step, ::step])))


def _store_slot(number: str) -> None:
    st.session_state[stack.SLOT_KEY] = int(number)


def show_chain(
    picture: Picture, image: NDArray[np.uint8], kernel_stack: stack.KernelStack, settings: LabSettings
) -> Outcome:
    """The picture after each kernel, the chosen stage large, and the single kernel that does the same."""
    kernels = [kernel for kernel in kernel_stack.kernels[:MAX_LINKS] if kernel is not None]
    if len(kernel_stack.kernels) > MAX_LINKS:
        show_note(f"A chain has at most {MAX_LINKS} filters: the first {MAX_LINKS} are used.")
    weights = [kernel.weights for kernel in kernels]
    stages = run_chain(image, weights, settings.layer)
    fields = receptive_fields(weights, settings.layer)
    stage_index = min(kernel_stack.slot, len(stages) - 1)
    maps = [
        (f"{i}", f"{i}. {kernel_title(kernel)}", render_result(stage, settings.view))
        for i, (kernel, stage) in enumerate(zip(kernels, stages, strict=True), 1)
    ]
    show_gallery("Stages of the chain", maps, f"{stage_index + 1}")
    rows, columns = stages[stage_index].shape[:2]
    start = (rows // 2, columns // 2)
    show_lens(
        picture,
        image,
        maps[stage_index][2],
        FieldWindow(*fields[stage_index], start),
        settings,
        f"After filter {stage_index + 1}",
    )
    if len(kernels) > 1:
        show_chain_facts(image, kernels, stages, settings.layer)
    else:
        show_note("A chain begins with the second kernel: press *Add*.")
    return Outcome(stages[stage_index], maps[stage_index][2], start, tuple(weights[: stage_index + 1]))

"""The picture filtered: by one kernel, by a bank of kernels, or by a chain of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels.chain import MAX_LINKS, receptive_fields, run_chain
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import Result, apply_kernel, filter_picture, select_channels
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
from pages.shared.problems import show_problem

COLOUR_CHANNELS = ("Red", "Green", "Blue")


@dataclass(frozen=True, eq=False)
class Outcome:
    """A result, the picture of it, the pixel (row, column) shown first, and the kernels that made it, in order."""

    result: Result
    shown: ResultPicture
    start: tuple[int, int]
    kernels: tuple[Weights, ...]


def show_outcome(picture: Picture, kernel_stack: stack.KernelStack, settings: LabSettings) -> Outcome | None:
    """Show the filtered picture and return the chosen result; None, with the reason shown, when there is none."""
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
        show_problem(problem)
        return None


def kernel_title(kernel: Kernel) -> str:
    """Return a kernel's name, or its size when it has none."""
    source_recipe = kernel.recipe or recognise_recipe(kernel.weights)
    return recipe_name(source_recipe) if source_recipe else f"Own {format_size(kernel.weights.shape)}"


def show_one_kernel(
    picture: Picture, image: NDArray[np.uint8], weights: Weights, settings: LabSettings, limit: float | None
) -> Outcome:
    """Show the picture beside its result, and the sum behind the pixel under the pointer."""
    filtered = filter_picture(image, weights, settings.layer)
    shown = render_result(filtered.result, settings.view, limit)
    window = KernelWindow(weights, settings.layer, filtered.most_changed)
    show_lens(picture, filtered.padded, shown, window, settings, "Result")
    return Outcome(filtered.result, shown, window.start, (weights,))


def show_lens(
    picture: Picture,
    before: NDArray[np.uint8],
    shown: ResultPicture,
    window: KernelWindow | FieldWindow,
    settings: LabSettings,
    caption: str,
) -> None:
    """Show the picture and its result under the lens."""
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
    """Show a feature map for every kernel, the chosen one large."""
    kernels = {i: kernel for i, kernel in enumerate(kernel_stack.kernels) if kernel is not None}
    results = {i: apply_kernel(image, kernel.weights, settings.layer) for i, kernel in kernels.items()}
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
    """Show results side by side; a click on one chooses the kernel that made it."""
    show_thumbnails(
        label,
        [result_thumbnail(*feature_map) for feature_map in maps],
        chosen,
        key="kernels_gallery",
        on_choice=_store_slot,
        large=True,
    )


def result_thumbnail(value: str, title: str, shown: ResultPicture) -> Thumbnail:
    """Return a result as a thumbnail; of large results only every k-th row and column is drawn."""
    step = max(1, round(max(shown.pixels.shape[:2]) / 256))
    return Thumbnail(value, title, title, encode_quickly(np.ascontiguousarray(shown.pixels[::step, ::step])))


def _store_slot(number: str) -> None:
    st.session_state[stack.SLOT_KEY] = int(number)


def show_chain(
    picture: Picture, image: NDArray[np.uint8], kernel_stack: stack.KernelStack, settings: LabSettings
) -> Outcome:
    """Show the picture after each kernel, the chosen stage large, and the single kernel equal to the chain."""
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

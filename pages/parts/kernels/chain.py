"""What a chain of filters amounts to: receptive field, cost, and the one kernel that does the same."""

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.kernels.chain import EquivalentKernel, equivalent_kernel, largest_difference, receptive_fields
from cnn_core.kernels.families import SIZES, round_weights
from cnn_core.kernels.filtering import FilterSettings, Result
from cnn_core.kernels.notation import Kernel
from cnn_core.render.colour import diverging_rgb, symmetric_limit
from cnn_core.render.tiles import enlarge
from cnn_core.words import format_count, format_size
from pages.parts.kernels import stack
from pages.shared.controls import show_note

PICTURE_WIDTH = 220


def show_chain_facts(
    image: NDArray[np.uint8], kernels: Sequence[Kernel], stages: Sequence[Result], layer: FilterSettings
) -> None:
    """Show a line for each stage, and the equivalent kernel where there is one."""
    weights = [kernel.weights for kernel in kernels]
    fields = receptive_fields(weights, layer)
    lines = ["| After filter | Result | One value sees | The next one begins |", "|---|---|---|---|"]
    lines += [
        f"| {number} | {format_size(stage.shape[:2])} | {rows.size} × {columns.size} pixels | "
        f"{format_jump(rows.jump)} |"
        for number, (stage, (rows, columns)) in enumerate(zip(stages, fields, strict=True), 1)
    ]
    st.markdown("\n".join(lines))
    single = equivalent_kernel(weights, layer)
    if single is None:
        st.markdown("**No single kernel does the same**: ReLU between the filters bends straight lines.")
    else:
        _show_equivalent_kernel(image, kernels, single, layer)


def format_jump(jump: int) -> str:
    """Say how many pixels apart neighbouring values lie."""
    return f"{format_count(jump, 'pixel')} further"


def _show_equivalent_kernel(
    image: NDArray[np.uint8], kernels: Sequence[Kernel], single: EquivalentKernel, layer: FilterSettings
) -> None:
    rows, columns = single.weights.shape
    with st.container(horizontal=True, vertical_alignment="center"):
        rgb = diverging_rgb(single.weights, symmetric_limit(single.weights))
        factor = max(1, PICTURE_WIDTH // max(rows, columns))
        st.image(
            enlarge(rgb[None], factor)[0],
            width=min(PICTURE_WIDTH, factor * columns),
            alt="The equivalent kernel, red below 0",
        )
        more = [f"bias {single.bias:g}"] if single.bias else []
        more += [f"stride {single.stride}"] if single.stride > 1 else []
        extra = f", {', '.join(more)}" if more else ""
        st.markdown(f"**One kernel does the same:** {rows} × {columns}{extra}.", width="content")
    chain, alone = sum(kernel.weights.size for kernel in kernels), single.weights.size
    grey = image if image.ndim == 2 else image[..., 1]
    if layer.stride == 1:
        show_note(f"{chain} multiplications for a pixel as a chain, {alone} as one kernel.")
    if min(grey.shape) >= max(rows, columns):
        difference = largest_difference(grey, [kernel.weights for kernel in kernels], layer)
        difference_words = f"{difference:.2g} at most" if difference >= 1e-3 else "less than 0.001"
        show_note(f"Away from the border the two differ by {difference_words}, measured on this picture.")
    if max(rows, columns) <= max(SIZES):
        st.button(
            "Take it as the kernel",
            key="kernels_equivalent",
            on_click=stack.replace_stack,
            args=([round_weights(single.weights)],),
        )
    else:
        show_note(f"It is larger than {max(SIZES)} × {max(SIZES)}, the largest kernel that can be edited here.")

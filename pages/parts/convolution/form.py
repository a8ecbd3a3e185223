"""The controls of the Convolution page.

Input, kernels and biases are kept in the link as text, the one source of truth: every other control that concerns them
reads that text, and rewrites it when it is used.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.geometry import conv_macs
from cnn_core.matrices.inputs import Stack
from cnn_core.ops.arguments import Sweep, convolution_arguments
from cnn_core.ops.windows import PaddingMode
from pages.parts.convolution.input import choose_input
from pages.parts.convolution.kernels import choose_kernels, number_field
from pages.shared.controls import choose_option

SIDES = ("top", "bottom", "left", "right")
VIEWS = ("Sliding window", "Matrix product", "Loops", "Way back up")
MODES = ("Cross-correlation", "True convolution")


@dataclass(frozen=True, eq=False)
class ConvolutionSetup:
    """Everything that defines the convolution: arrays as `convolution_trace` takes them, and its settings."""

    x: Stack
    w: Stack
    b: Stack | None
    settings: dict[str, Any]
    padding_mode: PaddingMode
    flip: bool
    view: str

    def compute_sweep(self, size: tuple[int, int] | None = None) -> Sweep:
        """Return how the kernel moves over the input, or over one of another `size` (rows, columns).

        Raises ValueError with a sentence when it does not fit.
        """
        x = np.broadcast_to(np.float64(0), (1, len(self.x), *(size or self.x.shape[1:])))
        return convolution_arguments(x, self.w, **self.settings)[2]

    def count_multiplications(self, sweep: Sweep) -> int:
        """Count multiplications: one for every weight at every output."""
        return conv_macs(len(self.x), (len(self.w), *sweep.output), sweep.kernel, groups=self.settings["groups"])


def choose_sweep() -> tuple[dict[str, Any], PaddingMode]:
    """Let the learner choose stride, padding and dilation, and what the padding holds."""
    with st.container(horizontal=True, gap="medium"):
        stride = choose_option(
            "Stride", (1, 2, 3, 4), 1, "convolution_stride", "Cells the kernel moves on at each step."
        )
        padding = choose_option(
            "Padding",
            ("0", "1", "2", "3", "same", "valid", "by side"),
            "1",
            "convolution_padding",
            "Cells added around the input. “same”: as many as keep the size (stride 1 only); “valid”: none.",
        )
        dilation = choose_option("Dilation", (1, 2, 3), 1, "convolution_dilation", "2: every second cell is read.")
        mode: PaddingMode = st.selectbox(
            "Padding holds",
            ("zeros", "reflect", "replicate", "circular"),
            key="convolution_fill",
            bind="query-params",
            help="Zeros; the input mirrored at its edge; its edge repeated; its other side.",
            width=150,
        )
    return {
        "stride": stride,
        "padding": choose_padding_by_side() if padding == "by side" else _parse_padding(padding),
        "dilation": dilation,
    }, mode


def _parse_padding(padding: str) -> int | str:
    return int(padding) if padding.isdigit() else padding


def choose_padding_by_side() -> tuple[tuple[int, int], tuple[int, int]]:
    """Let the learner choose the padding of each side separately."""
    with st.container(horizontal=True):
        top, bottom, left, right = (
            number_field(f"Padding {side}", f"convolution_pad_{side}", 0, 6, value=1, bind="query-params")
            for side in SIDES
        )
    return (top, bottom), (left, right)


def choose_view() -> tuple[str, bool]:
    """Let the learner choose the view of the convolution, and whether its kernel is rotated first."""
    with st.container(horizontal=True, gap="medium"):
        view = choose_option(
            "View",
            VIEWS,
            VIEWS[0],
            "convolution_view",
            "The same sums: as a window that slides, as one product of two matrices, as nested loops; "
            "and the transposed convolution that leads from the output back to the input's size.",
        )
        mode = choose_option(
            "The kernel is laid on as",
            MODES,
            MODES[0],
            "convolution_mode",
            "Deep learning computes cross-correlation. True convolution turns the kernel by 180° first.",
        )
    return view, mode == MODES[1]


def choose_convolution() -> ConvolutionSetup | None:
    """Show all controls; return None, with the reason beside the control, when the text is not a valid matrix."""
    settings, mode = choose_sweep()
    left, right = st.columns(2)
    with left:
        x = choose_input()
    with right:
        w, b, groups = choose_kernels(x)
    view, flip = choose_view()
    if x is None or w is None:
        return None
    return ConvolutionSetup(x, w, b, {**settings, "groups": groups}, mode, flip, view)

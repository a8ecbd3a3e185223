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
from pages.parts.convolution.input import input_controls
from pages.parts.convolution.kernels import kernel_controls, number
from pages.shared.controls import choice

SIDES = ("top", "bottom", "left", "right")
VIEWS = ("Sliding window", "Matrix product", "Loops", "Way back up")
MODES = ("Cross-correlation", "True convolution")


@dataclass(frozen=True, eq=False)
class Choice:
    """Everything that defines the convolution: arrays as `convolution_trace` takes them, and its settings."""

    x: Stack
    w: Stack
    b: Stack | None
    settings: dict[str, Any]
    padding_mode: PaddingMode
    flip: bool
    view: str

    def sweep(self, size: tuple[int, int] | None = None) -> Sweep:
        """How the kernel moves over the input, or over one of another `size` (rows, columns).

        Raises ValueError with a sentence when it does not fit.
        """
        x = np.broadcast_to(np.float64(0), (1, len(self.x), *(size or self.x.shape[1:])))
        return convolution_arguments(x, self.w, **self.settings)[2]

    def multiplications(self, sweep: Sweep) -> int:
        """One for every weight at every output."""
        return conv_macs(len(self.x), (len(self.w), *sweep.output), sweep.kernel, groups=self.settings["groups"])


def sweep_controls() -> tuple[dict[str, Any], PaddingMode]:
    """Stride, padding and dilation; what padding holds."""
    with st.container(horizontal=True, gap="medium"):
        stride = choice("Stride", (1, 2, 3, 4), 1, "convolution_stride", "Cells the kernel moves on at each step.")
        padding = choice(
            "Padding",
            ("0", "1", "2", "3", "same", "valid", "by side"),
            "1",
            "convolution_padding",
            "Cells added around the input. “same”: as many as keep the size (stride 1 only); “valid”: none.",
        )
        dilation = choice("Dilation", (1, 2, 3), 1, "convolution_dilation", "2: every second cell is read.")
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
        "padding": by_side() if padding == "by side" else _whole(padding),
        "dilation": dilation,
    }, mode


def _whole(padding: str) -> int | str:
    return int(padding) if padding.isdigit() else padding


def by_side() -> tuple[tuple[int, int], tuple[int, int]]:
    """Padding of each side by itself."""
    with st.container(horizontal=True):
        top, bottom, left, right = (
            number(f"Padding {side}", f"convolution_pad_{side}", 0, 6, value=1, bind="query-params") for side in SIDES
        )
    return (top, bottom), (left, right)


def view_controls() -> tuple[str, bool]:
    """How the convolution is looked at, and whether its kernel is turned first."""
    with st.container(horizontal=True, gap="medium"):
        view = choice(
            "View",
            VIEWS,
            VIEWS[0],
            "convolution_view",
            "The same sums: as a window that slides, as one product of two matrices, as nested loops; "
            "and the transposed convolution that leads from the output back to the input's size.",
        )
        laid = choice(
            "The kernel is laid on as",
            MODES,
            MODES[0],
            "convolution_mode",
            "Deep learning computes cross-correlation. True convolution turns the kernel by 180° first.",
        )
    return view, laid == MODES[1]


def convolution_controls() -> Choice | None:
    """All controls. None, with the reason beside the control, while what is typed is no input, kernel or bias."""
    settings, mode = sweep_controls()
    left, right = st.columns(2)
    with left:
        x = input_controls()
    with right:
        w, b, groups = kernel_controls(x)
    view, flip = view_controls()
    if x is None or w is None:
        return None
    return Choice(x, w, b, {**settings, "groups": groups}, mode, flip, view)

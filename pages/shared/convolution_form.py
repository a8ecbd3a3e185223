"""The controls of the Convolution page.

Input, kernels and biases are kept in the link as text, the one source of truth: every other control that concerns them
reads that text, and rewrites it when it is used.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from cnn_core.geometry import conv_macs
from cnn_core.ops.arguments import Sweep, convolution_arguments
from cnn_core.ops.windows import PaddingMode
from cnn_core.sources import Stack
from pages.shared.filter_form import kernel_controls, number
from pages.shared.input_form import input_controls

SIDES = ("top", "bottom", "left", "right")
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

    def sweep(self, size: tuple[int, int] | None = None) -> Sweep:
        """How the kernel moves over the input, or over one of another `size` (rows, columns).

        Raises ValueError with a sentence when it does not fit.
        """
        x = np.broadcast_to(np.float64(0), (1, len(self.x), *(size or self.x.shape[1:])))
        return convolution_arguments(x, self.w, **self.settings)[2]

    def multiplications(self, sweep: Sweep) -> int:
        """One for every weight at every output."""
        return conv_macs(len(self.x), (len(self.w), *sweep.output), sweep.kernel, groups=self.settings["groups"])


def choice(label: str, options: tuple[Any, ...], default: Any, name: str, help: str | None = None) -> Any:
    """One setting as a row of buttons, kept in the URL."""
    key = f"convolution_{name}"
    return st.segmented_control(label, options, default=default, required=True, key=key, bind="query-params", help=help)


def sweep_controls() -> tuple[dict[str, Any], PaddingMode, bool]:
    """Stride, padding and dilation; what padding holds; whether the kernel is flipped."""
    with st.container(horizontal=True, gap="medium"):
        stride = choice("Stride", (1, 2, 3, 4), 1, "stride", "Cells the kernel moves on at each step.")
        padding = choice(
            "Padding",
            ("0", "1", "2", "3", "same", "valid", "by side"),
            "1",
            "padding",
            "Cells added around the input. “same”: as many as keep the size (stride 1 only); “valid”: none.",
        )
        dilation = choice("Dilation", (1, 2, 3), 1, "dilation", "2: every second cell under the kernel is read.")
        mode = choice(
            "Padding holds",
            ("zeros", "reflect", "replicate", "circular"),
            "zeros",
            "fill",
            "Zeros; the input mirrored at its edge; its edge repeated; its other side.",
        )
        laid = choice(
            "The kernel is laid on as",
            MODES,
            MODES[0],
            "mode",
            "Deep learning computes cross-correlation. True convolution turns the kernel by 180° first.",
        )
    pads: Any = padding if padding in ("same", "valid") else None
    if padding == "by side":
        with st.container(horizontal=True):
            top, bottom, left, right = (
                number(f"Padding {side}", f"convolution_pad_{side}", 0, 6, value=1, bind="query-params")
                for side in SIDES
            )
        pads = ((top, bottom), (left, right))
    return (
        {"stride": stride, "padding": int(padding) if pads is None else pads, "dilation": dilation},
        mode,
        laid == MODES[1],
    )


def convolution_controls() -> Choice | None:
    """All controls. None, with the reason beside the control, while what is typed is no input, kernel or bias."""
    settings, mode, flip = sweep_controls()
    left, right = st.columns(2)
    with left:
        x = input_controls()
    with right:
        w, b, groups = kernel_controls(x)
    if x is None or w is None:
        return None
    return Choice(x, w, b, {**settings, "groups": groups}, mode, flip)

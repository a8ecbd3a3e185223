"""Input, kernel and the gradient that comes back, as the Backprop page asks for them; kept in the link."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.matrices import examples
from cnn_core.matrices.text import format_matrix, parse_matrix
from cnn_core.ops.arguments import convolution_arguments
from pages.components.matrix_editor import choose_matrix
from pages.shared.controls import choose_option

Matrix = NDArray[np.float64]
MAX_INPUT_SIDE = 8
"""Rows and columns of X that can still be followed step by step."""
MAX_KERNEL_SIDE = 4
"""Rows and columns of F, for the same reason."""


class ConvolutionSettings(TypedDict):
    """How the kernel moves."""

    stride: int
    padding: int
    dilation: int


@dataclass(frozen=True, eq=False)
class BackpropCase:
    """One convolution and what comes back to its output: x (H, W), w (kH, kW), dy (H', W') and the settings."""

    x: Matrix
    w: Matrix
    dy: Matrix
    settings: ConvolutionSettings


def choose_convolution_settings() -> ConvolutionSettings:
    """Let the learner choose stride, padding and dilation."""
    with st.container(horizontal=True, gap="medium"):
        return {
            "stride": choose_option(
                "Stride", (1, 2, 3), 1, "backprop_stride", "Cells the kernel moved on at each step."
            ),
            "padding": choose_option(
                "Padding", (0, 1, 2), 0, "backprop_padding", "Zeros around the input, on each side."
            ),
            "dilation": choose_option(
                "Dilation", (1, 2), 1, "backprop_dilation", "2: every second cell under the kernel."
            ),
        }


def choose_input_and_kernel(prefix: str, default: str) -> tuple[Matrix | None, Matrix | None]:
    """Let the learner edit X and F; None while a text is not a matrix. `default` names the input shown first."""
    library = {default: examples.BACKPROP_INPUTS[default]} | examples.BACKPROP_INPUTS
    left, right = st.columns(2)
    with left:
        x = choose_matrix(
            "Input X", f"{prefix}_x", library, role="input", max_rows=MAX_INPUT_SIDE, max_columns=MAX_INPUT_SIDE
        )
    with right:
        w = choose_matrix(
            "Kernel F",
            f"{prefix}_w",
            examples.BACKPROP_KERNELS,
            role="kernel",
            max_rows=MAX_KERNEL_SIDE,
            max_columns=MAX_KERNEL_SIDE,
        )
    return x, w


def output_size(x: Matrix, w: Matrix, settings: ConvolutionSettings) -> tuple[int, int]:
    """Return rows and columns of the convolution's output. Raises ValueError when the kernel does not fit."""
    return convolution_arguments(x[None, None], w[None, None], **settings, groups=1)[2].output


def choose_upstream_gradient(label: str, key: str, size: tuple[int, int]) -> Matrix | None:
    """Let the learner edit the gradient of an output of `size`; after a change of size it is cut or filled with 1.

    Returns None, with the reason shown, while the text is not a matrix of that size.
    """
    if key in st.session_state:
        st.session_state[key] = fit_matrix_text(st.session_state[key], size)
    max_side = MAX_INPUT_SIDE + 4
    library = examples.upstream_examples(*size)
    dy = choose_matrix(f"Gradient {label}", key, library, role="input", max_rows=max_side, max_columns=max_side)
    if dy is not None and dy.shape != size:
        st.error(f"{label} is {dy.shape[0]} × {dy.shape[1]}: right is a number for each output, {size[0]} × {size[1]}.")
        return None
    return dy


def fit_matrix_text(text: str, size: tuple[int, int]) -> str:
    """Resize the matrix of `text` to `size`; text that is not a matrix stays, so that the learner can correct it."""
    try:
        values = parse_matrix(text, max_rows=99, max_columns=99)
    except ValueError:
        return text
    if values.shape == size:
        return text
    result = np.ones(size)
    rows, columns = (min(a, b) for a, b in zip(values.shape, size, strict=True))
    result[:rows, :columns] = values[:rows, :columns]
    return format_matrix(result)

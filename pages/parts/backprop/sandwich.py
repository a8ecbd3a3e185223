"""Convolution, ReLU and pooling in a row, forward and backward: every stage at a glance, one in the player."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.trace import avg_pool_trace, convolution_trace, max_pool_trace, play_data
from cnn_core.trace.backward import (
    bias_gradient,
    input_gradient,
    pooling_gradient,
    relu_gradient,
    relu_trace,
    weight_gradient,
)
from cnn_core.trace.decimals import exact, show
from cnn_core.trace.model import Trace, relabelled

Matrix = NDArray[np.float64]
STAGES = ("X → O", "O → R", "R → P", "∂P → ∂R", "∂R → ∂O", "∂O → ∂X", "∂O → ∂F", "∂O → ∂b")
POOLS = ("Max", "Average")


@dataclass(frozen=True, eq=False)
class Forward:
    """The three forward traces of the sandwich."""

    convolution: Trace
    relu: Trace
    pooling: Trace

    @property
    def pooled(self) -> tuple[int, int]:
        """Rows and columns of what comes out."""
        _, rows, columns = self.pooling.grid["output"].values.shape
        return rows, columns


def forward(x: Matrix, w: Matrix, bias: float, pool: str, size: int) -> Forward:
    """X → O → R → P; one stage's output is the next one's input. Raises ValueError when something does not fit."""
    convolution = convolution_trace(x[None], w[None, None], np.array([bias]))
    relu = relu_trace(convolution.grid["output"].values)
    make = max_pool_trace if pool == POOLS[0] else avg_pool_trace
    return Forward(convolution, relu, make(relu.grid["output"].values, size))


def backward(there: Forward, dy: Matrix) -> dict[str, Trace]:
    """Every stage by its name, forward and backward, given ∂L/∂P (rows, columns)."""
    back_pool = pooling_gradient(there.pooling, dy[None])
    back_relu = relu_gradient(there.convolution.grid["output"].values, back_pool.grid["gradient"].values)
    d_o = back_relu.grid["output"].values
    return {
        "X → O": relabelled(there.convolution, {"input": "X", "kernel": "F", "bias": "b", "output": "O"}),
        "O → R": there.relu,
        "R → P": relabelled(there.pooling, {"input": "R", "output": "P"}),
        "∂P → ∂R": relabelled(back_pool, {"upstream": "∂L/∂P", "output": "P, forward"}),
        "∂R → ∂O": back_relu,
        "∂O → ∂X": input_gradient(there.convolution, d_o),
        "∂O → ∂F": weight_gradient(there.convolution, d_o),
        "∂O → ∂b": bias_gradient(there.convolution, d_o),
    }


@st.cache_data(max_entries=64, show_spinner=False)
def play_sandwich(
    x: Matrix, w: Matrix, bias: float, pool: str, size: int, dy: Matrix
) -> tuple[dict[str, dict[str, Any]], dict[str, Matrix]]:
    """What the player draws of each stage, and the numbers of each stage by their name."""
    there = forward(x, w, bias, pool, size)
    stages = backward(there, dy)
    numbers = {
        "X": x,
        "O": there.convolution.grid["output"].values[0],
        "R": there.relu.grid["output"].values[0],
        "P": there.pooling.grid["output"].values[0],
        "∂L/∂P": dy,
        "∂L/∂R": stages["∂P → ∂R"].grid["gradient"].values[0],
        "∂L/∂O": stages["∂R → ∂O"].grid["output"].values[0],
        "∂L/∂X": stages["∂O → ∂X"].grid["gradient"].values[0],
    }
    padding = {"padding_text": "0", "aside": True}
    return {name: {**play_data(trace), **padding} for name, trace in stages.items()}, numbers


def chain(numbers: dict[str, Matrix]) -> None:
    """All stages at a glance: forward above, backward below it, each gradient under the numbers it belongs to."""
    arrows = ("→", "→", "→", "")
    for names, backwards in ((("X", "O", "R", "P"), False), (("∂L/∂X", "∂L/∂O", "∂L/∂R", "∂L/∂P"), True)):
        widths = [numbers[name].shape[1] + 1 for name in names]
        for column, name, arrow in zip(st.columns(widths), names, arrows, strict=True):
            sign = "←" if backwards and arrow else arrow
            colour = "violet" if backwards else "blue" if name == "X" else "green"
            with column:
                st.markdown(f":{colour}[**{name}**] {sign}")
                st.latex(matrix_latex(numbers[name]))


def matrix_latex(values: Matrix) -> str:
    """A matrix in LaTeX, small."""
    rows = r" \\ ".join(" & ".join(show(exact(float(value))).replace("−", "-") for value in row) for row in values)
    return rf"\small\begin{{bmatrix}}{rows}\end{{bmatrix}}"

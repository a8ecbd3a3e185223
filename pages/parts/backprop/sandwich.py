"""Convolution, ReLU and pooling in a row, forward and backward: every stage at a glance, one in the player."""

from dataclasses import dataclass

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
from cnn_core.trace.decimals import exact_decimal, format_decimal
from cnn_core.trace.model import Trace, relabelled
from pages.components.player.payload import PlayerData, PlayerNotes

Matrix = NDArray[np.float64]
STAGES = ("X → O", "O → R", "R → P", "∂P → ∂R", "∂R → ∂O", "∂O → ∂X", "∂O → ∂F", "∂O → ∂b")
POOLING_KINDS = ("Max", "Average")


@dataclass(frozen=True, eq=False)
class ForwardTraces:
    """The three forward traces of the sandwich."""

    convolution: Trace
    relu: Trace
    pooling: Trace

    @property
    def output_size(self) -> tuple[int, int]:
        """Rows and columns of the last output."""
        _, rows, columns = self.pooling.grid["output"].values.shape
        return rows, columns


def trace_forward(x: Matrix, w: Matrix, bias: float, pool: str, size: int) -> ForwardTraces:
    """Trace X → O → R → P, each stage on the output of the one before. Raises ValueError when a size does not fit."""
    convolution = convolution_trace(x[None], w[None, None], np.array([bias]))
    relu = relu_trace(convolution.grid["output"].values)
    make_pooling_trace = max_pool_trace if pool == POOLING_KINDS[0] else avg_pool_trace
    return ForwardTraces(convolution, relu, make_pooling_trace(relu.grid["output"].values, size))


def trace_all_stages(traces: ForwardTraces, dy: Matrix) -> dict[str, Trace]:
    """Return the trace of every stage by name, forward and backward, given ∂L/∂P (rows, columns)."""
    back_pool = pooling_gradient(traces.pooling, dy[None])
    back_relu = relu_gradient(traces.convolution.grid["output"].values, back_pool.grid["gradient"].values)
    d_o = back_relu.grid["output"].values
    return {
        "X → O": relabelled(traces.convolution, {"input": "X", "kernel": "F", "bias": "b", "output": "O"}),
        "O → R": traces.relu,
        "R → P": relabelled(traces.pooling, {"input": "R", "output": "P"}),
        "∂P → ∂R": relabelled(back_pool, {"upstream": "∂L/∂P", "output": "P, forward"}),
        "∂R → ∂O": back_relu,
        "∂O → ∂X": input_gradient(traces.convolution, d_o),
        "∂O → ∂F": weight_gradient(traces.convolution, d_o),
        "∂O → ∂b": bias_gradient(traces.convolution, d_o),
    }


@st.cache_data(max_entries=64, show_spinner=False)
def sandwich_player_data(
    x: Matrix, w: Matrix, bias: float, pool: str, size: int, dy: Matrix
) -> tuple[dict[str, PlayerData], dict[str, Matrix]]:
    """Return the player's data of each stage, and the numbers of each stage, by name."""
    traces = trace_forward(x, w, bias, pool, size)
    stages = trace_all_stages(traces, dy)
    numbers = {
        "X": x,
        "O": traces.convolution.grid["output"].values[0],
        "R": traces.relu.grid["output"].values[0],
        "P": traces.pooling.grid["output"].values[0],
        "∂L/∂P": dy,
        "∂L/∂R": stages["∂P → ∂R"].grid["gradient"].values[0],
        "∂L/∂O": stages["∂R → ∂O"].grid["output"].values[0],
        "∂L/∂X": stages["∂O → ∂X"].grid["gradient"].values[0],
    }
    notes: PlayerNotes = {"padding_text": "0", "aside": True}
    return {name: {**play_data(trace), **notes} for name, trace in stages.items()}, numbers


def show_stage_chain(numbers: dict[str, Matrix]) -> None:
    """Show all stages: forward above, and below each value its gradient."""
    arrows = ("→", "→", "→", "")
    for names, backwards in ((("X", "O", "R", "P"), False), (("∂L/∂X", "∂L/∂O", "∂L/∂R", "∂L/∂P"), True)):
        widths = [numbers[name].shape[1] + 1 for name in names]
        for column, name, arrow in zip(st.columns(widths), names, arrows, strict=True):
            sign = "←" if backwards and arrow else arrow
            colour = "violet" if backwards else "blue" if name == "X" else "green"
            with column:
                st.markdown(f":{colour}[**{name}**] {sign}")
                st.latex(format_matrix_latex(numbers[name]))


def format_matrix_latex(values: Matrix) -> str:
    """Return a matrix as small LaTeX."""
    rows = r" \\ ".join(
        " & ".join(format_decimal(exact_decimal(float(value))).replace("−", "-") for value in row) for row in values
    )
    return rf"\small\begin{{bmatrix}}{rows}\end{{bmatrix}}"

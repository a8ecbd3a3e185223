"""One convolution backwards: what the player draws, the formula, the code, and three ways to the same numbers."""

import inspect
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.ops import naive
from cnn_core.ops.gradient_table import GradientCheck, check_gradients
from cnn_core.trace import convolution_trace, play_data
from cnn_core.trace.backward import bias_gradient, full_convolution, input_gradient, weight_gradient
from cnn_core.trace.model import Trace, relabelled
from pages.components.player.payload import PlayerData, PlayerNotes
from pages.parts.backprop.form import BackpropCase, ConvolutionSettings
from pages.shared.controls import show_note

Matrix = NDArray[np.float64]
RIGHT_BELOW = 1e-6
"""Relative error below which a gradient counts as right: finite differences are no more exact."""
WRONG_ABOVE = 1e-2
"""Relative error above which there is a mistake."""
FORWARD = "Forward: O"
WEIGHTS = "∂L/∂F"
INPUT = "∂L/∂X"
FULL = "∂L/∂X as full convolution"
BIAS = "∂L/∂b"


@dataclass(frozen=True)
class GradientView:
    """A way through the numbers: its formula in LaTeX, and in a sentence what it says."""

    formula: str
    explanation: str


GRADIENT_VIEWS = {
    FORWARD: GradientView(
        r"O_{i,j} = \sum_{u,v} F_{u,v} \cdot X_{iS+uD-P,\; jS+vD-P}",
        "Every output is a sum over its window. Hover a weight: it takes part in every output.",
    ),
    WEIGHTS: GradientView(
        r"\frac{\partial L}{\partial F_{u,v}} = "
        r"\sum_{i,j} X_{iS+uD-P,\; jS+vD-P} \cdot \frac{\partial L}{\partial O_{i,j}}",
        "A weight takes part in every output, each time times one input. So its gradient is a **convolution of X with "
        "∂L/∂O**: the gradient slides over the input like a kernel.",
    ),
    INPUT: GradientView(
        r"\frac{\partial L}{\partial X_{m,n}} = \sum_{\substack{i,j,u,v:\\ iS+uD-P=m,\; jS+vD-P=n}} "
        r"F_{u,v} \cdot \frac{\partial L}{\partial O_{i,j}}",
        "An input takes part in the outputs whose windows held it, each time times one weight. Those outputs light up.",
    ),
    FULL: GradientView(
        r"\frac{\partial L}{\partial X} = \operatorname{full}\!\left(\frac{\partial L}{\partial O},\; "
        r"\operatorname{rot}_{180}(F)\right)",
        "The same sums as one **full convolution**: ∂L/∂O with zeros around it (and, for stride S, S − 1 zeros between "
        "its numbers), and the kernel turned by 180°.",
    ),
    BIAS: GradientView(
        r"\frac{\partial L}{\partial b} = \sum_{i,j} \frac{\partial L}{\partial O_{i,j}}",
        "The bias stands in every output once, times 1: its gradient is the sum of all.",
    ),
}


def build_trace(view: str, case: BackpropCase) -> Trace:
    """Return the trace of one view."""
    x, w, dy = case.x[None], case.w[None, None], case.dy[None]
    forward = convolution_trace(x, w, np.zeros(1) if view == BIAS else None, **case.settings)
    if view == FORWARD:
        return relabelled(forward, {"input": "X", "kernel": "F", "output": "O"})
    if view == FULL:
        return full_convolution(case.x, case.w, case.dy, **case.settings)
    return {WEIGHTS: weight_gradient, INPUT: input_gradient, BIAS: bias_gradient}[view](forward, dy)


@st.cache_data(max_entries=64, show_spinner=False)
def player_data(view: str, x: Matrix, w: Matrix, dy: Matrix, settings: ConvolutionSettings) -> PlayerData:
    """Return the player's data of one view."""
    notes: PlayerNotes = {"padding_text": "0"}
    if view != BIAS:
        notes["tally"] = "multiplications"
    return {**play_data(build_trace(view, BackpropCase(x, w, dy, settings))), **notes}


def show_route_difference(case: BackpropCase) -> None:
    """Show the largest difference between the two ways to ∂L/∂X."""
    direct, full = (build_trace(way, case) for way in (INPUT, FULL))
    difference = np.abs(direct.grid["gradient"].values - full.grid["output"].values).max()
    st.markdown(f"Largest difference between the two ways to ∂L/∂X: **{difference:g}**.")


def show_formula(view: str) -> None:
    """Show the formula of a view, and what it means."""
    st.subheader("The formula", anchor=False)
    st.latex(GRADIENT_VIEWS[view].formula)
    st.markdown(GRADIENT_VIEWS[view].explanation)


def show_code(case: BackpropCase) -> None:
    """Show the gradients in PyTorch, and as the loops that the player steps through."""
    st.subheader("The code", anchor=False)
    torch_tab, loops_tab = st.tabs(["PyTorch", "Plain loops"])
    arguments = "".join(f", {name}={value}" for name, value in case.settings.items() if value != (name != "padding"))
    torch_tab.code(
        "import torch.nn.functional as F\n\n# x and w were made with requires_grad=True\n"
        f"o = F.conv2d(x, w, b{arguments})\no.backward(d_o)\n# now x.grad, w.grad and b.grad are filled",
        language="python",
    )
    loops_tab.code(inspect.getsource(naive.conv2d_backward), language="python", height=320)


@st.cache_data(max_entries=64, show_spinner="Checking the gradients …")
def run_gradient_checks(x: Matrix, w: Matrix, dy: Matrix, settings: ConvolutionSettings) -> tuple[GradientCheck, ...]:
    """Compare the gradients with finite differences and autograd, for the current numbers."""
    return check_gradients(x[None, None], w[None, None], np.zeros(1), dy[None, None], **settings)


def show_check_table(case: BackpropCase) -> None:
    """Show each gradient computed in three ways, and the differences."""
    st.subheader("Is it right? A live check", anchor=False)
    lines = ["| | ours ↔ numerical | ours ↔ autograd | numerical ↔ autograd | |", "|---|---:|---:|---:|---|"]
    rows = run_gradient_checks(case.x, case.w, case.dy, case.settings)
    for row in rows:
        errors = (row.ours_numerical, row.ours_autograd, row.numerical_autograd)
        mark = ":green[:material/check: agree]" if max(errors) < RIGHT_BELOW else ":red[:material/close: differ]"
        lines.append(f"| **∂L/∂{row.name}** | {' | '.join(f'{error:.1e}' for error in errors)} | {mark} |")
    st.markdown("\n".join(lines))
    show_note(
        "Largest relative error, for the numbers above. *Ours*: the sums you step through. *Numerical*: every number "
        "nudged by a millionth, the loss measured twice. *Autograd*: PyTorch. "
        f"Below {RIGHT_BELOW:g} is right; above {WRONG_ABOVE:g} is a mistake."
    )

"""One convolution as the Convolution page shows it: the player in its four views, formula, cost and code."""

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.matrices.inputs import Stack
from cnn_core.ops import conv2d, flip_kernel
from cnn_core.ops.arguments import Sweep
from cnn_core.ops.windows import PaddingMode
from cnn_core.shapes.derivation import aligned, axis_of_sweep, leftovers, size_steps
from cnn_core.trace import convolution_trace, play_data
from cnn_core.trace.as_code import loop_code, torch_code
from cnn_core.trace.im2col import im2col_trace
from cnn_core.trace.likely_mistakes import convolution_slips
from cnn_core.trace.transposed import transposed_trace
from pages.components.player import player
from pages.parts.convolution.form import Choice
from pages.parts.convolution.input import INPUT
from pages.parts.convolution.kernels import BIAS, KERNEL
from pages.shared.controls import note

FILLS = {"zeros": "0", "reflect": "the input mirrored", "replicate": "the edge repeated", "circular": "the other side"}
MOST_MATRIX_CELLS = 6000
IMAGE = 224


@st.cache_data(max_entries=64, show_spinner=False)
def play(
    view: str, x: Stack, w: Stack, b: Stack | None, settings: dict[str, Any], padding_mode: PaddingMode, flip: bool
) -> dict[str, Any]:
    """What the player draws: one convolution, looked at in one of four ways."""
    trace = convolution_trace(x, w, b, **settings, padding_mode=padding_mode, flip=flip)
    notes: dict[str, Any] = {"padding_text": FILLS[padding_mode], "tally": "multiplications"}
    if view == "Way back up":
        laid = np.asarray(flip_kernel(w) if flip else w, dtype=np.float64)
        back = transposed_trace(trace.grid["output"].values, laid, (x.shape[1], x.shape[2]), **settings)
        return {**play_data(back), **notes}
    steps = {name: settings[name] for name in ("stride", "dilation", "groups")}
    padded, laid = trace.grid["input"].values[None], trace.grid["kernel"].values.reshape(w.shape)
    other = np.asarray(conv2d(padded, flip_kernel(laid), b, **steps), dtype=np.float64)
    notes["slips"] = convolution_slips(trace, other, flip=flip)
    if view == "Matrix product":
        matrix = im2col_trace(trace, groups=settings["groups"])
        return {**play_data(matrix), **notes, "tile_columns": w.shape[3]}
    if view == "Loops":
        notes["loops"] = loop_code(trace, **steps)
    return {**play_data(trace), **notes}


def show(picked: Choice, sweep: Sweep) -> None:
    """The player, in the chosen view."""
    view = picked.view
    cells = len(picked.x) * picked.w[0, 0].size * int(np.prod(sweep.output))
    if view == "Matrix product" and cells > MOST_MATRIX_CELLS:
        st.info(f"That matrix would have {cells:,} cells; {MOST_MATRIX_CELLS:,} can be drawn: take a smaller input.")
        return
    data = play(view, picked.x, picked.w, picked.b, picked.settings, picked.padding_mode, picked.flip)
    edits = {"input": INPUT, "kernel": KERNEL, **({} if picked.b is None else {"bias": BIAS})}
    player(data, key="convolution_player", edits=edits if view in ("Sliding window", "Loops") else None)
    if view == "Way back up":
        note("Only the size comes back, not the numbers: each output is spread over its window, overlaps add.")


def working(picked: Choice, sweep: Sweep) -> None:
    """The sum behind every step, the output size with this page's numbers in it, and what it costs."""
    st.subheader("The formula", anchor=False)
    channels = r"\sum_{c}" if picked.w.shape[1] > 1 else ""
    bias = "b_f + " if picked.b is not None else ""
    st.latex(
        rf"y_{{f,i,j}} = {bias}{channels}\sum_{{u,v}} w_{{f,c,u,v}} \cdot x_{{c,\,i S + u D - P,\; j S + v D - P}}"
    )
    rows, columns = axis_of_sweep(sweep, 0), axis_of_sweep(sweep, 1)
    st.latex(aligned([*size_steps(rows, "H"), *size_steps(columns, "W")]))
    note(f"Rows: {leftovers(rows, 'row')} Columns: {leftovers(columns, 'column')}")
    cost(picked, sweep)


def cost(picked: Choice, sweep: Sweep) -> None:
    """The multiplications here, and of the same layer on a picture of usual size."""
    here, there = (picked.multiplications(where) for where in (sweep, picked.sweep((IMAGE, IMAGE))))
    outputs = len(picked.w) * int(np.prod(sweep.output))
    st.markdown(
        f"**Cost:** {outputs:,} outputs of {here // outputs:,} multiplications each, {here:,} in all. "
        f"On a picture of {IMAGE} × {IMAGE} the same layer takes **{there:,}**."
    )


def code(picked: Choice) -> None:
    """The same operation in PyTorch."""
    st.subheader("The code", anchor=False)
    groups = "C" if picked.settings["groups"] == 1 else "C/groups"
    shapes = f"# x: (1, C, H, W)   w: (F, {groups}, K_h, K_w)\n"
    has_bias = picked.b is not None
    st.code(shapes + torch_code(picked.settings, padding_mode=picked.padding_mode, flip=picked.flip, bias=has_bias))

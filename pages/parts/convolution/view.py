"""One convolution as the Convolution page shows it: the player in its four views, formula, cost and code."""

from typing import Any

import numpy as np
import streamlit as st

from cnn_core.matrices.inputs import Stack
from cnn_core.ops import conv2d, flip_kernel
from cnn_core.ops.arguments import Sweep
from cnn_core.ops.windows import PaddingMode
from cnn_core.shapes.derivation import align_steps, size_steps
from cnn_core.shapes.explain import describe_leftovers
from cnn_core.trace import convolution_trace, play_data
from cnn_core.trace.as_code import loop_code, torch_code
from cnn_core.trace.im2col import im2col_trace
from cnn_core.trace.likely_mistakes import convolution_slips
from cnn_core.trace.transposed import transposed_trace
from pages.components.player import show_player
from pages.components.player.payload import PlayerData, PlayerNotes
from pages.parts.convolution.form import ConvolutionSetup
from pages.parts.convolution.input import INPUT_KEY
from pages.parts.convolution.kernels import BIAS_KEY, KERNEL_KEY
from pages.shared.controls import show_note

PADDING_WORDS = {
    "zeros": "0",
    "reflect": "the input mirrored",
    "replicate": "the edge repeated",
    "circular": "the other side",
}
MAX_MATRIX_CELLS = 6000
USUAL_SIDE = 224


@st.cache_data(max_entries=64, show_spinner=False)
def player_data(
    view: str, x: Stack, w: Stack, b: Stack | None, settings: dict[str, Any], padding_mode: PaddingMode, flip: bool
) -> PlayerData:
    """Return the player's data: one convolution in one of four views."""
    trace = convolution_trace(x, w, b, **settings, padding_mode=padding_mode, flip=flip)
    notes: PlayerNotes = {"padding_text": PADDING_WORDS[padding_mode], "tally": "multiplications"}
    if view == "Way back up":
        oriented_kernel = np.asarray(flip_kernel(w) if flip else w, dtype=np.float64)
        back = transposed_trace(trace.grid["output"].values, oriented_kernel, (x.shape[1], x.shape[2]), **settings)
        return {**play_data(back), **notes}
    steps = {name: settings[name] for name in ("stride", "dilation", "groups")}
    padded, oriented_kernel = trace.grid["input"].values[None], trace.grid["kernel"].values.reshape(w.shape)
    other = np.asarray(conv2d(padded, flip_kernel(oriented_kernel), b, **steps), dtype=np.float64)
    notes["slips"] = convolution_slips(trace, other, flip=flip)
    if view == "Matrix product":
        matrix = im2col_trace(trace, groups=settings["groups"])
        return {**play_data(matrix), **notes, "tile_columns": w.shape[3]}
    if view == "Loops":
        notes["loops"] = loop_code(trace, **steps)
    return {**play_data(trace), **notes}


def show_convolution(setup: ConvolutionSetup, sweep: Sweep) -> None:
    """Show the player in the chosen view."""
    view = setup.view
    cells = len(setup.x) * setup.w[0, 0].size * int(np.prod(sweep.output))
    if view == "Matrix product" and cells > MAX_MATRIX_CELLS:
        st.info(f"That matrix would have {cells:,} cells; {MAX_MATRIX_CELLS:,} can be drawn: take a smaller input.")
        return
    data = player_data(view, setup.x, setup.w, setup.b, setup.settings, setup.padding_mode, setup.flip)
    edits = {"input": INPUT_KEY, "kernel": KERNEL_KEY, **({} if setup.b is None else {"bias": BIAS_KEY})}
    show_player(data, key="convolution_player", text_keys=edits if view in ("Sliding window", "Loops") else None)
    if view == "Way back up":
        show_note("Only the size comes back, not the numbers: each output is spread over its window, overlaps add.")


def show_formula(setup: ConvolutionSetup, sweep: Sweep) -> None:
    """Show the sum behind every step, the output size with the current numbers, and the cost."""
    st.subheader("The formula", anchor=False)
    channels = r"\sum_{c}" if setup.w.shape[1] > 1 else ""
    bias = "b_f + " if setup.b is not None else ""
    st.latex(
        rf"y_{{f,i,j}} = {bias}{channels}\sum_{{u,v}} w_{{f,c,u,v}} \cdot x_{{c,\,i S + u D - P,\; j S + v D - P}}"
    )
    rows, columns = sweep
    st.latex(align_steps([*size_steps(rows, "H"), *size_steps(columns, "W")]))
    show_note(f"Rows: {describe_leftovers(rows, 'row')} Columns: {describe_leftovers(columns, 'column')}")
    show_cost(setup, sweep)


def show_cost(setup: ConvolutionSetup, sweep: Sweep) -> None:
    """Show the multiplications here, and those of the same layer on a picture of usual size."""
    multiplications, usual_multiplications = (
        setup.count_multiplications(where) for where in (sweep, setup.compute_sweep((USUAL_SIDE, USUAL_SIDE)))
    )
    outputs = len(setup.w) * int(np.prod(sweep.output))
    st.markdown(
        f"**Cost:** {outputs:,} outputs of {multiplications // outputs:,} multiplications each, {multiplications:,} "
        f"in all. On a picture of {USUAL_SIDE} × {USUAL_SIDE} the same layer takes **{usual_multiplications:,}**."
    )


def show_code(setup: ConvolutionSetup) -> None:
    """Show the same operation in PyTorch."""
    st.subheader("The code", anchor=False)
    groups = "C" if setup.settings["groups"] == 1 else "C/groups"
    shapes = f"# x: (1, C, H, W)   w: (F, {groups}, K_h, K_w)\n"
    has_bias = setup.b is not None
    st.code(shapes + torch_code(setup.settings, padding_mode=setup.padding_mode, flip=setup.flip, bias=has_bias))

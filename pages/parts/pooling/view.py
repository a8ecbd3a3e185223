"""What the Pooling page shows of one pooling on typed numbers: formula, code, and the way back up."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.geometry import Bins
from cnn_core.networks import AvgPool2d, MaxPool2d
from cnn_core.shapes.derivation import align_steps, bin_steps, size_steps
from cnn_core.shapes.explain import describe_leftovers
from cnn_core.trace import describe_ties, play_data, pooling_slips, unpooling_trace
from pages.components.player import show_player
from pages.components.player.payload import PlayerData, PlayerNotes
from pages.parts.pooling.form import Pooling, loop_source, torch_source
from pages.shared import lesson
from pages.shared.controls import choose_option, show_note

Matrix = NDArray[np.float64]
UNPOOLING_WAYS = ("With switches", "Without switches")


@st.cache_data(max_entries=64, show_spinner=False)
def player_data(x: Matrix, pooling: Pooling) -> tuple[PlayerData, str, tuple[int, int]]:
    """Return the player's data, a note on ties, and the output's size."""
    trace = pooling.kind.make_trace(x[None], pooling.size, **pooling.settings)
    padding_text = "−∞" if pooling.name == "Max" else "0"
    _, rows, columns = trace.grid["output"].values.shape
    notes: PlayerNotes = {"padding_text": padding_text, "slips": pooling_slips(trace)}
    return {**play_data(trace), **notes}, describe_ties(trace), (rows, columns)


@st.cache_data(max_entries=64, show_spinner=False)
def unpooling_data(x: Matrix, pooling: Pooling, switches: bool) -> tuple[PlayerData, float, int]:
    """Return the player's data of the unpooling, its mean absolute difference from x, and the number of equal cells."""
    trace = unpooling_trace(pooling.kind.make_trace(x[None], pooling.size, **pooling.settings), switches=switches)
    error = np.abs(trace.grid["unpooled"].values[0] - x)
    notes: PlayerNotes = {"padding_text": "", "aside": True}
    return {**play_data(trace), **notes}, float(error.mean()), int((error < 1e-9).sum())


def show_formula(pooling: Pooling, x: Matrix, output_size: tuple[int, int]) -> None:
    """Show the formula of one value, and the output's size with the current numbers."""
    st.subheader("The formula", anchor=False)
    st.latex(pooling.kind.formula)
    show_note(pooling.kind.remark)
    if pooling.kind.is_adaptive:
        if pooling.kind.setting_names:
            for size, out, symbol, noun in zip(x.shape, output_size, "HW", ("Rows", "Columns"), strict=True):
                show_note(f"{noun} that each window reads, counted from 1:")
                st.latex(align_steps(bin_steps(Bins(size, out), symbol)))
        return
    window = {"kernel_size": pooling.size, **pooling.settings}
    layer = AvgPool2d(**window) if pooling.name == "Average" else MaxPool2d(**window)
    rows, columns = layer.windows((1, *x.shape))
    st.latex(align_steps([*size_steps(rows, "H"), *size_steps(columns, "W")]))
    show_note(f"Rows: {describe_leftovers(rows, 'row')} Columns: {describe_leftovers(columns, 'column')}")


def show_code(pooling: Pooling, x: Matrix, output_size: tuple[int, int]) -> None:
    """Show the same operation as code: a line of PyTorch, and the loops that the player steps through."""
    st.subheader("The code", anchor=False)
    torch_tab, loops_tab = st.tabs(["PyTorch", "Plain loops"])
    height, width = x.shape
    torch_tab.code(torch_source(pooling, (height, width), output_size), language="python", wrap_lines=True)
    loops_tab.code(loop_source(pooling.kind), language="python", height=320)


def show_unpooling(pooling: Pooling, x: Matrix) -> None:
    """Show the pooled numbers at the input's size again, beside the original, and the errors."""
    st.subheader("What is lost: the way back up", anchor=False)
    ways = UNPOOLING_WAYS if "max" in pooling.kind.operation else UNPOOLING_WAYS[1:]
    way = UNPOOLING_WAYS[1]
    if len(ways) > 1:
        hint = "Switches remember which cell of each window won."
        way = choose_option("Bring the pooled numbers back", UNPOOLING_WAYS, UNPOOLING_WAYS[0], "pooling_way", hint)
    else:
        show_note("Only max pooling has switches: a mean, or a length, came from no single cell.")
    show_player(unpooling_data(x, pooling, way == UNPOOLING_WAYS[0])[0], key="pooling_back")
    lines = ["| | Mean absolute difference | Cells exactly right |", "|---|---:|---:|"]
    for one in ways:
        _, error, right = unpooling_data(x, pooling, one == UNPOOLING_WAYS[0])
        lines.append(f"| {one} | **{error:.4g}** | {right} of {x.size} |")
    st.markdown("\n".join(lines))
    show_note(lesson.load_sections("pooling")["Two ways back"])

"""Convolution: step through one, number by number."""

import inspect
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core import examples
from cnn_core.ops import naive
from cnn_core.spec import Conv2d
from cnn_core.trace import convolution_trace, play_data
from cnn_core.working import aligned, axis_of, leftovers, size_steps
from pages.shared import lesson
from pages.shared.editors import matrix_input
from pages.shared.player import player
from pages.shared.site import ensure_router, header

MODES = ("Cross-correlation", "True convolution")
Matrix = NDArray[np.float64]


@st.cache_data(max_entries=64, show_spinner=False)
def play(x: Matrix, w: Matrix, stride: int, padding: Any, dilation: int, flip: bool) -> dict[str, Any]:
    """What the player draws for one image and one kernel."""
    trace = convolution_trace(x[None], w[None, None], stride=stride, padding=padding, dilation=dilation, flip=flip)
    return {**play_data(trace), "padding_text": "0"}


def choice(label: str, options: tuple[Any, ...], default: Any, name: str, help: str | None = None) -> Any:
    """One setting as a row of buttons, kept in the URL."""
    return st.segmented_control(
        label, options, default=default, required=True, key=f"convolution_{name}", bind="query-params", help=help
    )


def controls() -> tuple[dict[str, Any], bool]:
    """Stride, padding and dilation, and whether the kernel is flipped."""
    with st.container(horizontal=True, gap="medium"):
        stride = choice("Stride", (1, 2, 3, 4), 1, "stride", "Cells the kernel moves on at each step.")
        padding = choice(
            "Padding",
            ("0", "1", "2", "3", "same"),
            "1",
            "padding",
            "Zeros around the input. “same”: as many as keep the size (stride 1 only).",
        )
        dilation = choice("Dilation", (1, 2, 3), 1, "dilation", "2: every second cell under the kernel is read.")
        mode = choice(
            "The kernel is laid on as",
            MODES,
            MODES[0],
            "mode",
            "Deep learning computes cross-correlation. True convolution turns the kernel by 180° first.",
        )
    return {
        "stride": stride,
        "padding": padding if padding == "same" else int(padding),
        "dilation": dilation,
    }, mode == MODES[1]


def working(layer: Conv2d, shape: tuple[int, int, int]) -> None:
    """The sum behind every step, and the output size with this page's numbers in it."""
    st.subheader("The formula", anchor=False)
    st.latex(r"y_{i,j} = \sum_{u,v} w_{u,v} \cdot x_{\,i S + u D - P,\; j S + v D - P}")
    rows, columns = axis_of(layer, shape, 0), axis_of(layer, shape, 1)
    st.latex(aligned([*size_steps(rows, "H"), *size_steps(columns, "W")]))
    lesson.note(f"Rows: {leftovers(rows, 'row')} Columns: {leftovers(columns, 'column')}")


def code(settings: dict[str, Any], flip: bool) -> None:
    """The same operation as code: one line of PyTorch, and the loops that this page steps through."""
    st.subheader("The code", anchor=False)
    torch_tab, loops_tab = st.tabs(["PyTorch", "Plain loops"])
    arguments = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    weight = "w.flip(-2, -1)" if flip else "w"
    torch_tab.code(
        "import torch.nn.functional as F\n\n# x: (1, 1, H, W)   w: (1, 1, K_h, K_w)\n"
        f"y = F.conv2d(x, {weight}, {arguments})",
        language="python",
    )
    loops_tab.code(inspect.getsource(naive.conv2d), language="python", height=320)


@st.fragment
def lab() -> None:
    """Controls, player, formula and code; a fragment, so that a changed setting redraws nothing else."""
    settings, flip = controls()
    left, right = st.columns(2)
    with left:
        x = matrix_input("Input", "convolution_input", examples.INPUTS, role="input", max_rows=12, max_columns=12)
    with right:
        w = matrix_input("Kernel", "convolution_kernel", examples.KERNELS, role="kernel", max_rows=7, max_columns=7)
    if x is None or w is None:
        return
    try:
        layer = Conv2d(1, w.shape, **settings, bias=False)
        layer.output_shape((1, *x.shape))
    except ValueError as problem:
        st.error(str(problem)[:1].upper() + str(problem)[1:])
        return
    player(play(x, w, **settings, flip=flip), key="convolution_player")
    how, program = st.columns(2, gap="large")
    with how:
        working(layer, (1, *x.shape))
    with program:
        code(settings, flip)


ensure_router()
header("convolution", "Slide a kernel over an input and watch every sum being made. Hover, click, or press play.")
lab()
st.divider()
left, right = st.columns(2, gap="large")
with left:
    lesson.show("convolution", "What happens here")
with right:
    lesson.show("convolution", "Two conventions")
lesson.try_this("convolution")

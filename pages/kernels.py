"""Kernel lab: edit a kernel and see at once what it does to a photograph."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.display import VIEWS, show_result
from cnn_core.images import to_grey
from cnn_core.kernel_code import scipy_code, torch_code
from cnn_core.kernels import PADDING_MODES, apply_kernel, most_changed, on_balance, pad_image
from pages.shared import lesson
from pages.shared.kernel_form import choose_kernel
from pages.shared.lens import lens
from pages.shared.picture_form import Picture, choose_picture
from pages.shared.site import ensure_router, header

VIEW_LABELS = dict(zip(("Signed", "Absolute value", "0 to 255"), VIEWS, strict=True))
PADDING_LABELS = dict(zip(("Zeros", "Reflect", "Replicate", "Circular", "None"), PADDING_MODES, strict=True))
CHANNELS = ("Grey", "Each colour channel")
MODES = ("Cross-correlation", "True convolution")
MODE_HELP = "Deep learning computes cross-correlation. True convolution turns the kernel by 180° first."
PADDING_HELP = "Zeros; the picture mirrored; its last row repeated; its other side; or nothing: a smaller result."


def choice(label: str, options: tuple[str, ...], name: str, help: str) -> str:
    """One setting as a row of buttons, kept in the URL."""
    chosen: str = st.segmented_control(
        label, options, default=options[0], required=True, key=f"kernels_{name}", bind="query-params", help=help
    )
    return chosen


def settings() -> dict[str, Any]:
    """How the kernel is laid on the picture, and how the result is shown."""
    with st.container(horizontal=True, gap="medium"):
        view = choice("Show the result as", tuple(VIEW_LABELS), "view", "Results below 0 need a scale of their own.")
        channels = choice("Filter", CHANNELS, "channels", "The same kernel on brightness, or on red, green and blue.")
        mode = choice("The kernel is laid on as", MODES, "mode", MODE_HELP)
        padding = choice("Beyond the border", tuple(PADDING_LABELS), "padding", PADDING_HELP)
    return {
        "view": VIEW_LABELS[view],
        "per_channel": channels == CHANNELS[1],
        "flip": mode == MODES[1],
        "padding_mode": PADDING_LABELS[padding],
    }


def show(picture: Picture, weights: NDArray[np.float64], how: dict[str, Any]) -> None:
    """The picture beside its result, and the sum behind the pixel pointed at."""
    image = picture.image if how["per_channel"] else to_grey(picture.image)
    try:
        padded = pad_image(image, weights, how["padding_mode"])
    except ValueError as problem:
        st.error(str(problem))
        return
    filtering = {name: how[name] for name in ("per_channel", "flip", "padding_mode")}
    result = apply_kernel(image, weights, **filtering)
    laid = weights[::-1, ::-1] if how["flip"] else weights
    lens(
        padded,
        show_result(result, how["view"]),
        laid,
        margin=0 if how["padding_mode"] == "valid" else len(weights) // 2,
        start=most_changed(result, padded, laid),
        caption=f"{picture.title}, {'colour' if how['per_channel'] else 'grey'}",
        alt=picture.alt,
        result_alt=f"{picture.title} filtered with the kernel",
        key="kernels_lens",
    )


def formula_and_code(how: dict[str, Any]) -> None:
    """What is computed, as a formula and as lines of PyTorch and SciPy."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.subheader("The formula", anchor=False)
        sign = "-" if how["flip"] else "+"
        st.latex(rf"y_{{i,j}} = \sum_{{u=-a}}^{{a}}\sum_{{v=-a}}^{{a}} w_{{u,v}}\; x_{{\,i {sign} u,\; j {sign} v}}")
        lesson.note("w₀,₀ is the middle weight; a is 1 for a 3 × 3 kernel and 2 for a 5 × 5 one.")
    with right:
        st.subheader("The code", anchor=False)
        for tab, written in zip(st.tabs(["PyTorch", "SciPy"]), (torch_code, scipy_code), strict=True):
            tab.code(written(how["padding_mode"], how["flip"]), language="python")


@st.fragment
def lab() -> None:
    """Picture, kernel and result; a fragment, so that an edited weight redraws nothing else."""
    picture = choose_picture()
    left, right = st.columns([1, 2], gap="medium")
    with left, st.container(border=True):
        weights = choose_kernel()
        if weights is not None:
            lesson.note(on_balance(weights))
    how = settings()
    if picture is not None and weights is not None:
        with right:
            show(picture, weights, how)
    formula_and_code(how)


ensure_router()
header("kernels", "Edit a kernel and see at once what it does to a photograph. Point at a pixel to see its sum.")
lab()
st.divider()
for column, heading in zip(
    st.columns(3, gap="large"), ("What a kernel sees", "Signs and scales", "Borders"), strict=True
):
    with column:
        lesson.show("kernels", heading)
lesson.try_this("kernels")

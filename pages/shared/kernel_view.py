"""The parts of the Kernel lab: choosing a picture, choosing and editing a kernel, and showing the result."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.display import HIDES, VIEWS, Shown, View, show_result
from cnn_core.images import PHOTOS, decode_upload, photo, to_grey
from cnn_core.kernels import KERNELS, PADDING_MODES, SIZES, Kernel, PaddingMode, apply_kernel, resized
from cnn_core.matrices import format_matrix, parse_matrix
from cnn_core.ops import flip_kernel
from pages.shared.editors import matrix_editor
from pages.shared.lesson import note

WEIGHTS = "kernels_weights"
NAMED = {f"{kernel.name}": kernel for kernel in KERNELS}
START = NAMED["Sobel: vertical edges"]
COLOURS = ("Grey", "Red, green and blue")
MODES = ("Cross-correlation", "True convolution")
Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]


@st.cache_data(max_entries=16, show_spinner=False)
def library_photo(name: str) -> Pixels:
    """A photograph of the library, decoded once."""
    return photo(name)


def choose_picture() -> tuple[Pixels, str]:
    """A photograph or an upload, and what it shows in words."""
    left, right = st.columns(2)
    titles = {entry.title: entry for entry in PHOTOS}
    title = left.selectbox("Photograph", list(titles), key="kernels_photo", bind="query-params")
    uploaded = right.file_uploader(
        "Or your own picture", ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"], key="kernels_upload"
    )
    if uploaded is None:
        return library_photo(titles[title].name), titles[title].alt
    try:
        upload = decode_upload(uploaded.getvalue())
    except ValueError as problem:
        right.error(str(problem))
        return library_photo(titles[title].name), titles[title].alt
    with right:
        if upload.notes:
            note(" ".join(upload.notes))
    return upload.image, "Your picture"


def choose_kernel() -> Kernel | None:
    """A select box that says which named kernel the weights are, and puts the chosen one into them."""
    weights = _weights_or_none()
    st.session_state.kernels_name = _name_of(weights)
    st.selectbox(
        "Kernel",
        list(NAMED),
        key="kernels_name",
        on_change=_take_named,
        placeholder="Your own kernel",
        format_func=lambda name: f"{NAMED[name].family} · {name}",
    )
    return NAMED.get(st.session_state.kernels_name or "")


def edit_kernel() -> Matrix | None:
    """The cells of the kernel, 3 × 3 or 5 × 5; None, with the reason, while a cell holds no number."""
    weights = _weights_or_none()
    st.session_state.kernels_size = None if weights is None or len(weights) not in SIZES else len(weights)
    st.segmented_control(
        "Size", SIZES, key="kernels_size", format_func=lambda n: f"{n} × {n}", on_change=_change_size, required=True
    )
    cells = st.container()
    with st.expander("Type or paste"):
        text = st.text_area(
            "Weights",
            format_matrix(START.weights(3)),
            key=WEIGHTS,
            bind="query-params",
            help="Rows end with ; or a new line. Fractions such as 1/9 work.",
        )
    with cells:
        matrix_editor("Kernel", text, text_key=WEIGHTS, role="kernel")
    try:
        return parse_matrix(text, name="kernel", max_rows=11, max_columns=11)
    except ValueError as problem:
        st.error(str(problem))
        return None


def choose_how() -> tuple[bool, bool, PaddingMode]:
    """Colour or grey, flipped or not, and what lies beyond the edge."""
    colour = _choice("The picture", COLOURS, "kernels_colour")
    mode = _choice("The kernel is laid on as", MODES, "kernels_mode")
    padding = _choice("Beyond the edge", PADDING_MODES, "kernels_padding")
    return colour == COLOURS[1], mode == MODES[1], padding


def _choice(label: str, options: tuple[str, ...], key: str):  # type: ignore[no-untyped-def]
    return st.selectbox(label, options, key=key, bind="query-params")


@st.cache_data(max_entries=32, show_spinner=False)
def filtered(picture: Pixels, weights: Matrix, colour: bool, flip: bool, padding: PaddingMode) -> NDArray[np.float32]:
    """The picture under the kernel."""
    source = picture.astype(np.float32) if colour else to_grey(picture).astype(np.float32)
    laid = flip_kernel(weights[None, None])[0, 0] if flip else weights
    return apply_kernel(source, laid, padding_mode=padding)


def show_original(picture: Pixels, alt: str, colour: bool) -> None:
    """The picture as the kernel sees it."""
    st.markdown("**:blue[Input]**")
    st.image(picture if colour else to_grey(picture), width="stretch", alt=alt, output_format="JPEG")
    st.image(np.arange(256, dtype=np.uint8)[np.newaxis].repeat(12, axis=0), width="stretch", alt="Scale from 0 to 255")
    note("black 0 … 255 white")


def show_output(result: NDArray[np.float32], what: str) -> None:
    """The result with its colour bar, and the choice of view where there is one to make."""
    st.markdown("**:green[Output]**")
    view: View = st.session_state.get("kernels_view", VIEWS[0])
    shown = show_result(result, view)
    st.image(shown.rgb, width="stretch", alt=f"Result of {what}", output_format="JPEG")
    st.image(shown.bar.repeat(12, axis=0), width="stretch", alt=f"Scale from {shown.low:.4g} to {shown.high:.4g}")
    note(scale_words(shown, result.ndim == 3))


def choose_view(result: NDArray[np.float32]) -> None:
    """How results outside 0 … 255 are shown, and what that hides."""
    view = st.segmented_control(
        "Show results outside 0 … 255 as",
        VIEWS,
        default=VIEWS[0],
        required=True,
        key="kernels_view",
        bind="query-params",
    )
    low, high = float(result.min()), float(result.max())
    outside = "all within 0 … 255, so it is a picture as it is." if low >= 0 and high <= 255 else HIDES[view]
    note(f"This result runs from {number(low)} to {number(high)}: {outside[:1].lower()}{outside[1:]}")


def scale_words(shown: Shown, colour: bool) -> str:
    """The scale in words: which number each end of the bar stands for."""
    if shown.low == 0:
        return f"black 0 … {number(shown.high)} white"
    ends = ("black", "mid-grey", "white") if colour else ("red", "white", "blue")
    return f"{ends[0]} {number(shown.low)} … 0 {ends[1]} … +{number(shown.high)} {ends[2]}"


def number(value: float) -> str:
    """At most four digits, with a true minus sign."""
    return f"{value:.4g}".replace("-", "−")


def sum_words(weights: Matrix) -> str:
    """What the sum of the weights means for flat areas."""
    total = float(weights.sum())
    if abs(total) < 1e-9:
        return "The weights sum to 0: flat areas become 0, only change is seen."
    if abs(total - 1) < 1e-9:
        return "The weights sum to 1: flat areas keep their brightness."
    return f"The weights sum to {number(total)}: flat areas are multiplied by {number(total)}."


def _weights_or_none() -> Matrix | None:
    text = st.session_state.get(WEIGHTS) or st.query_params.get(WEIGHTS) or format_matrix(START.weights(3))
    try:
        return parse_matrix(text, max_rows=11, max_columns=11)
    except ValueError:
        return None


def _name_of(weights: Matrix | None) -> str | None:
    if weights is None or weights.shape not in ((3, 3), (5, 5)):
        return None
    return next((name for name, k in NAMED.items() if np.array_equal(k.weights(len(weights)), weights)), None)


def _take_named() -> None:
    weights, name = _weights_or_none(), st.session_state.kernels_name
    if name:
        size = len(weights) if weights is not None and len(weights) in SIZES else SIZES[0]
        st.session_state[WEIGHTS] = format_matrix(NAMED[name].weights(size))


def _change_size() -> None:
    """A named kernel is made anew at the other size; a kernel of one's own keeps its centre."""
    weights, size = _weights_or_none(), st.session_state.kernels_size
    if weights is None or size is None:
        return
    name = _name_of(weights)
    st.session_state[WEIGHTS] = format_matrix(NAMED[name].weights(size) if name else resized(weights, size))

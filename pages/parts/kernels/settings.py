"""How kernels are laid on the picture and the result is shown: the settings of the Kernel lab that are no weights."""

from dataclasses import dataclass

import streamlit as st

from cnn_core.kernels.filtering import CHANNELS, PADDING_MODES, Layer
from cnn_core.render.filter_result import VIEWS
from pages.shared.controls import choice, note

TOGETHER, VIEW = "kernels_together", "kernels_view"
ALONE, BANK, CHAIN, EDGES = "By itself", "Bank", "Chain", "Edges"
TOGETHER_HELP = (
    "By itself: the chosen kernel. Bank: every kernel on the same picture. Chain: each on what the one before made. "
    "Edges: strength and direction from a slope across and one down."
)
VIEW_LABELS = dict(zip(("Signed", "Absolute value", "0 to 255"), VIEWS, strict=True))
PADDING_LABELS = dict(zip(("Zeros", "Reflect", "Replicate", "Circular", "None"), PADDING_MODES, strict=True))
_PADDING_NAMES = {mode: label for label, mode in PADDING_LABELS.items()}
CHANNEL_LABELS = dict(zip(("Grey", "Each colour channel", "Red", "Green", "Blue"), CHANNELS, strict=True))
MODES = ("Cross-correlation", "True convolution")
LAYOUTS = ("Side by side", "Compare")
MOST_BIAS = 255.0


@dataclass(frozen=True)
class How:
    """The settings: which kernels work together, what is filtered, the layer, and how the result is shown."""

    together: str
    channels: str
    layer: Layer
    view: str
    compare: bool


def settings() -> How:
    """A row of what is shown, and a box with what a layer of a network has besides weights."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        together = choice("Kernels work", (ALONE, BANK, CHAIN, EDGES), ALONE, TOGETHER, TOGETHER_HELP)
        words = "Below 0 needs a scale of its own."
        labels = tuple(VIEW_LABELS)
        view = choice("Show the result as", labels, labels[0], VIEW, words, disabled=together == EDGES)
        layout = choice("Layout", LAYOUTS, LAYOUTS[0], "kernels_layout", "Compare: drag a divider over the picture.")
    with st.expander("Layer: channels, border, stride, dilation, bias, ReLU", icon=":material/tune:"):
        channels, layer = layer_controls()
    special = unusual(layer)
    if special:
        note(f"**Layer:** {special}.")
    return How(together, CHANNEL_LABELS[channels], layer, VIEW_LABELS[view], layout == LAYOUTS[1])


def outdated(how: How) -> bool:
    """Whether something below the settings has changed one of them, as a named kernel changes how it is shown."""
    now = (st.session_state.get(TOGETHER), VIEW_LABELS.get(st.session_state.get(VIEW, "")))
    return now != (how.together, how.view)


def unusual(layer: Layer) -> str:
    """What of the layer's settings is not as usual, in words."""
    said = [f"{name} {value}" for name in ("stride", "dilation") if (value := getattr(layer, name)) > 1]
    said += [f"bias {layer.bias:+g}".replace("-", "−")] if layer.bias else []
    said += ["ReLU"] if layer.relu else []
    said += ["kernel turned by 180°"] if layer.flip else []
    said += [] if layer.padding_mode == "zeros" else [f"border: {_PADDING_NAMES[layer.padding_mode].lower()}"]
    return ", ".join(said)


def layer_controls() -> tuple[str, Layer]:
    """What of the picture is filtered, and every setting of a convolutional layer."""
    with st.container(horizontal=True, gap="small"):
        channels = choice(
            "Filter", tuple(CHANNEL_LABELS), "Grey", "kernels_channels", "Brightness; red, green and blue each; or one."
        )
        padding = choice(
            "Beyond the border",
            tuple(PADDING_LABELS),
            "Zeros",
            "kernels_padding",
            "Zeros; the picture mirrored; its last row repeated; its other side; or nothing: a smaller result.",
        )
        mode = choice(
            "The kernel is laid on as",
            MODES,
            MODES[0],
            "kernels_mode",
            "Deep learning computes cross-correlation. True convolution turns the kernel by 180° first.",
        )
        stride = choice("Stride", (1, 2, 3, 4), 1, "kernels_stride", "Pixels the kernel moves on: 2 keeps every other.")
        dilation = choice("Dilation", (1, 2, 3, 4), 1, "kernels_dilation", "Pixels between neighbouring weights.")
        ends = (-MOST_BIAS, MOST_BIAS, 0.0, 5.0)
        bias = st.slider(
            "Bias", *ends, key="kernels_bias", bind="query-params", help="Added to every result.", width=150
        )
        relu = st.toggle("ReLU", key="kernels_relu", bind="query-params", help="Results below 0 become 0.")
    return channels, Layer(stride, dilation, PADDING_LABELS[padding], mode == MODES[1], bias, relu)

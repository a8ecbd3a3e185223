"""How kernels are laid on the picture and the result is shown: the settings of the Kernel lab that are no weights."""

from dataclasses import dataclass

import streamlit as st

from cnn_core.kernels.filtering import CHANNELS, PADDING_MODES, FilterSettings
from cnn_core.render.filter_result import VIEWS
from cnn_core.words import format_number
from pages.shared.controls import choose_option, show_note

ARRANGEMENT_KEY = "kernels_together"
VIEW_KEY = "kernels_view"
ALONE = "By itself"
BANK = "Bank"
CHAIN = "Chain"
EDGES = "Edges"
ARRANGEMENT_HELP = (
    "By itself: the chosen kernel. Bank: every kernel on the same picture. Chain: each on what the one before made. "
    "Edges: strength and direction from a slope across and one down."
)
VIEW_LABELS = dict(zip(("Signed", "Absolute value", "0 to 255"), VIEWS, strict=True))
PADDING_LABELS = dict(zip(("Zeros", "Reflect", "Replicate", "Circular", "None"), PADDING_MODES, strict=True))
_PADDING_NAMES = {mode: label for label, mode in PADDING_LABELS.items()}
CHANNEL_LABELS = dict(zip(("Grey", "Each colour channel", "Red", "Green", "Blue"), CHANNELS, strict=True))
MODES = ("Cross-correlation", "True convolution")
LAYOUTS = ("Side by side", "Compare")
MAX_BIAS = 255.0
"""Largest bias: it turns black into white."""


@dataclass(frozen=True)
class LabSettings:
    """The settings: which kernels work together, what is filtered, the layer, and how the result is shown."""

    arrangement: str
    channels: str
    layer: FilterSettings
    view: str
    compare: bool


def choose_settings() -> LabSettings:
    """Let the learner choose what is shown, and the other settings of a convolutional layer in a box."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        arrangement = choose_option(
            "Kernels work", (ALONE, BANK, CHAIN, EDGES), ALONE, ARRANGEMENT_KEY, ARRANGEMENT_HELP
        )
        words = "Below 0 needs a scale of its own."
        labels = tuple(VIEW_LABELS)
        view = choose_option("Show the result as", labels, labels[0], VIEW_KEY, words, disabled=arrangement == EDGES)
        layout = choose_option(
            "Layout", LAYOUTS, LAYOUTS[0], "kernels_layout", "Compare: drag a divider over the picture."
        )
    with st.expander("Layer: channels, border, stride, dilation, bias, ReLU", icon=":material/tune:"):
        channels, layer = choose_layer()
    unusual_words = describe_unusual_settings(layer)
    if unusual_words:
        show_note(f"**Layer:** {unusual_words}.")
    return LabSettings(arrangement, CHANNEL_LABELS[channels], layer, VIEW_LABELS[view], layout == LAYOUTS[1])


def is_outdated(settings: LabSettings) -> bool:
    """Return whether a control below has changed a setting, as a named kernel changes how it is shown."""
    current = (st.session_state.get(ARRANGEMENT_KEY), VIEW_LABELS.get(st.session_state.get(VIEW_KEY, "")))
    return current != (settings.arrangement, settings.view)


def describe_unusual_settings(layer: FilterSettings) -> str:
    """List the layer's settings that differ from their defaults."""
    parts = [f"{name} {value}" for name in ("stride", "dilation") if (value := getattr(layer, name)) > 1]
    parts += [f"bias {format_number(layer.bias, '+g')}"] if layer.bias else []
    parts += ["ReLU"] if layer.relu else []
    parts += ["kernel turned by 180°"] if layer.flip else []
    parts += [] if layer.padding_mode == "zeros" else [f"border: {_PADDING_NAMES[layer.padding_mode].lower()}"]
    return ", ".join(parts)


def choose_layer() -> tuple[str, FilterSettings]:
    """Let the learner choose the channels to filter, and every setting of a convolutional layer."""
    with st.container(horizontal=True, gap="small"):
        channels = choose_option(
            "Filter", tuple(CHANNEL_LABELS), "Grey", "kernels_channels", "Brightness; red, green and blue each; or one."
        )
        padding = choose_option(
            "Beyond the border",
            tuple(PADDING_LABELS),
            "Zeros",
            "kernels_padding",
            "Zeros; the picture mirrored; its last row repeated; its other side; or nothing: a smaller result.",
        )
        mode = choose_option(
            "The kernel is laid on as",
            MODES,
            MODES[0],
            "kernels_mode",
            "Deep learning computes cross-correlation. True convolution turns the kernel by 180° first.",
        )
        stride = choose_option(
            "Stride", (1, 2, 3, 4), 1, "kernels_stride", "Pixels the kernel moves on: 2 keeps every other."
        )
        dilation = choose_option(
            "Dilation", (1, 2, 3, 4), 1, "kernels_dilation", "Pixels between neighbouring weights."
        )
        ends = (-MAX_BIAS, MAX_BIAS, 0.0, 5.0)
        bias = st.slider(
            "Bias", *ends, key="kernels_bias", bind="query-params", help="Added to every result.", width=150
        )
        relu = st.toggle("ReLU", key="kernels_relu", bind="query-params", help="Results below 0 become 0.")
    return channels, FilterSettings(stride, dilation, PADDING_LABELS[padding], mode == MODES[1], bias, relu)

"""The form beside the table: the settings of the chosen layer, and adding a layer."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from cnn_core.matrices import inputs
from cnn_core.matrices.text import format_planes
from cnn_core.networks.blocks import KINDS, Branches, Residual, part_names
from cnn_core.networks.draft import Draft, LayerLine, LayerPath, ResolvedLine, examine_draft, exchange_layer, layer_at
from cnn_core.networks.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
    pair,
)
from cnn_core.words import format_size
from pages.parts.designer import session
from pages.shared.controls import show_note
from pages.shared.site import get_page

SETTING_LABELS = {
    "filters": "Filters",
    "kernel_size": "Kernel",
    "stride": "Stride",
    "padding": "Padding",
    "dilation": "Dilation",
    "groups": "Groups",
    "bias": "Bias",
    "ceil_mode": "Ceil mode",
    "count_include_pad": "Padding counts in the mean",
    "output_size": "Output size",
    "units": "Units",
    "p": "Dropout probability",
    "negative_slope": "Slope below 0",
    "alpha": "Alpha",
}
ACTIONS = {"up": "Up", "down": "Down", "duplicate": "Copy", "delete": "Delete"}
CONTROL_WIDTH = 84
"""Pixels: two controls of this width stand side by side in the form."""
KIND_KEY = "designer_kind"
PLACE_KEY = "designer_where"
AFTER = "After it"
BEFORE = "Before it"
INSIDE = "Inside, at the end of its "
"""A place is one of these three; the name of the part of the block follows the last."""
LAST_PLACE = 99_999
"""An index after every layer that a part can have."""
PAIR_SETTINGS = ("kernel_size", "stride", "padding", "dilation", "output_size")
LAYER_MAKERS: dict[str, Callable[[int], Layer]] = {
    "Conv2d": lambda channels: Conv2d(16, 3, padding=1),
    "MaxPool2d": lambda channels: MaxPool2d(2),
    "AvgPool2d": lambda channels: AvgPool2d(2),
    "AdaptiveAvgPool2d": lambda channels: AdaptiveAvgPool2d(1),
    "Linear": lambda channels: Linear(10),
    "Residual": lambda channels: Residual(
        (Conv2d(channels, 3, padding=1, bias=False), BatchNorm(), ReLU(), Conv2d(channels, 3, padding=1, bias=False))
    ),
    "Branches": lambda channels: Branches(((Conv2d(8, 1),), (Conv2d(8, 3, padding=1),), (Conv2d(8, 5, padding=2),))),
}
"""For each kind that needs settings: a new layer of it that fits after a layer of `channels` channels."""


def show_layer_form(draft: Draft, lines: list[LayerLine], *, show_shape: bool) -> None:
    """Show the chosen layer's settings and, with `show_shape`, the shape of its input."""
    path = session.chosen_path(draft)
    if path is None:
        show_note("There is no layer yet: add one.")
        return
    line = next(line for line in lines if line.path == path)
    after = next((other.layer for other in lines if other.path == (*path[:-1], path[-1] + 1)), None)
    st.markdown(f"**{line.name}** · {type(line.layer).__name__}")
    if isinstance(line.layer, Branches):
        _show_branch_buttons()
    elif not isinstance(line.layer, Residual):
        _show_controls(line)
    if isinstance(after, BatchNorm) and getattr(line.layer, "bias", False):
        show_note("The batch norm after it subtracts this bias again: it has no effect.")
    with st.container(horizontal=True):
        for what, label in ACTIONS.items():
            st.button(
                label, key=f"designer_{what}", on_click=session.apply_to_chosen, args=(what,), width=CONTROL_WIDTH
            )
    if isinstance(line.layer, Conv2d):
        _show_convolution_link(line.layer)
    if line.input_shape and show_shape:
        show_note(f"Takes {format_size(line.input_shape)}.")


def _show_controls(line: LayerLine) -> None:
    """Show every setting: numbers two by two, switches below them."""
    names = [field.name for field in fields(line.layer)]
    switches = [name for name in names if isinstance(getattr(line.layer, name), bool)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name in names:
            if name not in switches:
                _show_control(line, name)
    for name in switches:
        _show_control(line, name)
    if not names:
        show_note("This layer has no settings.")


def _show_control(line: LayerLine, name: str) -> None:
    """Show one setting; a typed text is checked when it is applied."""
    value = getattr(line.layer, name)
    key = _control_key(line.path, name)
    arguments: dict[str, Any] = {"key": key, "on_change": _apply_setting, "args": (line.path, name, key)}
    label = SETTING_LABELS.get(name, name)
    if isinstance(value, bool):
        st.toggle(label, value, **arguments)
    elif name in PAIR_SETTINGS:
        st.text_input(
            label,
            _format_setting(value),
            help="One number, or two for height and width: 3 or 3 5.",
            width=CONTROL_WIDTH,
            **arguments,
        )
    elif isinstance(value, int):
        st.number_input(label, 1, 65_536, value, width=CONTROL_WIDTH, **arguments)
    else:
        most = 100.0 if name == "alpha" else 1.0
        st.number_input(label, 0.0, most, float(value), step=0.05, format="%g", width=CONTROL_WIDTH, **arguments)


def _control_key(path: LayerPath, name: str) -> str:
    return session.control_key(f"{name}_{session.format_path(path)}")


def _format_setting(value: Any) -> str:
    if value is None:
        return "kernel"
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _apply_setting(path: LayerPath, name: str, key: str) -> None:
    """Apply a changed setting to the layer at `path`; store a problem where the layer cannot have it."""
    if key != _control_key(path, name):
        return  # a control that is gone, see `pages.shared.fresh`
    entered = st.session_state[key]
    layers = session.current_draft().layers
    try:
        layer = layer_at(layers, path)
        value = parse_pair(entered, SETTING_LABELS[name]) if isinstance(entered, str) else entered
        session.store_layers(exchange_layer(layers, path, replace(layer, **{name: value})))
        session.mark_as_drawn()
    except ValueError as problem:
        session.store_problem(str(problem))


def parse_pair(text: str, label: str) -> int | tuple[int, int] | str | None:
    """Return the setting that a typed text stands for.

    "3" is 3; "3 5", "3×5" and "3,5" are (3, 5); "same" is "same"; "kernel" is None, the stride of a pooling layer that
    follows its kernel. Raises ValueError for any other text, with a sentence that begins with `label`.
    """
    words = text.replace("×", " ").replace("x", " ").replace(",", " ").split()
    if words == ["same"]:
        return "same"
    if words == ["kernel"]:
        return None
    if len(words) not in (1, 2) or not all(word.isdecimal() and len(word) < 6 for word in words):
        raise ValueError(f"{label} is “{text[:30]}”: type one whole number, or two for height and width, such as 3 5.")
    numbers = [int(word) for word in words]
    return numbers[0] if len(numbers) == 1 else (numbers[0], numbers[1])


def _show_convolution_link(layer: Conv2d) -> None:
    """Show a link to the Convolution page with the settings of this layer, where that page can show them."""
    kernel, stride, dilation = pair(layer.kernel_size), pair(layer.stride), pair(layer.dilation)
    padding = layer.padding if isinstance(layer.padding, str) else pair(layer.padding)
    square = all(isinstance(side, str) or side[0] == side[1] for side in (stride, dilation, padding))
    too_large = max(kernel) > 7 or max(stride) > 4 or max(dilation) > 3
    if not square or too_large or (not isinstance(padding, str) and max(padding) > 3):
        return
    size = min(12, max(dilation) * (max(kernel) - 1) + 4)
    query = {
        "convolution_input": format_planes(inputs.draw_input("Random digits", (1, size, size))),
        "convolution_kernel": format_planes(inputs.draw_input("Random digits", (1, *kernel), seed=1) - 4),
        "convolution_stride": str(stride[0]),
        "convolution_dilation": str(dilation[0]),
        "convolution_padding": padding if isinstance(padding, str) else str(padding[0]),
    }
    st.page_link(get_page("convolution"), label="Open in Convolution", icon=":material/grid_on:", query_params=query)


def _show_branch_buttons() -> None:
    """Show the buttons that add a branch and remove the last one."""
    st.button("Add a branch", key="designer_branch", on_click=_change_branches, args=(True,))
    st.button("Remove the last branch", key="designer_unbranch", on_click=_change_branches, args=(False,))


def _change_branches(adding: bool) -> None:
    layers = session.current_draft().layers
    path = session.chosen_path(session.current_draft())
    block = layer_at(layers, path) if path else None
    if path is None or not isinstance(block, Branches):
        return
    branches = (*block.branches, (Conv2d(8, 1),)) if adding else block.branches[:-1]
    try:
        session.store_layers(exchange_layer(layers, path, Branches(branches)))
    except ValueError as problem:
        session.store_problem(str(problem))


def show_add_form(draft: Draft, lines: list[LayerLine]) -> None:
    """Show the choice of a new layer's kind and place, and the button that adds it."""
    path = session.chosen_path(draft)
    chosen = next((line for line in lines if line.path == path), None)
    st.selectbox("New layer", list(KINDS), key=KIND_KEY)
    if chosen is not None:
        inside = [f"{INSIDE}{name}" for name in part_names(chosen.layer)]
        st.selectbox("Where", [AFTER, BEFORE, *inside], key=PLACE_KEY)
    st.button("Add layer", icon=":material/add:", key="designer_add", on_click=_add_chosen_layer, width="stretch")


def _add_chosen_layer() -> None:
    draft, kind, where = session.current_draft(), st.session_state[KIND_KEY], st.session_state.get(PLACE_KEY, AFTER)
    path = session.chosen_path(draft)
    if path is None:
        session.add_layer(new_layer(kind, draft.input_shape[0]), (0,))
        return
    chosen = next(line for line in examine_draft(draft) if line.path == path)
    output_shape = chosen.row.output_shape if isinstance(chosen, ResolvedLine) else chosen.input_shape
    input_shape = output_shape if where == AFTER else chosen.input_shape
    layer = new_layer(kind, input_shape[0] if input_shape else 1)
    names = part_names(chosen.layer)
    if where.removeprefix(INSIDE) in names:
        session.add_layer(layer, (*path, names.index(where.removeprefix(INSIDE)), LAST_PLACE))
    else:
        session.add_layer(layer, (*path[:-1], path[-1] + (where != BEFORE)))


def new_layer(kind: str, channels: int) -> Layer:
    """Return a layer of `kind` with usual settings, for an input of `channels` channels."""
    make = LAYER_MAKERS.get(kind)
    return make(min(channels, 4096)) if make else KINDS[kind]()

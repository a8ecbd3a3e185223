"""The settings of the chosen layer, and new layers."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from cnn_core.matrices import inputs as sources
from cnn_core.matrices.text import format_planes
from cnn_core.networks.blocks import KINDS, Branches, Residual, part_names
from cnn_core.networks.draft import Draft, Line, Path, examine, exchanged, layer_at
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
from pages.parts.designer import session as state
from pages.shared.controls import note
from pages.shared.site import page

LABELS = {
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
    "p": "Share dropped",
    "negative_slope": "Slope below 0",
    "alpha": "Alpha",
}
ACTIONS = {"up": "Up", "down": "Down", "duplicate": "Copy", "delete": "Delete"}
HALF = 84
"""Pixels: two controls of this width stand side by side in the form."""
KIND, WHERE = "designer_kind", "designer_where"
AFTER, BEFORE, INSIDE = "After it", "Before it", "Inside, at the end of its "
LAST_PLACE = 99_999
"""Behind every layer that a part can have."""
PAIRS = ("kernel_size", "stride", "padding", "dilation", "output_size")
FIRST: dict[str, Callable[[int], Layer]] = {
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
"""Kind → a new layer of it that fits behind `channels` channels, for kinds that need more than nothing."""


def layer_form(draft: Draft, lines: list[Line], *, told: bool) -> None:
    """What the chosen layer is set to, and, unless that is to be predicted, what it takes in."""
    path = state.chosen(draft)
    if path is None:
        note("There is no layer yet: add one.")
        return
    line = next(line for line in lines if line.path == path)
    after = next((other.layer for other in lines if other.path == (*path[:-1], path[-1] + 1)), None)
    st.markdown(f"**{line.name}** · {type(line.layer).__name__}")
    if isinstance(line.layer, Branches):
        _branches()
    elif not isinstance(line.layer, Residual):
        _controls(line)
    if isinstance(after, BatchNorm) and getattr(line.layer, "bias", False):
        note("The batch norm behind it takes this bias away again: it is useless.")
    with st.container(horizontal=True):
        for what, label in ACTIONS.items():
            st.button(label, key=f"designer_{what}", on_click=state.act_on_chosen, args=(what,), width=HALF)
    if isinstance(line.layer, Conv2d):
        _by_hand(line.layer)
    if line.input_shape and told:
        note(f"Takes {' × '.join(map(str, line.input_shape))}.")


def _controls(line: Line) -> None:
    """Every setting: numbers two by two, switches below them."""
    names = [field.name for field in fields(line.layer)]
    switches = [name for name in names if isinstance(getattr(line.layer, name), bool)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name in names:
            if name not in switches:
                _control(line, name)
    for name in switches:
        _control(line, name)
    if not names:
        note("Nothing to set.")


def _control(line: Line, name: str) -> None:
    """One setting; what is typed is checked when it is taken."""
    value = getattr(line.layer, name)
    key = _key(line.path, name)
    arguments: dict[str, Any] = {"key": key, "on_change": _take, "args": (line.path, name, key)}
    label = LABELS.get(name, name)
    if isinstance(value, bool):
        st.toggle(label, value, **arguments)
    elif name in PAIRS:
        st.text_input(
            label, _words(value), help="One number, or two for height and width: 3 or 3 5.", width=HALF, **arguments
        )
    elif isinstance(value, int):
        st.number_input(label, 1, 65_536, value, width=HALF, **arguments)
    else:
        most = 100.0 if name == "alpha" else 1.0
        st.number_input(label, 0.0, most, float(value), step=0.05, format="%g", width=HALF, **arguments)


def _key(path: Path, name: str) -> str:
    return state.key_of(f"{name}_{state.as_words(path)}")


def _words(value: Any) -> str:
    if value is None:
        return "kernel"
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _take(path: Path, name: str, key: str) -> None:
    """A setting was changed: taken if the layer can have it, else said why not."""
    if key != _key(path, name):
        return  # a control that is gone: the browser sends it once more when a click overtakes the drawing
    typed = st.session_state[key]
    layers = state.current().layers
    try:
        layer = layer_at(layers, path)
        value = read_pair(typed, LABELS[name]) if isinstance(typed, str) else typed
        state.write_layers(exchanged(layers, path, replace(layer, **{name: value})))
        state.taken_by_control()
    except ValueError as problem:
        sentence = str(problem)
        state.say(f"{sentence[0].upper()}{sentence[1:]}")


def read_pair(text: str, label: str) -> int | tuple[int, int] | str | None:
    """3 → 3; 3 5, 3×5 and 3,5 → (3, 5); same → "same"; kernel → None (a pooling's stride that follows its kernel).

    Raises ValueError with a sentence for anything else.
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


def _by_hand(layer: Conv2d) -> None:
    """The way to the Convolution page with one kernel of this layer, where that page can show it."""
    kernel, stride, dilation = pair(layer.kernel_size), pair(layer.stride), pair(layer.dilation)
    padding = layer.padding if isinstance(layer.padding, str) else pair(layer.padding)
    square = all(isinstance(side, str) or side[0] == side[1] for side in (stride, dilation, padding))
    too_large = max(kernel) > 7 or max(stride) > 4 or max(dilation) > 3
    if not square or too_large or (not isinstance(padding, str) and max(padding) > 3):
        return
    size = min(12, max(dilation) * (max(kernel) - 1) + 4)
    query = {
        "convolution_input": format_planes(sources.draw("Random digits", (1, size, size))),
        "convolution_kernel": format_planes(sources.draw("Random digits", (1, *kernel), seed=1) - 4),
        "convolution_stride": str(stride[0]),
        "convolution_dilation": str(dilation[0]),
        "convolution_padding": padding if isinstance(padding, str) else str(padding[0]),
    }
    st.page_link(page("convolution"), label="Open in Convolution", icon=":material/grid_on:", query_params=query)


def _branches() -> None:
    """One branch more, or the last one away."""
    st.button("Add a branch", key="designer_branch", on_click=_branch, args=(True,))
    st.button("Remove the last branch", key="designer_unbranch", on_click=_branch, args=(False,))


def _branch(more: bool) -> None:
    layers = state.current().layers
    path = state.chosen(state.current())
    block = layer_at(layers, path) if path else None
    if path is None or not isinstance(block, Branches):
        return
    branches = (*block.branches, (Conv2d(8, 1),)) if more else block.branches[:-1]
    try:
        state.write_layers(exchanged(layers, path, Branches(branches)))
    except ValueError as problem:
        state.say(str(problem))


def add_form(draft: Draft, lines: list[Line]) -> None:
    """A new layer: which kind, and where."""
    path = state.chosen(draft)
    chosen = next((line for line in lines if line.path == path), None)
    st.selectbox("New layer", list(KINDS), key=KIND)
    if chosen is not None:
        inside = [f"{INSIDE}{name}" for name in part_names(chosen.layer)]
        st.selectbox("Where", [AFTER, BEFORE, *inside], key=WHERE)
    st.button("Add layer", icon=":material/add:", key="designer_add", on_click=_add, width="stretch")


def _add() -> None:
    draft, kind, where = state.current(), st.session_state[KIND], st.session_state.get(WHERE, AFTER)
    path = state.chosen(draft)
    if path is None:
        state.add(new_layer(kind, draft.input_shape[0]), (0,))
        return
    chosen = next(line for line in examine(draft) if line.path == path)
    out = chosen.row.output_shape if chosen.row else chosen.input_shape
    into = out if where == AFTER else chosen.input_shape
    layer = new_layer(kind, into[0] if into else 1)
    names = part_names(chosen.layer)
    if where.removeprefix(INSIDE) in names:
        state.add(layer, (*path, names.index(where.removeprefix(INSIDE)), LAST_PLACE))
    else:
        state.add(layer, (*path[:-1], path[-1] + (where != BEFORE)))


def new_layer(kind: str, channels: int) -> Layer:
    """A layer of a kind with usual settings."""
    make = FIRST.get(kind)
    return make(min(channels, 4096)) if make else KINDS[kind]()

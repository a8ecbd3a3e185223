"""The settings of the chosen layer, and new layers."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from cnn_core import sources
from cnn_core.matrices import format_planes
from cnn_core.spec.blocks import KINDS, Branches, Residual, part_names
from cnn_core.spec.draft import Draft, Line, Path, exchanged, layer_at
from cnn_core.spec.layers import (
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
from pages.shared.designer import draft as state
from pages.shared.lesson import note
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
ACTIONS = (
    ("up", "arrow_upward", "Up"),
    ("down", "arrow_downward", "Down"),
    ("duplicate", "content_copy", "Twice"),
    ("delete", "delete", "Delete"),
)
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


def layer_form(draft: Draft, lines: list[Line]) -> None:
    """What the chosen layer is set to."""
    path = state.chosen(draft)
    if path is None:
        note("There is no layer yet: add one.")
        return
    line = next(line for line in lines if line.path == path)
    st.markdown(f"**{line.name}** · {type(line.layer).__name__}")
    if isinstance(line.layer, Branches):
        _branches(line)
    elif not isinstance(line.layer, Residual):
        for field in fields(line.layer):
            _control(line, field.name)
        if not fields(line.layer):
            note("Nothing to set.")
    words = state.as_words(path)
    with st.container(horizontal=True, gap="small"):
        for what, icon, label in ACTIONS:
            st.button(label, icon=f":material/{icon}:", key=f"designer_{what}", on_click=state.act, args=(what, words))
    if isinstance(line.layer, Conv2d):
        _by_hand(line.layer)
    if line.input_shape:
        note(f"Takes {' × '.join(map(str, line.input_shape))}.")


def _control(line: Line, name: str) -> None:
    """One setting; what is typed is checked when it is taken."""
    value = getattr(line.layer, name)
    key = f"designer_{name}"
    arguments: dict[str, Any] = {"key": key, "on_change": _take, "args": (line.path, name)}
    label = LABELS.get(name, name)
    if isinstance(value, bool):
        st.session_state[key] = value
        st.toggle(label, **arguments)
    elif name in PAIRS:
        typed = st.session_state.pop("designer_typed", None) if st.session_state.get("designer_wrong") == name else None
        st.session_state[key] = typed if typed is not None else _words(value)
        st.text_input(label, help="One number, or two for height and width: 3 or 3 5.", **arguments)
    elif isinstance(value, int):
        st.session_state[key] = value
        st.number_input(label, 1, 65_536, **arguments)
    else:
        st.session_state[key] = float(value)
        st.number_input(label, 0.0, 100.0 if name == "alpha" else 1.0, step=0.05, format="%g", **arguments)


def _words(value: Any) -> str:
    if value is None:
        return "kernel"
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _take(path: Path, name: str) -> None:
    """A setting was changed: taken if the layer can have it, else said why not."""
    typed = st.session_state[f"designer_{name}"]
    layers = state.current().layers
    try:
        layer = layer_at(layers, path)
        value = read_pair(typed, LABELS[name]) if isinstance(typed, str) else typed
        state.write_layers(exchanged(layers, path, replace(layer, **{name: value})))
        st.session_state.pop("designer_wrong", None)
    except ValueError as problem:
        sentence = str(problem)
        st.session_state["designer_typed"], st.session_state["designer_wrong"] = typed, name
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
    st.page_link(page("convolution"), label="Step through it by hand", icon=":material/grid_on:", query_params=query)


def _branches(line: Line) -> None:
    """One branch more, or the last one away."""
    block = line.layer
    assert isinstance(block, Branches)

    def take(branches: tuple[tuple[Layer, ...], ...]) -> None:
        try:
            state.write_layers(exchanged(state.current().layers, line.path, Branches(branches)))
        except ValueError as problem:
            state.say(str(problem))

    st.button("Add a branch", key="designer_branch", on_click=take, args=((*block.branches, (Conv2d(8, 1),)),))
    st.button("Remove the last branch", key="designer_unbranch", on_click=take, args=(block.branches[:-1],))


def add_form(draft: Draft, lines: list[Line]) -> None:
    """A new layer: which kind, and where."""
    path = state.chosen(draft)
    chosen = next((line for line in lines if line.path == path), None)
    kind = st.selectbox("New layer", list(KINDS), key="designer_kind")
    places = ["After it", "Before it"]
    if chosen is not None:
        places += [f"Inside, at the end of its {name}" for name in part_names(chosen.layer)]
    where = st.selectbox("Where", places, key="designer_where") if chosen is not None else places[0]
    st.button(
        "Add layer",
        icon=":material/add:",
        key="designer_add",
        on_click=_add,
        args=(kind, chosen, places.index(where)),
        width="stretch",
    )


def _add(kind: str, chosen: Line | None, place: int) -> None:
    if chosen is None:
        state.add(new_layer(kind, 1), (0,))
        return
    out = chosen.row.output_shape if chosen.row else chosen.input_shape
    into = chosen.input_shape if place else out
    layer = new_layer(kind, into[0] if into else 1)
    if place >= 2:
        inside = (*chosen.path, place - 2, 99_999)
        state.add(layer, inside)
        return
    state.add(layer, (*chosen.path[:-1], chosen.path[-1] + (place == 0)))


def new_layer(kind: str, channels: int) -> Layer:
    """A layer of a kind with usual settings."""
    make = FIRST.get(kind)
    return make(min(channels, 4096)) if make else KINDS[kind]()

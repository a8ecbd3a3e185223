"""A network being designed: it may not fit together yet, and then each layer says what is wrong with it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from cnn_core.geometry import ReceptiveField
from cnn_core.networks.blocks import block_parts, part_names, with_parts
from cnn_core.networks.layers import Fields, Layer, Shape
from cnn_core.networks.spec import (
    MAX_PARAMETERS,
    NetworkSpec,
    Row,
    joined_shape,
    layer_to_dict,
    name_layers,
    parse_network,
    summarise_layer,
    too_heavy_message,
)

LayerPath = tuple[int, ...]
"""Position of a layer: its index in the network; inside a block, the block's path, the part, the index in the part."""

Layers = tuple[Layer, ...]


@dataclass(frozen=True)
class Draft:
    """A network while it is designed: `input_shape` is (C, H, W); its layers may not fit together yet."""

    name: str
    input_shape: tuple[int, int, int]
    layers: Layers

    def to_json(self) -> str:
        """Return the draft as JSON; that of a finished draft is read by `NetworkSpec.from_json` too."""
        layers = [layer_to_dict(layer) for layer in self.layers]
        return json.dumps({"name": self.name, "input_shape": self.input_shape, "layers": layers}, ensure_ascii=False)

    def to_spec(self) -> NetworkSpec:
        """Return the network. Raises ValueError with the sentence of `examine_draft` when its layers do not fit."""
        return NetworkSpec(self.name, self.input_shape, self.layers)


def read_draft(text: str) -> Draft:
    """Read the JSON of a draft, whether its layers fit together or not.

    Raises ValueError with a sentence for anything else: invalid JSON, unknown layers, settings out of range.
    """
    return Draft(*parse_network(text))


@dataclass(frozen=True)
class _Placed:
    """A layer in the designer's table: at its `path`, `depth` blocks deep; `problem` says what is wrong with it.

    A block's line stands before those of its layers and counts none of them; `part` is the name of the block's part in
    which the layer stands, empty outside of blocks.
    """

    path: LayerPath
    depth: int
    name: str
    layer: Layer
    part: str


@dataclass(frozen=True)
class ResolvedLine(_Placed):
    """A layer that fits its input of `input_shape`: its row of the table, and jump and centre of its first unit.

    `input_fields` are the receptive fields of what goes in.
    """

    input_shape: Shape
    row: Row
    jump: tuple[int, int]
    centre: tuple[float, float]
    input_fields: Fields
    problem: str = ""


@dataclass(frozen=True)
class UnresolvedLine(_Placed):
    """A layer without a row: it does not fit its input (`problem` says why), or nothing reaches it.

    `input_shape` is None when nothing reaches it.
    """

    input_shape: Shape | None
    problem: str = ""


LayerLine = ResolvedLine | UnresolvedLine
"""A line of the designer's table."""


@dataclass(frozen=True)
class _LayerInput:
    shape: Shape
    fields: Fields


def examine_draft(draft: Draft) -> list[LayerLine]:
    """Return a line for every layer, in order; the first that does not fit carries the sentence that says why.

    >>> from cnn_core.networks import Flatten, Linear, ReLU
    >>> draft = Draft("Unfinished", (1, 8, 8), (Linear(10), Flatten(), ReLU()))
    >>> [bool(line.problem) for line in examine_draft(draft)]  # the linear layer needs flat input
    [True, False, False]
    """
    start = _LayerInput(draft.input_shape, (ReceptiveField(), ReceptiveField()))
    lines, _ = _examine_layers(draft.layers, start, (), "", "")
    counts = [line.row.parameters if isinstance(line, ResolvedLine) else 0 for line in lines]
    if sum(counts) > MAX_PARAMETERS:
        heaviest = counts.index(max(counts))
        lines[heaviest] = replace(lines[heaviest], problem=too_heavy_message(sum(counts)))
    return lines


def _examine_layers(
    layers: Layers, layer_input: _LayerInput | None, path: LayerPath, prefix: str, part: str
) -> tuple[list[LayerLine], _LayerInput | None]:
    found: list[LayerLine] = []
    for place, (name, layer) in enumerate(name_layers(layers)):
        here, full = (*path, place), prefix + name
        if block_parts(layer):
            block, layer_input = _examine_block(layer, layer_input, here, full, part)
            found += block
        else:
            line, layer_input = _examine_layer(layer, layer_input, here, full, part)
            found.append(line)
    return found, layer_input


def _examine_layer(
    layer: Layer, layer_input: _LayerInput | None, path: LayerPath, name: str, part: str
) -> tuple[LayerLine, _LayerInput | None]:
    depth = len(path) // 2
    if layer_input is None:
        return UnresolvedLine(path, depth, name, layer, part, None), None
    try:
        row, shape, fields = summarise_layer(layer, layer_input.shape, layer_input.fields, name)
    except ValueError as error:
        return UnresolvedLine(path, depth, name, layer, part, layer_input.shape, str(error)), None
    jump, centre = (fields[0].jump, fields[1].jump), (fields[0].centre, fields[1].centre)
    line = ResolvedLine(path, depth, name, layer, part, layer_input.shape, row, jump, centre, layer_input.fields)
    return line, _LayerInput(shape, fields)


def _examine_block(
    block: Layer, layer_input: _LayerInput | None, path: LayerPath, name: str, part: str
) -> tuple[list[LayerLine], _LayerInput | None]:
    depth = len(path) // 2
    head = UnresolvedLine(path, depth, name, block, part, layer_input.shape if layer_input else None)
    inner: list[LayerLine] = []
    ends: list[_LayerInput | None] = []
    for index, (part_name, layers) in enumerate(zip(part_names(block), block_parts(block), strict=True)):
        lines, end = _examine_layers(layers, layer_input, (*path, index), f"{name}.{part_name}.", part_name)
        inner += lines
        ends.append(end)
    reached = [end for end in ends if end is not None]
    if layer_input is None or len(reached) < len(ends):
        return [head, *inner], None
    try:
        after = joined_shape(block, [end.shape for end in reached], name)
    except ValueError as error:
        return [replace(head, problem=str(error)), *inner], None
    height, width = (max((end.fields[axis] for end in reached), key=lambda field: field.size) for axis in (0, 1))
    row = Row(name, type(block).__name__, after, 0, 0, (height.size, width.size))
    jump, centre = (height.jump, width.jump), (height.centre, width.centre)
    line = ResolvedLine(path, depth, name, block, part, layer_input.shape, row, jump, centre, layer_input.fields)
    return [line, *inner], _LayerInput(after, (height, width))


def field_box(line: ResolvedLine, place: tuple[int, int]) -> tuple[int, int, int, int]:
    """Compute the pixels that the unit at `place` (row, column) sees by the formula of receptive fields.

    Returns the first row, one past the last, the first column, one past the last; they may lie beyond the image's edge.
    """
    box: list[int] = []
    for size, jump, centre, at in zip(line.row.receptive_field, line.jump, line.centre, place, strict=True):
        first = round(centre + at * jump - (size - 1) / 2)
        box += [first, first + size]
    return box[0], box[1], box[2], box[3]


def layer_at(layers: Layers, path: LayerPath) -> Layer:
    """Return the layer at a path. Raises ValueError when there is none."""
    if not path or not 0 <= path[0] < len(layers):
        raise ValueError(f"There is no layer at {path}.")
    layer = layers[path[0]]
    if len(path) == 1:
        return layer
    inside = block_parts(layer)
    if not 0 <= path[1] < len(inside):
        raise ValueError(f"There is no part {path[1]} at {path}.")
    return layer_at(inside[path[1]], path[2:])


def insert_layer(layers: Layers, path: LayerPath, layer: Layer) -> Layers:
    """Return the layers with `layer` inserted at `path`; an index beyond the end counts as the end."""
    return _change_row(layers, path, lambda row, place: (*row[:place], layer, *row[place:]))


def remove_layer(layers: Layers, path: LayerPath) -> Layers:
    """Return the layers without the one at `path`. Raises ValueError when its block needs it, or there is none."""
    layer_at(layers, path)
    return _change_row(layers, path, lambda row, place: (*row[:place], *row[place + 1 :]))


def exchange_layer(layers: Layers, path: LayerPath, layer: Layer) -> Layers:
    """Return the layers with `layer` in place of the one at `path`. Raises ValueError when there is none."""
    layer_at(layers, path)
    return _change_row(layers, path, lambda row, place: (*row[:place], layer, *row[place + 1 :]))


def duplicate_layer(layers: Layers, path: LayerPath) -> Layers:
    """Return the layers with the one at `path` repeated directly after it. Raises ValueError when there is none."""
    return insert_layer(layers, (*path[:-1], path[-1] + 1), layer_at(layers, path))


def move_layer(layers: Layers, path: LayerPath, offset: int) -> Layers:
    """Return the layers with the one at `path` moved by `offset` places within its row, at most to the row's end.

    A negative `offset` moves it towards the input. Raises ValueError when there is no layer at `path`.
    """
    layer = layer_at(layers, path)

    def move_in_row(row: Layers, place: int) -> Layers:
        rest = (*row[:place], *row[place + 1 :])
        target = min(max(place + offset, 0), len(rest))
        return (*rest[:target], layer, *rest[target:])

    return _change_row(layers, path, move_in_row)


def _change_row(layers: Layers, path: LayerPath, change: Callable[[Layers, int], Layers]) -> Layers:
    """Apply `change` to the row of layers in which `path` ends."""
    if len(path) == 1:
        return change(layers, min(max(path[0], 0), len(layers)))
    block = layer_at(layers, path[:1])
    inside = list(block_parts(block))
    if not 0 <= path[1] < len(inside):
        raise ValueError(f"There is no part {path[1]} at {path}.")
    inside[path[1]] = _change_row(inside[path[1]], path[2:], change)
    return (*layers[: path[0]], with_parts(block, tuple(inside)), *layers[path[0] + 1 :])

"""A network being designed: it may be wrong, and then it is said which layer is and what would mend it."""

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
"""Where a layer stands: its place in the network; inside a block, the block's path, the part, the place in it."""

Layers = tuple[Layer, ...]


@dataclass(frozen=True)
class Draft:
    """A network as it is being made: `input_shape` is (C, H, W); its layers may not fit together yet."""

    name: str
    input_shape: tuple[int, int, int]
    layers: Layers

    def to_json(self) -> str:
        """As `NetworkSpec.to_json`: a finished draft is read by `NetworkSpec.from_json`."""
        layers = [layer_to_dict(layer) for layer in self.layers]
        return json.dumps({"name": self.name, "input_shape": self.input_shape, "layers": layers}, ensure_ascii=False)

    def to_spec(self) -> NetworkSpec:
        """The network. Raises ValueError with the sentence of `examine_draft` when it is not one yet."""
        return NetworkSpec(self.name, self.input_shape, self.layers)


def read_draft(text: str) -> Draft:
    """Read what `to_json` wrote, whether its layers fit together or not.

    Raises ValueError with a sentence for anything else: bad JSON, unknown layers, settings out of range.
    """
    return Draft(*parse_network(text))


@dataclass(frozen=True)
class LayerLine:
    """A line of the designer: a layer at its `path`, `depth` blocks deep, what goes in and what is known of it.

    `row` is None for a layer that nothing reaches because one before it does not fit; `problem` is the sentence of the
    one that does not. A block's line stands before those of its layers and counts none of them; `part` is the name of
    the part in which the layer stands, empty outside of blocks; `input_fields` are the receptive fields of what goes
    in.
    """

    path: LayerPath
    depth: int
    name: str
    layer: Layer
    part: str
    input_shape: Shape | None
    row: Row | None
    problem: str = ""
    jump: tuple[int, int] = (1, 1)
    centre: tuple[float, float] = (0.0, 0.0)
    input_fields: Fields = (ReceptiveField(), ReceptiveField())


@dataclass(frozen=True)
class _LayerInput:
    shape: Shape
    fields: Fields


def examine_draft(draft: Draft) -> list[LayerLine]:
    """A line for every layer, in order; the first that does not fit carries the sentence."""
    start = _LayerInput(draft.input_shape, (ReceptiveField(), ReceptiveField()))
    lines, _ = _examine_layers(draft.layers, start, (), "", "")
    total = sum(map(_parameter_count, lines))
    if total > MAX_PARAMETERS and lines:
        heaviest = max(range(len(lines)), key=lambda i: _parameter_count(lines[i]))
        lines[heaviest] = replace(lines[heaviest], problem=lines[heaviest].problem or too_heavy_message(total))
    return lines


def _parameter_count(line: LayerLine) -> int:
    return line.row.parameters if line.row else 0


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
        return LayerLine(path, depth, name, layer, part, None, None), None
    try:
        row, shape, fields = summarise_layer(layer, layer_input.shape, layer_input.fields, name)
    except ValueError as error:
        return LayerLine(path, depth, name, layer, part, layer_input.shape, None, _as_sentence(error)), None
    jump, centre = (fields[0].jump, fields[1].jump), (fields[0].centre, fields[1].centre)
    line = LayerLine(path, depth, name, layer, part, layer_input.shape, row, "", jump, centre, layer_input.fields)
    return line, _LayerInput(shape, fields)


def _examine_block(
    block: Layer, layer_input: _LayerInput | None, path: LayerPath, name: str, part: str
) -> tuple[list[LayerLine], _LayerInput | None]:
    head = LayerLine(path, len(path) // 2, name, block, part, layer_input.shape if layer_input else None, None)
    inner: list[LayerLine] = []
    ends: list[_LayerInput | None] = []
    for index, (part_name, layers) in enumerate(zip(part_names(block), block_parts(block), strict=True)):
        lines, end = _examine_layers(layers, layer_input, (*path, index), f"{name}.{part_name}.", part_name)
        inner += lines
        ends.append(end)
    reached = [end for end in ends if end is not None]
    if len(reached) < len(ends):
        return [head, *inner], None
    try:
        after = joined_shape(block, [end.shape for end in reached], name)
    except ValueError as error:
        return [replace(head, problem=_as_sentence(error)), *inner], None
    height, width = (max((end.fields[axis] for end in reached), key=lambda field: field.size) for axis in (0, 1))
    row = Row(name, type(block).__name__, after, 0, 0, (height.size, width.size))
    jump, centre = (height.jump, width.jump), (height.centre, width.centre)
    return [replace(head, row=row, jump=jump, centre=centre), *inner], _LayerInput(after, (height, width))


def _as_sentence(error: ValueError) -> str:
    text = str(error).rstrip(".")
    return f"{text[0].upper()}{text[1:]}."


def field_box(line: LayerLine, place: tuple[int, int]) -> tuple[int, int, int, int]:
    """The pixels that the unit at `place` (row, column) of a line sees by the formula, beyond the edges too.

    First row, one past the last, first column, one past the last. Raises ValueError for a line that is not reached.
    """
    if line.row is None:
        raise ValueError(f"{line.name} is not reached: its receptive field is not known.")
    box: list[int] = []
    for size, jump, centre, at in zip(line.row.receptive_field, line.jump, line.centre, place, strict=True):
        first = round(centre + at * jump - (size - 1) / 2)
        box += [first, first + size]
    return box[0], box[1], box[2], box[3]


def layer_at(layers: Layers, path: LayerPath) -> Layer:
    """The layer at a path. Raises ValueError when there is none."""
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
    """With `layer` at `path`, those from there on one place later; a place beyond the end is the end."""
    return _change_row(layers, path, lambda row, place: (*row[:place], layer, *row[place:]))


def remove_layer(layers: Layers, path: LayerPath) -> Layers:
    """Without the layer at `path`. Raises ValueError when a block would be left that cannot be."""
    layer_at(layers, path)
    return _change_row(layers, path, lambda row, place: (*row[:place], *row[place + 1 :]))


def exchange_layer(layers: Layers, path: LayerPath, layer: Layer) -> Layers:
    """With `layer` in place of the one at `path`."""
    layer_at(layers, path)
    return _change_row(layers, path, lambda row, place: (*row[:place], layer, *row[place + 1 :]))


def duplicate_layer(layers: Layers, path: LayerPath) -> Layers:
    """With the layer at `path` a second time, behind itself."""
    return insert_layer(layers, (*path[:-1], path[-1] + 1), layer_at(layers, path))


def move_layer(layers: Layers, path: LayerPath, offset: int) -> Layers:
    """With the layer at `path` `offset` places later among its neighbours, or earlier if negative, within bounds."""
    layer = layer_at(layers, path)

    def move_in_row(row: Layers, place: int) -> Layers:
        rest = (*row[:place], *row[place + 1 :])
        target = min(max(place + offset, 0), len(rest))
        return (*rest[:target], layer, *rest[target:])

    return _change_row(layers, path, move_in_row)


def _change_row(layers: Layers, path: LayerPath, change: Callable[[Layers, int], Layers]) -> Layers:
    """`change` applied to the row of layers in which `path` ends."""
    if len(path) == 1:
        return change(layers, min(max(path[0], 0), len(layers)))
    block = layer_at(layers, path[:1])
    inside = list(block_parts(block))
    if not 0 <= path[1] < len(inside):
        raise ValueError(f"There is no part {path[1]} at {path}.")
    inside[path[1]] = _change_row(inside[path[1]], path[2:], change)
    return (*layers[: path[0]], with_parts(block, tuple(inside)), *layers[path[0] + 1 :])

"""A network being designed: it may be wrong, and then it is said which layer is and what would mend it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from cnn_core.geometry import ReceptiveField
from cnn_core.networks.blocks import part_names, parts, with_parts
from cnn_core.networks.layers import Fields, Layer, Shape
from cnn_core.networks.spec import (
    MAX_PARAMETERS,
    NetworkSpec,
    Row,
    as_data,
    joined,
    named,
    parse_network,
    row_of,
    too_heavy,
)

Path = tuple[int, ...]
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
        layers = [as_data(layer) for layer in self.layers]
        return json.dumps({"name": self.name, "input_shape": self.input_shape, "layers": layers}, ensure_ascii=False)

    def finished(self) -> NetworkSpec:
        """The network. Raises ValueError with the sentence of `examine` when it is not one yet."""
        return NetworkSpec(self.name, self.input_shape, self.layers)


def read_draft(text: str) -> Draft:
    """Read what `to_json` wrote, whether its layers fit together or not.

    Raises ValueError with a sentence for anything else: bad JSON, unknown layers, settings out of range.
    """
    return Draft(*parse_network(text))


@dataclass(frozen=True)
class Line:
    """A line of the designer: a layer at its `path`, `depth` blocks deep, what goes in and what is known of it.

    `row` is None for a layer that nothing reaches because one before it does not fit; `problem` is the sentence of the
    one that does not. A block's line stands before those of its layers and counts none of them; `part` is the name of
    the part in which the layer stands, empty outside of blocks; `fed_by` are the receptive fields of what goes in.
    """

    path: Path
    depth: int
    name: str
    layer: Layer
    part: str
    input_shape: Shape | None
    row: Row | None
    problem: str = ""
    jump: tuple[int, int] = (1, 1)
    centre: tuple[float, float] = (0.0, 0.0)
    fed_by: Fields = (ReceptiveField(), ReceptiveField())


@dataclass(frozen=True)
class _State:
    shape: Shape
    fields: Fields


def examine(draft: Draft) -> list[Line]:
    """A line for every layer, in order; the first that does not fit carries the sentence."""
    start = _State(draft.input_shape, (ReceptiveField(), ReceptiveField()))
    lines, _ = _lines(draft.layers, start, (), "", "")
    total = sum(map(_parameters, lines))
    if total > MAX_PARAMETERS and lines:
        heaviest = max(range(len(lines)), key=lambda i: _parameters(lines[i]))
        lines[heaviest] = replace(lines[heaviest], problem=lines[heaviest].problem or too_heavy(total))
    return lines


def _parameters(line: Line) -> int:
    return line.row.parameters if line.row else 0


def _lines(
    layers: Layers, state: _State | None, path: Path, prefix: str, part: str
) -> tuple[list[Line], _State | None]:
    found: list[Line] = []
    for place, (name, layer) in enumerate(named(layers)):
        here, full = (*path, place), prefix + name
        if parts(layer):
            block, state = _block(layer, state, here, full, part)
            found += block
        else:
            line, state = _line(layer, state, here, full, part)
            found.append(line)
    return found, state


def _line(layer: Layer, state: _State | None, path: Path, name: str, part: str) -> tuple[Line, _State | None]:
    depth = len(path) // 2
    if state is None:
        return Line(path, depth, name, layer, part, None, None), None
    try:
        row, shape, fields = row_of(layer, state.shape, state.fields, name)
    except ValueError as error:
        return Line(path, depth, name, layer, part, state.shape, None, _sentence(error)), None
    jump, centre = (fields[0].jump, fields[1].jump), (fields[0].centre, fields[1].centre)
    line = Line(path, depth, name, layer, part, state.shape, row, "", jump, centre, state.fields)
    return line, _State(shape, fields)


def _block(block: Layer, state: _State | None, path: Path, name: str, part: str) -> tuple[list[Line], _State | None]:
    head = Line(path, len(path) // 2, name, block, part, state.shape if state else None, None)
    inner: list[Line] = []
    ends: list[_State | None] = []
    for index, (part_name, layers) in enumerate(zip(part_names(block), parts(block), strict=True)):
        lines, end = _lines(layers, state, (*path, index), f"{name}.{part_name}.", part_name)
        inner += lines
        ends.append(end)
    reached = [end for end in ends if end is not None]
    if len(reached) < len(ends):
        return [head, *inner], None
    try:
        after = joined(block, [end.shape for end in reached], name)
    except ValueError as error:
        return [replace(head, problem=_sentence(error)), *inner], None
    height, width = (max((end.fields[axis] for end in reached), key=lambda field: field.size) for axis in (0, 1))
    row = Row(name, type(block).__name__, after, 0, 0, (height.size, width.size))
    jump, centre = (height.jump, width.jump), (height.centre, width.centre)
    return [replace(head, row=row, jump=jump, centre=centre), *inner], _State(after, (height, width))


def _sentence(error: ValueError) -> str:
    text = str(error).rstrip(".")
    return f"{text[0].upper()}{text[1:]}."


def field_box(line: Line, place: tuple[int, int]) -> tuple[int, int, int, int]:
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


def layer_at(layers: Layers, path: Path) -> Layer:
    """The layer at a path. Raises ValueError when there is none."""
    if not path or not 0 <= path[0] < len(layers):
        raise ValueError(f"There is no layer at {path}.")
    layer = layers[path[0]]
    if len(path) == 1:
        return layer
    inside = parts(layer)
    if not 0 <= path[1] < len(inside):
        raise ValueError(f"There is no part {path[1]} at {path}.")
    return layer_at(inside[path[1]], path[2:])


def inserted(layers: Layers, path: Path, layer: Layer) -> Layers:
    """With `layer` at `path`, those from there on one place later; a place beyond the end is the end."""
    return _changed(layers, path, lambda row, place: (*row[:place], layer, *row[place:]))


def removed(layers: Layers, path: Path) -> Layers:
    """Without the layer at `path`. Raises ValueError when a block would be left that cannot be."""
    layer_at(layers, path)
    return _changed(layers, path, lambda row, place: (*row[:place], *row[place + 1 :]))


def exchanged(layers: Layers, path: Path, layer: Layer) -> Layers:
    """With `layer` in place of the one at `path`."""
    layer_at(layers, path)
    return _changed(layers, path, lambda row, place: (*row[:place], layer, *row[place + 1 :]))


def duplicated(layers: Layers, path: Path) -> Layers:
    """With the layer at `path` a second time, behind itself."""
    return inserted(layers, (*path[:-1], path[-1] + 1), layer_at(layers, path))


def moved(layers: Layers, path: Path, by: int) -> Layers:
    """With the layer at `path` `by` places later among its neighbours, or earlier if negative, as far as it goes."""
    layer = layer_at(layers, path)

    def move(row: Layers, place: int) -> Layers:
        rest = (*row[:place], *row[place + 1 :])
        target = min(max(place + by, 0), len(rest))
        return (*rest[:target], layer, *rest[target:])

    return _changed(layers, path, move)


def _changed(layers: Layers, path: Path, change: Callable[[Layers, int], Layers]) -> Layers:
    """`change` applied to the row of layers in which `path` ends."""
    if len(path) == 1:
        return change(layers, min(max(path[0], 0), len(layers)))
    block = layer_at(layers, path[:1])
    inside = list(parts(block))
    if not 0 <= path[1] < len(inside):
        raise ValueError(f"There is no part {path[1]} at {path}.")
    inside[path[1]] = _changed(inside[path[1]], path[2:], change)
    return (*layers[: path[0]], with_parts(block, tuple(inside)), *layers[path[0] + 1 :])

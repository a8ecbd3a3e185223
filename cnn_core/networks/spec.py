"""NetworkSpec: the one description of a network, from which its table, its JSON and its torch module are made."""

import json
from collections import Counter
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from cnn_core.checks import whole
from cnn_core.geometry import ReceptiveField
from cnn_core.networks.blocks import KINDS, Branches, Residual, block_parts, part_names, stacked_shape
from cnn_core.networks.layers import Fields, Layer, Linear, Shape
from cnn_core.words import format_memory, format_shape

if TYPE_CHECKING:
    from torch import nn

# Limits for networks that come from a link or a file.
MAX_LAYERS = 1_000
"""Layers in all, those in blocks included; ResNet-152 has about 500."""
MAX_DEPTH = 4
"""Blocks inside each other: functions call themselves for each."""
MAX_BRANCHES = 16
"""Branches of one block."""
MAX_TEXT = 200_000
"""Characters of JSON or source: MAX_LAYERS layers with all their settings."""
MAX_NAME = 100
"""Characters of a network's name."""
MAX_PARAMETERS = 1_000_000_000
"""About 4 GB of weights."""
MAX_LAYER_VALUES = 2**28
"""Values of one layer's output for one image: 1 GB."""
MAX_IMAGE_SIDE = 4_096
"""Largest number of channels, rows or columns of the input."""


@dataclass(frozen=True)
class Row:
    """One line of a network's table.

    `name` is the submodule's name in the built module ("block1.body.conv1"); `output_shape` is without the batch;
    `parameters` and `macs` (for one image) are those of the layer alone, so that the rows sum to the totals;
    `receptive_field` is (height, width) in input cells, not clipped to the image.

    >>> from cnn_core.networks import preset
    >>> preset("Tiny CNN").summary()[0]
    Row(name='conv1', kind='Conv2d', output_shape=(16, 8, 8), parameters=160, macs=9216, receptive_field=(3, 3))
    """

    name: str
    kind: str
    output_shape: Shape
    parameters: int
    macs: int
    receptive_field: tuple[int, int]


def check_input_shape(shape: Any) -> tuple[int, int, int]:
    """Return `shape` as (C, H, W). Raises ValueError with a sentence unless it is three whole numbers in range."""
    if not isinstance(shape, list | tuple) or len(shape) != 3:
        raise ValueError(f"The input shape is {shape!r:.60}: it must be (channels, height, width).")
    channels, height, width = (whole("input_shape", size, 1, MAX_IMAGE_SIDE) for size in shape)
    return channels, height, width


@dataclass(frozen=True)
class NetworkSpec:
    """A network as a value; `input_shape` is (C, H, W). Making one checks that every layer fits its input.

    Raises ValueError with a sentence that begins with the layer's name when one does not fit.

    >>> from cnn_core.networks import Conv2d, Flatten, ReLU
    >>> spec = NetworkSpec("Small", (1, 8, 8), (Conv2d(4, 3), ReLU(), Flatten(), Linear(10)))
    >>> spec.output_shape, spec.total_parameters, [row.name for row in spec.summary()]
    ((10,), 1490, ['conv1', 'relu1', 'flatten', 'fc1'])
    """

    name: str
    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or len(self.name) > MAX_NAME:
            raise ValueError(f"The name is {self.name!r:.60}: it must be a text of at most {MAX_NAME} characters.")
        object.__setattr__(self, "input_shape", check_input_shape(self.input_shape))
        object.__setattr__(self, "layers", tuple(self.layers))
        _check_layers(self.layers)
        if self.total_parameters > MAX_PARAMETERS:
            raise ValueError(too_heavy_message(self.total_parameters))

    @cached_property
    def _rows(self) -> tuple[Row, ...]:
        start = (ReceptiveField(), ReceptiveField())
        return tuple(_summarise_layers(self.layers, self.input_shape, start, "")[0])

    def summary(self) -> list[Row]:
        """Return a row for every layer in the order in which they run, blocks after their layers."""
        return list(self._rows)

    @property
    def total_parameters(self) -> int:
        """All learned parameters: `sum(p.numel() for p in module.parameters())` of the built module."""
        return sum(row.parameters for row in self._rows)

    @property
    def total_macs(self) -> int:
        """Multiply–accumulates for one image."""
        return sum(row.macs for row in self._rows)

    @property
    def output_shape(self) -> Shape:
        """Shape of the network's output for one image."""
        return self._rows[-1].output_shape

    @property
    def classes(self) -> int:
        """Outputs of the last linear layer. Raises ValueError when there is none."""
        for layer in reversed(self.layers):
            if isinstance(layer, Linear):
                return layer.units
        raise ValueError(f"{self.name} has no linear layer, so it has no classes: end it with one.")

    def build(self, seed: int | None = None) -> "nn.Module":
        """Build a torch module that takes (N, C, H, W) and returns logits (no softmax), initialised as torch does.

        With a `seed` the weights are reproducible and torch's global random state is not changed.
        Raises ValueError with the estimate, before anything is allocated, when the weights do not fit into memory.
        """
        from cnn_core.networks.memory import check_free_memory, parameter_mb  # imports this module
        from cnn_core.networks.torch_modules import build_module  # imports torch, which takes seconds

        check_free_memory(self.name, parameter_mb(self))
        return build_module(self.layers, self.input_shape, seed)

    def to_code(self, seed: int = 0) -> str:
        """Return a Python file that makes this network without CNN Lab; see `cnn_core.networks.export.to_source`."""
        from cnn_core.networks.export import to_source  # imports this module

        return to_source(self, seed)

    def to_json(self) -> str:
        """Return the network as JSON, without fields that have their defaults; `from_json` reads it back equal."""
        layers = [layer_to_dict(layer) for layer in self.layers]
        return json.dumps({"name": self.name, "input_shape": self.input_shape, "layers": layers}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "NetworkSpec":
        """Read the JSON of `to_json`. Raises ValueError with a sentence for anything else, however hostile."""
        return cls(*parse_network(text))


def parse_network(text: str) -> tuple[str, tuple[int, int, int], tuple[Layer, ...]]:
    """Read name, input shape and layers from a network's JSON, whether the layers fit together or not.

    Raises ValueError with a sentence for anything else: invalid JSON, unknown layers, settings out of range.
    """
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise ValueError(f"The network's JSON must be a text of at most {MAX_TEXT:,} characters.")
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("This is no network: its JSON is nested too deeply.") from None
    except ValueError as error:
        raise ValueError(f"This is not valid JSON: {error}.") from None
    if not isinstance(data, dict) or set(data) != {"name", "input_shape", "layers"}:
        raise ValueError("This is no network: the JSON must be an object with name, input_shape and layers.")
    if not isinstance(data["name"], str) or len(data["name"]) > MAX_NAME:
        raise ValueError(f"The name must be a text of at most {MAX_NAME} characters.")
    return data["name"], check_input_shape(data["input_shape"]), parse_layers(data["layers"], 0)


def too_heavy_message(parameters: int) -> str:
    """Say that a network has more than MAX_PARAMETERS."""
    size = format_memory(4 * parameters, 1)
    return f"The network has {parameters:,} parameters, {size}: at most {MAX_PARAMETERS:,} fit."


def adapt_to_data(spec: NetworkSpec, input_shape: tuple[int, int, int], classes: int) -> NetworkSpec:
    """Return the network for images of another shape (C, H, W), its last layer with a unit for each of the `classes`.

    Raises ValueError with a sentence when the layers do not fit such images, or do not end in a linear layer.

    >>> from cnn_core.networks import preset
    >>> adapt_to_data(preset("Tiny CNN"), (3, 32, 32), 100).output_shape
    (100,)
    """
    last = spec.layers[-1]
    if not isinstance(last, Linear):
        raise ValueError("The network must end in a linear layer, whose outputs are the classes.")
    return NetworkSpec(spec.name, input_shape, (*spec.layers[:-1], replace(last, units=classes)))


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """Return a layer as data for JSON: its kind and the fields that differ from their defaults."""
    data: dict[str, Any] = {"kind": type(layer).__name__}
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.default is not MISSING and value == field.default:
            continue
        data[field.name] = _part_to_list(value) if block_parts(layer) else value
    return data


def _part_to_list(value: Any) -> Any:
    """Return the content of a block, layers or rows of layers, as data for JSON."""
    return [layer_to_dict(inner) if isinstance(inner, Layer) else _part_to_list(inner) for inner in value]


def parse_layers(data: Any, depth: int) -> tuple[Layer, ...]:
    """Read layers from JSON data. Raises ValueError unless it is a list of layers, limited in depth and number."""
    if not isinstance(data, list) or len(data) > MAX_LAYERS:
        raise ValueError(f"The layers must be a list of at most {MAX_LAYERS} layers.")
    if depth > MAX_DEPTH:
        raise ValueError(f"Blocks are nested more than {MAX_DEPTH} deep.")
    return tuple(_parse_layer(item, depth) for item in data)


def _parse_layer(data: Any, depth: int) -> Layer:
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str) or data["kind"] not in KINDS:
        raise ValueError(f"{data!r:.60} is no layer: it must be an object whose kind is one of {', '.join(KINDS)}.")
    kind = KINDS[data["kind"]]
    values = {name: value for name, value in data.items() if name != "kind"}
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(f"{data['kind']} has no field {unknown[0]!r:.60}: it has {', '.join(known) or 'none'}.")
    missing = [name for name, field in known.items() if field.default is MISSING and name not in values]
    if missing:
        raise ValueError(f"{data['kind']} lacks its field {missing[0]}.")
    if kind is Residual:
        values = {name: parse_layers(value, depth + 1) for name, value in values.items()}
    if kind is Branches:
        values["branches"] = _parse_branches(values["branches"], depth + 1)
    return kind(**values)


def _parse_branches(data: Any, depth: int) -> tuple[tuple[Layer, ...], ...]:
    if not isinstance(data, list) or len(data) > MAX_BRANCHES:
        raise ValueError(f"The branches must be a list of at most {MAX_BRANCHES} lists of layers.")
    return tuple(parse_layers(branch, depth) for branch in data)


def _check_layers(layers: tuple[Layer, ...]) -> None:
    """Raise ValueError unless there is at least one layer, all are layers, and there are not too many."""
    if not layers:
        raise ValueError("The list of layers is empty: a network needs at least one layer.")
    count = 0
    waiting = [(layer, 0) for layer in layers]
    while waiting:
        layer, depth = waiting.pop()
        count += 1
        if not isinstance(layer, Layer):
            raise ValueError(f"The list of layers holds {layer!r:.60}: it must hold layers such as Conv2d only.")
        if count > MAX_LAYERS or depth > MAX_DEPTH:
            raise ValueError(f"The network is too big: at most {MAX_LAYERS} layers, nested at most {MAX_DEPTH} deep.")
        waiting += [(inner, depth + 1) for part in block_parts(layer) for inner in part]


def name_layers(layers: tuple[Layer, ...]) -> list[tuple[str, Layer]]:
    """Return the layers with their names in the module: prefix and number, or "flatten" for the only flatten."""
    totals = Counter(layer.prefix for layer in layers)
    seen: Counter[str] = Counter()
    result = []
    for layer in layers:
        seen[layer.prefix] += 1
        alone = layer.prefix == "flatten" and totals["flatten"] == 1
        result.append((layer.prefix if alone else f"{layer.prefix}{seen[layer.prefix]}", layer))
    return result


def _summarise_layers(
    layers: tuple[Layer, ...], shape: Shape, receptive_fields: Fields, path: str
) -> tuple[list[Row], Shape, Fields]:
    """Return rows of the layers, and the shape and the receptive fields after the last one."""
    rows: list[Row] = []
    for name, layer in name_layers(layers):
        if block_parts(layer):
            inner, shape, receptive_fields = _summarise_block(layer, shape, receptive_fields, path + name)
            rows += inner
            continue
        row, shape, receptive_fields = summarise_layer(layer, shape, receptive_fields, path + name)
        rows.append(row)
    return rows, shape, receptive_fields


def summarise_layer(layer: Layer, shape: Shape, receptive_fields: Fields, name: str) -> tuple[Row, Shape, Fields]:
    """Return the row of a plain layer, and the shape and the receptive fields after it.

    Raises ValueError that begins with `name` when `shape` does not fit, or the output is too large.
    """
    try:
        after = layer.output_shape(shape)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    values = prod(after)
    if values > MAX_LAYER_VALUES:
        raise ValueError(
            f"{name}: Its output has {values:,} values for one image, {format_memory(4 * values, 1)}; at most "
            f"{MAX_LAYER_VALUES:,} fit."
        )
    receptive_fields = layer.through(receptive_fields, shape)
    field = (receptive_fields[0].size, receptive_fields[1].size)
    row = Row(name, type(layer).__name__, after, layer.parameters(shape), layer.macs(shape), field)
    return row, after, receptive_fields


def _summarise_block(
    block: Layer, shape: Shape, receptive_fields: Fields, name: str
) -> tuple[list[Row], Shape, Fields]:
    """Return rows of each part of a block, and one for their sum or stack."""
    rows: list[Row] = []
    ends: list[Shape] = []
    fields: list[Fields] = []
    for part_name, part in zip(part_names(block), block_parts(block), strict=True):
        inner, end, field = _summarise_layers(part, shape, receptive_fields, f"{name}.{part_name}.")
        rows += inner
        ends.append(end)
        fields.append(field)
    after = joined_shape(block, ends, name)
    height, width = (max((field[axis] for field in fields), key=lambda field: field.size) for axis in (0, 1))
    total = Row(name, type(block).__name__, after, 0, 0, (height.size, width.size))
    return [*rows, total], after, (height, width)


def joined_shape(block: Layer, ends: list[Shape], name: str) -> Shape:
    """Return the shape after a block whose parts end in shapes `ends`.

    Raises ValueError that begins with the block's `name` when they do not fit together.
    """
    if isinstance(block, Branches):
        try:
            return stacked_shape(ends)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    if ends[0] != ends[1]:
        body, shortcut = map(format_shape, ends)
        raise ValueError(f"{name}: Its body gives {body} and its shortcut {shortcut}; a sum needs them equal.")
    return ends[0]

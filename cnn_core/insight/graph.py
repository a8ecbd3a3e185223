"""A network as a graph: every layer and join from the image to the probabilities, and which feeds which. No torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_core.geometry import AxisWindows
from cnn_core.networks import (
    Branches,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    NetworkSpec,
    Residual,
    Shape,
)
from cnn_core.networks.blocks import block_parts, part_names
from cnn_core.networks.spec import name_layers

IMAGE = "image"
"""The name of the first node; layers are named after their kinds, so that none has it."""
PROBABILITIES = "softmax"
"""The name of the last node; no layer has it either."""


class Extent(NamedTuple):
    """Some of a layer's values: these rows and columns of the maps `first` up to, not including, `last`.

    The units of a flat layer are maps of one value.
    """

    first: int
    last: int
    rows: frozenset[int]
    columns: frozenset[int]

    @property
    def is_empty(self) -> bool:
        """Whether it holds no value."""
        return self.first >= self.last or not self.rows or not self.columns

    def is_inside(self, other: "Extent") -> bool:
        """Whether all its values belong to the other too."""
        return self.first >= other.first and self.last <= other.last and self[2] <= other[2] and self[3] <= other[3]


class Box(NamedTuple):
    """A box of a layer's values: maps first … last, rows top … bottom, columns left … right, each without its end."""

    first: int
    last: int
    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class Node:
    """A layer, a join, the image or the probabilities; `inputs` are the nodes that it reads, none for the image.

    `shape` is (C, H, W), or (n,) once flat; `input_shapes` are the shapes of the inputs. `layer` is None for the image
    and for the probabilities.
    """

    name: str
    layer: Layer | None
    inputs: tuple[str, ...]
    shape: Shape
    input_shapes: tuple[Shape, ...] = ()

    @property
    def kind(self) -> str:
        """The name of the layer's class; "Image" or "Softmax" where there is no layer."""
        if self.layer is None:
            return "Softmax" if self.inputs else "Image"
        return type(self.layer).__name__

    @property
    def map_count(self) -> int:
        """The number of maps, or of units once flat."""
        return self.shape[0]

    @property
    def map_size(self) -> tuple[int, int]:
        """Rows and columns of each map; (1, 1) for the units of a flat layer."""
        return (self.shape[1], self.shape[2]) if len(self.shape) == 3 else (1, 1)

    @property
    def is_flat(self) -> bool:
        """Whether height and width are gone."""
        return len(self.shape) == 1

    @cached_property
    def windows(self) -> tuple[AxisWindows, AxisWindows] | None:
        """The windows along the rows and along the columns of the input; None where an output reads its own place."""
        return None if self.layer is None else self.layer.windows(self.input_shapes[0])


Graph = dict[str, Node]
"""The nodes by their names, in the order in which they run."""


def network_graph(spec: NetworkSpec) -> Graph:
    """Return every node by its name, in the order in which they run: image, layers and joins, probabilities.

    Layers have the names of `spec.summary()`; a block is the node of its join. An empty shortcut or branch is not a
    node: the join then reads the block's input.
    """
    shapes: dict[str, Shape] = {row.name: row.output_shape for row in spec.summary()}
    nodes = {IMAGE: Node(IMAGE, None, (), spec.input_shape)}
    last = _add_nodes(spec.layers, IMAGE, "", shapes, nodes)
    if nodes[last].is_flat:
        nodes[PROBABILITIES] = Node(PROBABILITIES, None, (last,), nodes[last].shape, (nodes[last].shape,))
    return nodes


def _add_nodes(layers: tuple[Layer, ...], source: str, path: str, shapes: Mapping[str, Shape], nodes: Graph) -> str:
    """Add the nodes of a sequence of layers that reads `source`; returns the name of the last."""
    for name, layer in name_layers(layers):
        full = path + name
        inputs: tuple[str, ...] = (source,)
        if block_parts(layer):
            ends = zip(part_names(layer), block_parts(layer), strict=True)
            inputs = tuple(_add_nodes(part, source, f"{full}.{title}.", shapes, nodes) for title, part in ends)
        nodes[full] = Node(full, layer, inputs, shapes[full], tuple(nodes[name].shape for name in inputs))
        source = full
    return source


def inputs_of(node: Node, extent: Extent) -> tuple[Extent, ...]:
    """Return what an extent of a node is computed from: an extent of each input, empty where it takes no part."""
    layer = node.layer
    match layer:
        case Branches():
            return _branch_extents(node, extent)
        case Residual():
            return (extent,) * len(node.inputs)
        case Flatten():
            return (_unflatten_extent(node.input_shapes[0], extent),)
        case Conv2d():
            return (_receptive_extent(node, extent, *_group_inputs(node, layer, extent)),)
        case Linear() | None:
            return tuple(whole_extent(shape) for shape in node.input_shapes)
    return (_receptive_extent(node, extent, extent.first, extent.last),)


def whole_extent(shape: Shape) -> Extent:
    """Return the extent that holds all values of a layer of this shape."""
    height, width = shape[1:] if len(shape) == 3 else (1, 1)
    return Extent(0, shape[0], frozenset(range(height)), frozenset(range(width)))


def _group_inputs(node: Node, layer: Conv2d, extent: Extent) -> tuple[int, int]:
    """The input maps that a convolution's maps read: those of their groups."""
    each, given = layer.filters // layer.groups, node.input_shapes[0][0] // layer.groups
    return extent.first // each * given, ((extent.last - 1) // each + 1) * given


def _receptive_extent(node: Node, extent: Extent, first: int, last: int) -> Extent:
    """The maps first … last of the input, where the node's windows read them."""
    if node.windows is None:
        return Extent(first, last, extent.rows, extent.columns)
    rows, columns = (
        frozenset(cell for place in places for cell in windows.cells(place))
        for windows, places in zip(node.windows, (extent.rows, extent.columns), strict=True)
    )
    return Extent(first, last, rows, columns)


def _branch_extents(node: Node, extent: Extent) -> tuple[Extent, ...]:
    """The maps of each branch that lie in the extent, counted from the branch's own first."""
    extents, offset = [], 0
    for shape in node.input_shapes:
        first, last = max(extent.first - offset, 0), min(extent.last - offset, shape[0])
        extents.append(Extent(first, last, extent.rows, extent.columns))
        offset += shape[0]
    return tuple(extents)


def _unflatten_extent(source: Shape, extent: Extent) -> Extent:
    """The place of one unit in the maps before; of several units, the whole of the maps that they come from."""
    height, width = source[1], source[2]
    first, last = extent.first // (height * width), (extent.last - 1) // (height * width) + 1
    if extent.last - extent.first > 1:
        return whole_extent(source)._replace(first=first, last=last)
    row, column = divmod(extent.first % (height * width), width)
    return Extent(first, last, frozenset((row,)), frozenset((column,)))


def receptive_boxes(nodes: Graph, name: str, index: int, row: int = 0, column: int = 0) -> dict[str, Box]:
    """Return the receptive field of one value in every node before it.

    The value is at `row` and `column` of map `index` (0 and 0 for a unit). Boxes end at the edges of each layer; nodes
    that the value does not depend on are left out. Raises ValueError when there is no such value.
    """
    _check_position(nodes, name, index, row, column)
    seen = _trace_extents(nodes, name, Extent(index, index + 1, frozenset((row,)), frozenset((column,))))
    return {node: _bounding_box(seen[node]) for node in nodes if node in seen}


def receptive_pixels(nodes: Graph, name: str, row: int = 0, column: int = 0) -> NDArray[np.bool_]:
    """Return which pixels (H, W) of the image the values at `row` and `column` of a layer's maps depend on.

    Of a flat layer, they are those that any of its units depends on. Raises ValueError when there is no such place.
    """
    _check_position(nodes, name, 0, row, column)
    node = nodes[name]
    start = whole_extent(node.shape)
    if not node.is_flat:
        start = start._replace(rows=frozenset((row,)), columns=frozenset((column,)))
    seen = _trace_extents(nodes, name, start)
    pixels = np.zeros(nodes[IMAGE].map_size, dtype=bool)
    for extent in seen.get(IMAGE, []):
        pixels[np.ix_(sorted(extent.rows), sorted(extent.columns))] = True
    return pixels


def _trace_extents(nodes: Graph, name: str, start: Extent) -> dict[str, list[Extent]]:
    """What `start`, a part of the node called `name`, is computed from in every node before it."""
    seen: dict[str, list[Extent]] = {name: [start]}
    for node in reversed(list(nodes.values())):
        for extent in seen.get(node.name, []):
            for source, read in zip(node.inputs, inputs_of(node, extent), strict=True):
                if not read.is_empty:
                    seen[source] = _merge_extent(seen.get(source, []), read)
    return seen


def _merge_extent(extents: list[Extent], other: Extent) -> list[Extent]:
    """The extents and one more, without those that lie inside others."""
    if any(other.is_inside(extent) for extent in extents):
        return extents
    return [*(extent for extent in extents if not extent.is_inside(other)), other]


def _bounding_box(extents: list[Extent]) -> Box:
    """The smallest box around all of them."""
    rows = frozenset().union(*(extent.rows for extent in extents))
    columns = frozenset().union(*(extent.columns for extent in extents))
    first, last = min(extent.first for extent in extents), max(extent.last for extent in extents)
    return Box(first, last, min(rows), max(rows) + 1, min(columns), max(columns) + 1)


def contributing_maps(nodes: Graph, name: str, index: int) -> tuple[tuple[str, int, int], ...]:
    """Return which maps feed map `index` of a node: (node, first map, end) for each input that takes part.

    Raises ValueError when there is no such map.
    """
    _check_position(nodes, name, index, 0, 0)
    node = nodes[name]
    extents = inputs_of(node, whole_extent(node.shape)._replace(first=index, last=index + 1))
    return tuple(
        (source, extent.first, extent.last)
        for source, extent in zip(node.inputs, extents, strict=True)
        if extent.first < extent.last
    )


def _check_position(nodes: Graph, name: str, index: int, row: int, column: int) -> None:
    """Raise ValueError unless the network has this value."""
    if name not in nodes:
        raise ValueError(f"Layer is {name!r:.60}: the network has {', '.join(list(nodes)[:40])}.")
    node = nodes[name]
    for what, value, count in zip(
        ("map", "row", "column"), (index, row, column), (node.map_count, *node.map_size), strict=True
    ):
        if not 0 <= value < count:
            raise ValueError(f"{what.capitalize()} is {value}: {name} has {count}, counted from 0.")

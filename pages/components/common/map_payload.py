"""What the browser gets of a network's graph and its maps; for the glance and for the feature maps.

Maps come as bytes in base64, row by row: `picture` are the rows and columns that are sent, of which each stands for
`every` rows and columns of the map.
"""

from typing import Literal, TypedDict


class NodeWindows(TypedDict):
    """What a node's windows read along one axis: for each output the first cell and one past the last, with steps of
    `step` between them."""

    ends: list[tuple[int, int]]
    step: int


class InputRule(TypedDict):
    """Which maps of its inputs a node's maps are made of; `cnn_core.insight.graph.inputs_of` says the same.

    `numbers`: of a “group” its output maps and input maps, of a “flatten” rows and columns before, of a “stack” the
    maps of each branch.
    """

    kind: Literal["all", "flatten", "group", "same", "stack"]
    numbers: list[int]


class GraphNode(TypedDict):
    """A node of the graph: `inputs` are the places of its inputs in the graph, `size` rows and columns of a map."""

    name: str
    title: str
    kind: str
    shape: str
    maps: int
    size: tuple[int, int]
    flat: bool
    inputs: list[int]
    rule: InputRule
    windows: tuple[NodeWindows, NodeWindows] | None


class PictureData(TypedDict):
    """A picture as red, green and blue bytes in base64."""

    pixels: str
    size: tuple[int, int]
    alt: str


class MapsColumn(TypedDict):
    """The maps `shown` of a node: the largest magnitude `own` of each, its share of the layer's, and both in words."""

    node: int
    shown: list[int]
    limit: str
    pixels: str
    picture: tuple[int, int]
    every: int
    shares: list[float]
    own: list[float]
    limits: list[str]


class StripPicture(TypedDict):
    """All units of a layer in a strip."""

    pixels: str
    picture: tuple[int, int]
    every: int


class UnitsColumn(TypedDict):
    """The units `shown` of a node that is flat: their shares of the largest (None for what is no number) and words."""

    node: int
    shown: list[int]
    limit: str
    texts: list[str]
    shares: list[float | None]
    labels: list[str]
    strip: StripPicture


class MapChoice(TypedDict):
    """What the browser sends of a click: the node's name, map, row and column; checked where it is read."""

    layer: str
    map: int
    row: int
    column: int

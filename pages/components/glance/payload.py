"""What the browser gets of a network at a glance."""

from typing import Literal, TypedDict

from pages.components.common.map_payload import GraphNode, MapsColumn, PictureData, UnitsColumn


class MapPicture(TypedDict):
    """One map in bytes: its rows and columns (`size`), its largest magnitude as a share of the scale that it is drawn
    on (`share`), itself (`limit`), and both in words (`limits`)."""

    pixels: str
    picture: tuple[int, int]
    every: int
    size: tuple[int, int]
    share: float
    limit: float
    limits: tuple[str, str]


class KernelPicture(MapPicture):
    """A kernel in bytes and its weights in words; none where there is no room for them."""

    texts: list[str]


class UnfoldedPart(TypedDict):
    """An input map of an unfolded map: its values, its kernel, and their product."""

    title: str
    values: MapPicture
    kernel: KernelPicture | None
    product: MapPicture | None


class FollowingMap(TypedDict):
    """The same map behind a layer that takes each value for itself."""

    title: str
    formula: str
    picture: MapPicture


class UnfoldedHead(TypedDict):
    """What is said of a map or a unit that is unfolded."""

    node: int
    map: int
    title: str
    formula: str
    words: str
    bias: str | None
    is_sum: bool


class UnfoldedMapData(UnfoldedHead):
    """A map unfolded: its parts, the sum of those left out (`rest`), and what the layers right behind make of it."""

    parts: list[UnfoldedPart]
    rest: MapPicture | None
    result: MapPicture
    after: list[FollowingMap]


class UnfoldedUnitData(UnfoldedHead):
    """A unit unfolded: its terms as lines of a table, the others summed up, and its value."""

    lines: list[list[str]]
    heads: list[str]
    others: tuple[str, str] | None
    value: str


class ChosenMap(TypedDict):
    """The map that is unfolded, and the pixel whose sum is shown; no row and column for none."""

    node: int
    map: int
    row: int | None
    column: int | None


class GlancePayload(TypedDict):
    """What glance.js draws; `scale`: each map on its own scale, or all of a layer on one."""

    graph: list[GraphNode]
    columns: list[MapsColumn | UnitsColumn]
    palette: str
    picture: PictureData
    scale: Literal["map", "layer"]
    chosen: ChosenMap | None
    unfolded: UnfoldedMapData | UnfoldedUnitData | None
    shown: str


class GlanceChoice(TypedDict):
    """What the browser sends of a click: the node's name ("" to close), map, and a pixel's row and column."""

    layer: str
    map: int
    row: int | None
    column: int | None

"""What the browser gets of feature maps."""

from typing import Literal, TypedDict

from pages.components.common.map_payload import GraphNode, MapsColumn, PictureData


class ChosenValue(TypedDict):
    """The value that was clicked last: the place of its node in the graph, map, row and column."""

    node: int
    map: int
    row: int
    column: int


class FeatureMapsPayload(TypedDict):
    """What feature_maps.js draws; `scale`: each map on its own scale, or all of a layer on one."""

    graph: list[GraphNode]
    columns: list[MapsColumn]
    palette: str
    picture: PictureData
    scale: Literal["map", "layer"]
    chosen: ChosenValue | None
    shown: str

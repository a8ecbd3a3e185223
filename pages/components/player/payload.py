"""What the browser gets of a trace, and what it sends of an edit."""

from typing import NotRequired, TypedDict

from cnn_core.trace.as_code import LoopCode
from cnn_core.trace.player_data import PlayedTrace


class PlayerStart(TypedDict):
    """The step at which a page opens the player, once for each thing that it shows (`of`)."""

    step: int
    of: str


class PlayerNotes(TypedDict):
    """What a page says beside a trace.

    `padding_text` is what padding cells hold, `tally` what is counted (“multiplications”), `loops` the code to step
    through, `slips` per step the likely wrong answers, each with a sentence, `tile_columns` the terms in a row. A
    player `aside` is a page's second one: uncovered from the start, its step not in the link. `corner` is, by grid, the
    row and column of a larger map at which the grid begins.
    """

    padding_text: str
    tally: NotRequired[str]
    loops: NotRequired[LoopCode]
    slips: NotRequired[list[list[tuple[str, str]]]]
    tile_columns: NotRequired[int]
    aside: NotRequired[bool]
    corner: NotRequired[dict[str, tuple[int, int]]]
    start: NotRequired[PlayerStart]


class PlayerData(PlayedTrace, PlayerNotes):
    """A trace with a page's notes."""


class PlayerPayload(PlayerData):
    """What player.js draws: the grids that can be edited, and the number of the last edit that was made."""

    editable: list[str]
    seen: int


class PlayerEdit(TypedDict):
    """An edit as the browser sends it: words for some cells of a grid, or a block that becomes the whole of it."""

    number: int
    grid: str
    cells: NotRequired[list[tuple[int, str]]]
    block: NotRequired[str]

"""The window map: a padded input beside its output, drawn to one scale; a client-side component."""

from pathlib import Path
from typing import TypedDict

from cnn_core.geometry import AxisWindows, Bins
from pages.components.common import register_component

_component = register_component(
    "cnn_lab_windows",
    Path(__file__).parent / "window_map.js",
    '<div class="windows" role="group" aria-label="Which input cells each output reads"></div>',
)


class MapAxis(TypedDict):
    """One axis as the browser gets it: `size` input cells, `cells` with padding, `before` of it before the first.

    `windows` are, for each of the `out` outputs, the first cell of the padded axis that it reads and one past the last,
    with steps of `dilation`. `reach` cells hold every window and the padding; `unvisited` are runs (first cell, number
    of cells) that no window reads.
    """

    size: int
    before: int
    cells: int
    reach: int
    dilation: int
    out: int
    windows: list[tuple[int, int]]
    unvisited: list[tuple[int, int]]


class WindowMapPayload(TypedDict):
    """What window_map.js draws; `channels` and `filters` are the depths of input and output."""

    rows: MapAxis
    columns: MapAxis
    channels: int
    filters: int
    alt: str
    transposed: bool


def _axis_data(axis: AxisWindows) -> MapAxis:
    if isinstance(axis, Bins):
        return {
            "size": axis.size,
            "before": 0,
            "cells": axis.size,
            "reach": axis.size,
            "dilation": 1,
            "out": axis.out,
            "windows": [(cells.start, cells.stop) for cells in axis.all_cells],
            "unvisited": [],
        }
    starts = [i * axis.stride for i in range(axis.out)]
    return {
        "size": axis.size,
        "before": axis.before,
        "cells": axis.padded_size,
        "reach": axis.reach,
        "dilation": axis.dilation,
        "out": axis.out,
        "windows": [(start, start + axis.span) for start in starts],
        "unvisited": list(axis.unvisited_runs),
    }


def show_windows(
    height: AxisWindows,
    width: AxisWindows,
    *,
    channels: int,
    filters: int,
    alt: str,
    key: str,
    transposed: bool = False,
) -> None:
    """Show which input cells every output reads; `channels` and `filters` are the depths of input and output.

    With `transposed`, `height` and `width` are those of the convolution that is reversed, whose windows are what every
    input cell writes to.
    """
    payload: WindowMapPayload = {
        "rows": _axis_data(height),
        "columns": _axis_data(width),
        "channels": channels,
        "filters": filters,
        "alt": alt,
        "transposed": transposed,
    }
    _component(data=payload, key=key)

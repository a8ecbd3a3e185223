"""The window map: a padded input beside its output, drawn to one scale; a client-side component."""

from pathlib import Path

import streamlit as st

from cnn_core.geometry import AxisWindows, Bins

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "cnn_lab_windows",
    html='<div class="windows" role="group" aria-label="Which input cells each output reads"></div>\n<!-- -->',
    css=(HERE / "window_map.css").read_text(encoding="utf-8"),
    js=(HERE / "window_map.js").read_text(encoding="utf-8"),
)


def _axis_data(axis: AxisWindows) -> dict[str, object]:
    """One axis as the component reads it; `taps` are windows that are not all alike."""
    if isinstance(axis, Bins):
        taps = [(cells.start, cells.stop) for cells in axis.all_cells]
        fixed = {"before": 0, "cells": axis.size, "reach": axis.size, "dilation": 1, "unvisited": ()}
        return {"size": axis.size, "out": axis.out, "taps": taps, **fixed}
    return {
        "size": axis.size,
        "before": axis.before,
        "cells": axis.padded_size,
        "reach": axis.reach,
        "kernel": axis.kernel,
        "stride": axis.stride,
        "dilation": axis.dilation,
        "out": axis.out,
        "unvisited": axis.unvisited_runs,
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

    `transposed`: the axes are those of the convolution that is undone, and its windows are what every input writes to.
    """
    data = {
        "rows": _axis_data(height),
        "columns": _axis_data(width),
        "channels": channels,
        "filters": filters,
        "alt": alt,
    }
    _component(data={**data, "transposed": transposed}, key=key)

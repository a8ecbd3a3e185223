"""The window map: a padded input beside its output, drawn to one scale; a client-side component."""

from pathlib import Path

import streamlit as st

from cnn_core.shapes.derivation import AdaptiveWindows, AxisWindows

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "cnn_lab_windows",
    html='<div class="windows" role="group" aria-label="Which input cells each output reads"></div>\n<!-- -->',
    css=(HERE / "window_map.css").read_text(encoding="utf-8"),
    js=(HERE / "window_map.js").read_text(encoding="utf-8"),
)


def _axis_data(axis: AxisWindows | AdaptiveWindows) -> dict[str, object]:
    """One axis as the component reads it; `taps` are windows that are not all alike."""
    if isinstance(axis, AdaptiveWindows):
        fixed = {"before": 0, "cells": axis.size, "reach": axis.size, "dilation": 1, "unvisited": ()}
        return {"size": axis.size, "out": axis.out, "taps": axis.window_bounds, **fixed}
    return {
        "size": axis.size,
        "before": axis.padding_before,
        "cells": len(axis.read_counts),
        "reach": axis.reach,
        "kernel": axis.kernel,
        "stride": axis.stride,
        "dilation": axis.dilation,
        "out": axis.out,
        "unvisited": axis.unvisited_runs,
    }


def show_windows(
    height: AxisWindows | AdaptiveWindows,
    width: AxisWindows | AdaptiveWindows,
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

"""One layer of any kind: its output and counts, the settings that give a wanted size, and the derivations."""

from cnn_core.shapes.calculator import (
    AxisSettings,
    LayerCase,
    LayerReport,
    layer_report,
    output_curve,
    solve_settings,
    torch_source,
)

__all__ = [
    "AxisSettings",
    "LayerCase",
    "LayerReport",
    "layer_report",
    "output_curve",
    "solve_settings",
    "torch_source",
]

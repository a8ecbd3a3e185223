"""Looking inside a network and judging it. The metrics and pictures need NumPy alone; torch is imported on demand."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnn_core.evaluation.metrics import (
    ClassReport,
    ConfusedPair,
    Scores,
    accuracy_interval,
    confused_pairs,
    confusion_matrix,
    cross_entropy,
    pair_sentence,
    per_class_report,
    pick_examples,
    report_lines,
)
from cnn_core.insight.filters import FilterLayer, filter_layers, first_layer, tile_labels
from cnn_core.render.tiles import (
    Tiles,
    enlarge,
    filter_grid,
    filter_tiles,
    image_rgb,
    signed_tiles,
    tile_grid,
)

if TYPE_CHECKING:
    from cnn_core.insight.activations import feature_maps
    from cnn_core.insight.class_activation import grad_cam

_NEED_TORCH = {"feature_maps": "activations", "grad_cam": "class_activation"}

__all__ = [
    "ClassReport",
    "ConfusedPair",
    "FilterLayer",
    "Scores",
    "Tiles",
    "accuracy_interval",
    "confused_pairs",
    "confusion_matrix",
    "cross_entropy",
    "enlarge",
    "feature_maps",
    "filter_grid",
    "filter_layers",
    "filter_tiles",
    "first_layer",
    "grad_cam",
    "image_rgb",
    "pair_sentence",
    "per_class_report",
    "pick_examples",
    "report_lines",
    "signed_tiles",
    "tile_grid",
    "tile_labels",
]


def __getattr__(name: str) -> Any:
    """Fetch a function that needs torch when it is first asked for."""
    if name in _NEED_TORCH:
        return getattr(import_module(f"cnn_core.insight.{_NEED_TORCH[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

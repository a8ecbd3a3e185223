"""Looking inside a network: its filters, its feature maps, and what decided. Importing this imports no torch.

The names of `__all__` are imported from here; everything else from its module.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnn_core.insight.filters import FilterLayer, filter_layers, first_layer, tile_labels

if TYPE_CHECKING:
    from cnn_core.insight.activations import feature_maps
    from cnn_core.insight.class_activation import grad_cam

_NEED_TORCH = {"feature_maps": "activations", "grad_cam": "class_activation"}

__all__ = [
    "FilterLayer",
    "feature_maps",
    "filter_layers",
    "first_layer",
    "grad_cam",
    "tile_labels",
]


def __getattr__(name: str) -> Any:
    """Return a function that needs torch; its module is imported when it is first asked for."""
    if name in _NEED_TORCH:
        return getattr(import_module(f"cnn_core.insight.{_NEED_TORCH[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

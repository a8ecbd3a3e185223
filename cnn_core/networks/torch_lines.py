"""Write a layer as the line of PyTorch that makes it."""

from dataclasses import MISSING, fields
from typing import Any

from cnn_core.networks.blocks import Branches, Residual
from cnn_core.networks.layers import AdaptiveAvgPool2d, BatchNorm, Conv2d, Layer, Linear, Shape


def torch_line(layer: Layer, shape: Shape) -> str:
    """Return the line of PyTorch that makes `layer` for an input of `shape` (without the batch).

    Arguments with torch's default are left out. Raises ValueError for a block, which takes more than one line.

    >>> from cnn_core.networks import Conv2d
    >>> torch_line(Conv2d(36, 5, stride=2), (3, 32, 32))
    'nn.Conv2d(3, 36, kernel_size=5, stride=2)'
    """
    match layer:
        case Residual() | Branches():
            raise ValueError("The layer is a block of several layers: it takes a module of its own, not one line.")
        case Conv2d():
            return _constructor_call("Conv2d", [shape[0], layer.filters], layer, skip=("filters",))
        case Linear():
            return _constructor_call("Linear", [shape[0], layer.units], layer, skip=("units",))
        case BatchNorm():
            return _constructor_call("BatchNorm2d" if len(shape) == 3 else "BatchNorm1d", [shape[0]], layer)
        case AdaptiveAvgPool2d():
            return _constructor_call(
                "AdaptiveAvgPool2d", [_collapse_pair(layer.output_size)], layer, skip=("output_size",)
            )
    return _constructor_call(type(layer).__name__, [], layer)


def _constructor_call(name: str, positional: list[Any], layer: Layer, skip: tuple[str, ...] = ()) -> str:
    values = {field.name: (getattr(layer, field.name), field.default) for field in fields(layer)}
    named = [
        f"{key}={_collapse_pair(value)!r}"
        for key, (value, default) in values.items()
        if key not in skip and (default is MISSING or _collapse_pair(value) != default)
    ]
    return f"nn.{name}({', '.join([*map(str, positional), *named])})"


def _collapse_pair(value: Any) -> Any:
    """Return a pair of equal numbers as that number, and anything else unchanged."""
    return value[0] if isinstance(value, tuple) and value[0] == value[1] else value

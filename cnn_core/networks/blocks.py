"""Layers made of layers: residual blocks and branches; and every kind of layer by name."""

from dataclasses import dataclass
from typing import ClassVar

from cnn_core.networks.layers import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Shape,
    Tanh,
)
from cnn_core.words import format_count, format_shape


@dataclass(frozen=True)
class Residual(Layer):
    """body(x) + shortcut(x); an empty shortcut is the identity (He et al., 2015).

    In a table its layers have rows of their own.

    >>> Residual((Conv2d(8, 3, padding=1), ReLU())).output_shape((8, 4, 4))
    (8, 4, 4)
    """

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    prefix: ClassVar[str] = "block"

    def __post_init__(self) -> None:
        self._set_fields(body=tuple(self.body), shortcut=tuple(self.shortcut))
        if not self.body:
            raise ValueError("The body is empty: a residual block needs at least one layer.")

    def output_shape(self, shape: Shape) -> Shape:
        return _shape_after(self.body, shape)


@dataclass(frozen=True)
class Branches(Layer):
    """Branches with the same input and their channels stacked; an empty branch is the identity (Szegedy et al., 2014).

    >>> Branches(((Conv2d(8, 1),), (Conv2d(16, 3, padding=1),), ())).output_shape((3, 4, 4))
    (27, 4, 4)
    """

    branches: tuple[tuple[Layer, ...], ...]
    prefix: ClassVar[str] = "branches"

    def __post_init__(self) -> None:
        self._set_fields(branches=tuple(tuple(branch) for branch in self.branches))
        if len(self.branches) < 2:
            raise ValueError(
                f"The block has {format_count(len(self.branches), 'branch', 'branches')}: at least 2 are needed."
            )

    def output_shape(self, shape: Shape) -> Shape:
        ends = [_shape_after(branch, shape) for branch in self.branches]
        return stacked_shape(ends)


def _shape_after(layers: tuple[Layer, ...], shape: Shape) -> Shape:
    for layer in layers:
        shape = layer.output_shape(shape)
    return shape


def stacked_shape(shapes: list[Shape]) -> Shape:
    """Return the shape of outputs with their channels stacked. Raises ValueError unless their other sizes agree."""
    if len({shape[1:] for shape in shapes}) > 1:
        sizes = " and ".join(map(format_shape, shapes))
        raise ValueError(f"Its branches give {sizes}; stacking channels needs the other sizes equal.")
    return (sum(shape[0] for shape in shapes), *shapes[0][1:])


def block_parts(layer: Layer) -> tuple[tuple[Layer, ...], ...]:
    """Return the parts of a block, each a row of layers: body and shortcut, or the branches; none of a plain layer."""
    match layer:
        case Residual():
            return layer.body, layer.shortcut
        case Branches():
            return layer.branches
    return ()


def part_names(layer: Layer) -> tuple[str, ...]:
    """Return the names of `block_parts` in the built module."""
    if isinstance(layer, Branches):
        return tuple(f"branch{i}" for i in range(1, len(layer.branches) + 1))
    return ("body", "shortcut") if isinstance(layer, Residual) else ()


def with_parts(layer: Layer, new_parts: tuple[tuple[Layer, ...], ...]) -> Layer:
    """Return a block of the same kind with other parts. Raises ValueError when they make no block."""
    return Residual(*new_parts) if isinstance(layer, Residual) else Branches(new_parts)


_KINDS: tuple[type[Layer], ...] = (
    Conv2d,
    MaxPool2d,
    AvgPool2d,
    AdaptiveAvgPool2d,
    BatchNorm,
    Linear,
    Flatten,
    Residual,
    Branches,
    ReLU,
    ReLU6,
    LeakyReLU,
    ELU,
    GELU,
    Tanh,
    Dropout,
    Dropout2d,
)
KINDS: dict[str, type[Layer]] = {kind.__name__: kind for kind in _KINDS}
"""Name in JSON → kind of layer."""

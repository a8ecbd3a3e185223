"""Change a network in one respect: add or remove dropout, add batch normalisation, exchange the activation.

All functions return a new spec, and all but `with_dropout` change layers inside blocks too. Each raises ValueError, as
NetworkSpec does, when the layers no longer fit together.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import zip_longest

from cnn_core.networks.blocks import block_parts, with_parts
from cnn_core.networks.layers import BatchNorm, Conv2d, Dropout, Layer, Linear, ReLU, ReLU6
from cnn_core.networks.spec import NetworkSpec

Layers = tuple[Layer, ...]


def with_dropout(spec: NetworkSpec, p: float) -> NetworkSpec:
    """Insert dropout of probability `p` before every linear layer, except one that reads the image itself.

    Dropout that is there already gets the new `p`.
    """

    def insert_dropout(layers: Layers) -> Layers:
        made: list[Layer] = []
        for layer in layers:
            if isinstance(layer, Linear) and any(
                isinstance(earlier, Conv2d | Linear) or block_parts(earlier) for earlier in made
            ):
                if type(made[-1]) is Dropout:
                    made.pop()
                made.append(Dropout(p))
            made.append(layer)
        return tuple(made)

    return replace(spec, layers=insert_dropout(spec.layers))


def without_dropout(spec: NetworkSpec) -> NetworkSpec:
    """Remove every dropout layer."""
    return _change_layers(spec, lambda layers: tuple(layer for layer in layers if not isinstance(layer, Dropout)))


def with_batch_norm(spec: NetworkSpec) -> NetworkSpec:
    """Insert batch normalisation after every convolution, before its activation.

    The convolutions lose their bias, because batch normalisation subtracts it and has its own shift.
    """

    def insert_batch_norm(layers: Layers) -> Layers:
        made: list[Layer] = []
        for layer, after in zip_longest(layers, layers[1:]):
            if not isinstance(layer, Conv2d):
                made.append(layer)
                continue
            made.append(replace(layer, bias=False))
            if not isinstance(after, BatchNorm):
                made.append(BatchNorm())
        return tuple(made)

    return _change_layers(spec, insert_batch_norm)


def with_activation(spec: NetworkSpec, activation: Layer) -> NetworkSpec:
    """Replace every ReLU and ReLU6 by `activation`."""
    return _change_layers(
        spec, lambda layers: tuple(activation if isinstance(layer, ReLU | ReLU6) else layer for layer in layers)
    )


def _change_layers(spec: NetworkSpec, change: Callable[[Layers], Layers]) -> NetworkSpec:
    """Apply `change` to the layers of the network and to each part of its blocks."""

    def change_nested(layers: Layers) -> Layers:
        inner = (
            with_parts(layer, tuple(change_nested(part) for part in block_parts(layer)))
            if block_parts(layer)
            else layer
            for layer in layers
        )
        return change(tuple(inner))

    return replace(spec, layers=change_nested(spec.layers))

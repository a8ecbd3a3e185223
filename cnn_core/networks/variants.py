"""A network changed in one respect: with dropout or without, with batch normalisation, with another activation.

Pure functions, spec to spec; but for `with_dropout`, layers inside blocks are changed too. Each raises ValueError, as
NetworkSpec does, when the result is no network.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import zip_longest

from cnn_core.networks.blocks import block_parts, with_parts
from cnn_core.networks.layers import BatchNorm, Conv2d, Dropout, Layer, Linear, ReLU, ReLU6
from cnn_core.networks.spec import NetworkSpec

Layers = tuple[Layer, ...]


def with_dropout(spec: NetworkSpec, p: float) -> NetworkSpec:
    """Dropout with probability `p` before every fully connected layer, but for one that sees the image itself.

    Dropout that stands there already gets the new `p`.
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
    """The same layers, those of dropout left out."""
    return _change_layers(spec, lambda layers: tuple(layer for layer in layers if not isinstance(layer, Dropout)))


def with_batch_norm(spec: NetworkSpec) -> NetworkSpec:
    """Batch normalisation after every convolution, before its activation.

    The convolutions lose their bias: batch normalisation subtracts it again, and has a shift of its own.
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
    """`activation` in place of every ReLU."""
    return _change_layers(
        spec, lambda layers: tuple(activation if isinstance(layer, ReLU | ReLU6) else layer for layer in layers)
    )


def _change_layers(spec: NetworkSpec, change: Callable[[Layers], Layers]) -> NetworkSpec:
    """`change` applied to the layers of the network and to each part of its blocks."""

    def change_nested(layers: Layers) -> Layers:
        inner = (
            with_parts(layer, tuple(change_nested(part) for part in block_parts(layer)))
            if block_parts(layer)
            else layer
            for layer in layers
        )
        return change(tuple(inner))

    return replace(spec, layers=change_nested(spec.layers))

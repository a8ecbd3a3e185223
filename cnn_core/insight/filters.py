"""Weights that can be shown as pictures: those of convolutions, and of a linear layer that reads the image itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.networks import Flatten, Linear, NetworkSpec


@dataclass(frozen=True, eq=False)
class FilterLayer:
    """A layer whose weights are pictures: `weights` is (filters, channels, height, width).

    `kind` is "Conv2d", or "Linear" when every unit weighs the whole image: its weights are then as large as the image.

    >>> FilterLayer("conv1", "Conv2d", np.zeros((16, 3, 5, 5))).weights.shape
    (16, 3, 5, 5)
    """

    name: str
    kind: str
    weights: NDArray[np.floating]


def first_layer(spec: NetworkSpec, weights: Mapping[str, NDArray[Any]]) -> FilterLayer | None:
    """Return the filters of a network's first convolution, or the templates of a linear layer that reads the image.

    `weights` is the state_dict of `spec.build()` as arrays. Returns None when the network begins in another way.
    Raises ValueError when `weights` lacks the layer, as that of another network does.

    >>> from cnn_core.networks import preset
    >>> layer = first_layer(preset("Tiny CNN"), {"conv1.weight": np.zeros((16, 1, 3, 3))})
    >>> layer.name, layer.kind
    ('conv1', 'Conv2d')
    """
    name = next((row.name for row in spec.summary() if row.kind == "Conv2d"), None)
    if name is not None:
        return FilterLayer(name, "Conv2d", _weight_array(weights, f"{name}.weight"))
    if len(spec.layers) > 1 and isinstance(spec.layers[0], Flatten) and isinstance(spec.layers[1], Linear):
        flat = _weight_array(weights, "fc1.weight")
        return FilterLayer("fc1", "Linear", flat.reshape(len(flat), *spec.input_shape))
    return None


def filter_layers(spec: NetworkSpec, weights: Mapping[str, NDArray[Any]]) -> dict[str, FilterLayer]:
    """Return every layer whose weights can be shown, by name in the network's order: all convolutions, else templates.

    The dictionary is empty when there are none. Arguments and errors as for `first_layer`.

    >>> from cnn_core.networks import preset
    >>> weights = {"conv1.weight": np.zeros((16, 1, 3, 3)), "conv2.weight": np.zeros((32, 16, 3, 3))}
    >>> list(filter_layers(preset("Tiny CNN"), weights))
    ['conv1', 'conv2']
    """
    names = [row.name for row in spec.summary() if row.kind == "Conv2d"]
    if names:
        return {name: FilterLayer(name, "Conv2d", _weight_array(weights, f"{name}.weight")) for name in names}
    templates = first_layer(spec, weights)
    return {templates.name: templates} if templates else {}


def tile_labels(layer: FilterLayer, *, by_channel: bool, names: Sequence[str] = ()) -> list[str]:
    """Return a label for each picture of a layer: its number from 1 or its name; by channel 1.1, 1.2, 1.3, 2.1 …

    `names` is used when it has one entry for each filter, as the classes have for the templates of a linear network.

    >>> layer = FilterLayer("conv1", "Conv2d", np.zeros((2, 3, 5, 5)))
    >>> tile_labels(layer, by_channel=True)
    ['1.1', '1.2', '1.3', '2.1', '2.2', '2.3']
    """
    filters, channels = layer.weights.shape[:2]
    stems = list(names) if len(names) == filters else [f"{i + 1}" for i in range(filters)]
    return [f"{stem}.{channel + 1}" for stem in stems for channel in range(channels)] if by_channel else stems


def _weight_array(weights: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.floating]:
    if name not in weights:
        raise ValueError(f"The weights have no {name!r}: they must be the state_dict of this network.")
    return np.asarray(weights[name])

"""Cut out the pixels behind one value of a filtered picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings, pad_image

MAX_SIDE = 9
"""Largest kernel side at which the eight neighbours of a value are shown too: more pixels fill the screen."""


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Pixels (C, h, w) cut out of a padded picture; filtered without stride, they give the value at `place`."""

    pixels: NDArray[np.float64]
    place: tuple[int, int]


def cut_neighbourhood(
    image: NDArray[np.generic],
    weights: Weights,
    settings: FilterSettings,
    pixel: tuple[int, int],
    *,
    with_neighbours: bool = True,
) -> Neighbourhood:
    """Cut out the pixels under the kernel at `pixel` (row, column) of the result.

    `with_neighbours` adds those under the kernel at the pixels next to it, as far as there are any, the stride is 1 and
    the kernel is not larger than MAX_SIDE. With a dilation only the pixels under weights are returned, side by side.
    Raises ValueError as `pad_image` does.

    >>> image = np.arange(12.0).reshape(3, 4)
    >>> cut_neighbourhood(image, np.ones((1, 3)), FilterSettings(), (1, 1), with_neighbours=False).pixels.tolist()
    [[[4.0, 5.0, 6.0]]]
    """
    padded = pad_image(image, weights, settings).astype(np.float64)
    with_neighbours = with_neighbours and settings.stride == 1 and max(weights.shape) <= MAX_SIDE
    spans, places = [], []
    for axis in (0, 1):
        start = pixel[axis] * settings.stride
        low = start - settings.dilation if with_neighbours and start >= settings.dilation else start
        high = start + settings.kernel_reach(weights.shape[axis]) - 1
        if with_neighbours and high + settings.dilation < padded.shape[axis]:
            high += settings.dilation
        spans.append(slice(low, high + 1, settings.dilation))
        places.append((start - low) // settings.dilation)
    patch = padded[spans[0], spans[1]]
    planes = patch[None] if patch.ndim == 2 else np.moveaxis(patch, -1, 0)
    return Neighbourhood(np.round(planes, 4), (places[0], places[1]))

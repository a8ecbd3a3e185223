"""Measure how much the features of a picture change when it moves: with pooling, without it, and with a stride.

What the numbers mean in words is said by `cnn_core.experiments.explain`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.ops import avg_pool2d, conv2d, max_pool2d

Array = NDArray[np.float64]

MAX_SHIFT = 4
"""Pixels of the largest shift: the largest pooling window, after which a pooled map repeats one cell further."""
STAGES = ("No pooling", "Max pooling", "Average pooling", "Strided convolution")
"""What follows the convolution and its ReLU."""
SIZES = (2, 3, 4)
"""Pooling windows (and strides) that divide the maps below exactly."""
PHOTO_MAP = 48
"""Side of a photograph's feature maps before pooling, a multiple of every size."""
DIGIT_MAP = 24
"""Side of a digit's feature maps before pooling, a multiple of every size."""
MARGIN = 1
"""Cells that a 3 × 3 kernel reads beyond its map, on each side."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A grey picture to move: pixels (H, W + MAX_SHIFT) of values 0 … 1, of which W columns are seen at a time."""

    name: str
    pixels: Array


def edge_bank() -> Array:
    """Return eight 3 × 3 edge filters (8, 1, 3, 3): Sobel's in four directions, each with both signs."""
    x = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    slanted = np.array([[0.0, 1, 2], [-1, 0, 1], [-2, -1, 0]])
    four = [x, x.T, slanted, slanted[:, ::-1]]
    return np.stack([sign * w for w in four for sign in (1, -1)])[:, None]


def photo_scene(name: str, grey: NDArray[np.uint8]) -> Scene:
    """Cut the middle out of a grey photograph (height, width): what moves into view is part of the photograph.

    Raises ValueError when the photograph is too small.
    """
    height, width = PHOTO_MAP + 2 * MARGIN, PHOTO_MAP + 2 * MARGIN + MAX_SHIFT
    if grey.shape[0] < height or grey.shape[1] < width:
        raise ValueError(
            f"The picture has shape {grey.shape}: give a photograph of at least {height} × {width} pixels."
        )
    top, left = (grey.shape[0] - height) // 2, (grey.shape[1] - width) // 2
    return Scene(name, grey[top : top + height, left : left + width] / 255)


def digit_scene(name: str, digit: NDArray[np.uint8]) -> Scene:
    """Place a digit (height, width), 0 … 255, in the middle of a black picture so large that it always stays in view.

    Raises ValueError when the digit is too large for that.
    """
    side = DIGIT_MAP + 2 * MARGIN
    limit = side - 2 * MAX_SHIFT
    if max(digit.shape) > limit:
        raise ValueError(
            f"The digit has shape {digit.shape}: at most {limit} × {limit} pixels, so that it never leaves."
        )
    pixels = np.zeros((side, side + MAX_SHIFT))
    top, left = (side - digit.shape[0]) // 2, (side + MAX_SHIFT - digit.shape[1]) // 2
    pixels[top : top + digit.shape[0], left : left + digit.shape[1]] = digit / 255
    return Scene(name, pixels)


def shifted_views(scene: Scene) -> Array:
    """Return the picture moved to the right by 0 … MAX_SHIFT pixels, as (MAX_SHIFT + 1, 1, H, W).

    >>> shifted_views(Scene("ramp", np.arange(6.0)[None]))[:, 0, 0].tolist()
    [[4.0, 5.0], [3.0, 4.0], [2.0, 3.0], [1.0, 2.0], [0.0, 1.0]]
    """
    width = scene.pixels.shape[1] - MAX_SHIFT
    starts = [MAX_SHIFT - shift for shift in range(MAX_SHIFT + 1)]
    return np.stack([scene.pixels[:, start : start + width] for start in starts])[:, None]


def stage_features(pictures: Array, size: int) -> dict[str, Array]:
    """Compute the maps (N, 8, h, w) of pictures (N, 1, H, W) after edge filters, ReLU and each of STAGES.

    No convolution pads. `size` is the window and the stride of the pooling, and the stride of the strided convolution,
    which computes the same features only at every `size`-th place.
    """
    bank = edge_bank()
    before = np.maximum(conv2d(pictures, bank), 0)
    strided = np.maximum(conv2d(pictures, bank, stride=size), 0)
    return dict(zip(STAGES, (before, max_pool2d(before, size), avg_pool2d(before, size), strided), strict=True))


def relative_change(maps: Array) -> Array:
    """Compute ‖maps[n] − maps[0]‖ / ‖maps[0]‖ of maps (N, C, h, w), as (N,): 0 means no change.

    √2 means nothing in common: it is the value for non-negative maps of equal norm that are never positive at the same
    place. Raises ValueError when maps[0] is zero everywhere.

    >>> relative_change(np.array([[[[3.0, 0]]], [[[0, 3.0]]]])).round(3).tolist()
    [0.0, 1.414]
    """
    length = float(np.linalg.norm(maps[0]))
    if length == 0:
        raise ValueError(
            "The first of maps is zero everywhere: a relative change needs a picture with at least one edge."
        )
    change: Array = np.linalg.norm((maps - maps[0]).reshape(len(maps), -1), axis=1) / length
    return change


def feature_strength(maps: Array) -> Array:
    """Compute the norm of the features at each place, √(Σ f²) over the channels: (C, h, w) → (h, w)."""
    length: Array = np.sqrt(np.square(maps).sum(axis=0))
    return length


def mean_changes(scenes: Sequence[Scene], size: int) -> dict[str, tuple[float, ...]]:
    """Return, for each of STAGES, the relative change at 0 … MAX_SHIFT pixels, averaged over `scenes`."""
    each = [
        {stage: relative_change(maps) for stage, maps in stage_features(shifted_views(scene), size).items()}
        for scene in scenes
    ]
    return {stage: tuple(np.mean([one[stage] for one in each], axis=0).tolist()) for stage in STAGES}

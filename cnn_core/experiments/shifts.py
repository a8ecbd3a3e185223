"""How much the features of a picture change when it moves: without pooling, with it, and with a strided convolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.ops import avg_pool2d, conv2d, max_pool2d

Array = NDArray[np.float64]

MAX_SHIFT = 4
STAGES = ("No pooling", "Max pooling", "Average pooling", "Strided convolution")
SIZES = (2, 3, 4)
"""Pooling windows (and strides) that divide the maps below exactly."""
PHOTO_MAP, DIGIT_MAP = 48, 24
"""Side of the feature maps before pooling, a multiple of every size."""
MARGIN = 1
"""Cells that a 3 × 3 kernel reads beyond its map, on each side."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A grey picture to move, values 0 … 1, MOST_SHIFT columns wider than what is seen of it at once."""

    name: str
    pixels: Array


def edge_bank() -> Array:
    """Eight 3 × 3 edge filters (8, 1, 3, 3): Sobel in four directions, each with both signs."""
    x = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    slanted = np.array([[0.0, 1, 2], [-1, 0, 1], [-2, -1, 0]])
    four = [x, x.T, slanted, slanted[:, ::-1]]
    return np.stack([sign * w for w in four for sign in (1, -1)])[:, None]


def photo_scene(name: str, grey: NDArray[np.uint8]) -> Scene:
    """The middle of a grey photograph (height, width): what moves in comes from the photograph itself.

    Raises ValueError when the photograph is too small.
    """
    height, width = PHOTO_MAP + 2 * MARGIN, PHOTO_MAP + 2 * MARGIN + MAX_SHIFT
    if grey.shape[0] < height or grey.shape[1] < width:
        raise ValueError(f"grey has shape {grey.shape}: give a photograph of at least {height} × {width} pixels.")
    top, left = (grey.shape[0] - height) // 2, (grey.shape[1] - width) // 2
    return Scene(name, grey[top : top + height, left : left + width] / 255)


def digit_scene(name: str, digit: NDArray[np.uint8]) -> Scene:
    """A digit (height, width), 0 … 255, in the middle of a black picture large enough that it never leaves it.

    Raises ValueError when the digit is too large for that.
    """
    side = DIGIT_MAP + 2 * MARGIN
    most = side - 2 * MAX_SHIFT
    if max(digit.shape) > most:
        raise ValueError(f"digit has shape {digit.shape}: at most {most} × {most} pixels, so that it never leaves.")
    pixels = np.zeros((side, side + MAX_SHIFT))
    top, left = (side - digit.shape[0]) // 2, (side + MAX_SHIFT - digit.shape[1]) // 2
    pixels[top : top + digit.shape[0], left : left + digit.shape[1]] = digit / 255
    return Scene(name, pixels)


def shifted_views(scene: Scene) -> Array:
    """The picture moved to the right by 0 … MOST_SHIFT pixels, (MOST_SHIFT + 1, 1, H, W): a window onto the scene."""
    width = scene.pixels.shape[1] - MAX_SHIFT
    starts = [MAX_SHIFT - shift for shift in range(MAX_SHIFT + 1)]
    return np.stack([scene.pixels[:, start : start + width] for start in starts])[:, None]


def stage_features(pictures: Array, size: int) -> dict[str, Array]:
    """The maps (N, 8, h, w) of pictures (N, 1, H, W) at each of STAGES: edge filters, ReLU, then the stage.

    No convolution pads. `size` is the pooling's window and stride, and the stride of the strided convolution, which
    computes the same features at every `size`-th place alone.
    """
    bank = edge_bank()
    before = np.maximum(conv2d(pictures, bank), 0)
    strided = np.maximum(conv2d(pictures, bank, stride=size), 0)
    return dict(zip(STAGES, (before, max_pool2d(before, size), avg_pool2d(before, size), strided), strict=True))


def relative_change(maps: Array) -> Array:
    """‖maps[n] − maps[0]‖ / ‖maps[0]‖ of maps (N, C, h, w), as (N,): 0 is no change, √2 nothing in common.

    √2 holds for ReLU maps of equal length that never answer at the same place. Raises ValueError when maps[0] is
    zero everywhere.
    """
    length = float(np.linalg.norm(maps[0]))
    if length == 0:
        raise ValueError("maps[0] is zero everywhere: a relative change needs a picture with at least one edge.")
    change: Array = np.linalg.norm((maps - maps[0]).reshape(len(maps), -1), axis=1) / length
    return change


def feature_strength(maps: Array) -> Array:
    """The length of the features at each place, √(Σ f²) over the channels: (C, h, w) → (h, w)."""
    length: Array = np.sqrt(np.square(maps).sum(axis=0))
    return length


def mean_changes(scenes: Sequence[Scene], size: int) -> dict[str, tuple[float, ...]]:
    """For each of STAGES the relative change at 0 … MOST_SHIFT pixels, the mean over `scenes`."""
    each = [
        {stage: relative_change(maps) for stage, maps in stage_features(shifted_views(scene), size).items()}
        for scene in scenes
    ]
    return {stage: tuple(np.mean([one[stage] for one in each], axis=0).tolist()) for stage in STAGES}


def describe_changes(stage_changes: Mapping[str, Sequence[float]], shift: int) -> tuple[str, ...]:
    """What `mean_changes` measured, in sentences made of its numbers; `shift` is the one looked at, 0 … MOST_SHIFT."""
    none, largest, mean, strided = (stage_changes[stage] for stage in STAGES)
    if shift == 0:
        return ("Not moved, nothing changes: all four are at 0%.", _describe_steadiest(stage_changes))
    pixels = "1 pixel" if shift == 1 else f"{shift} pixels"
    return (
        f"Moved by {pixels}, the features change by **{none[shift]:.0%}** without pooling, **{largest[shift]:.0%}** "
        f"after max pooling, **{mean[shift]:.0%}** after average pooling and **{strided[shift]:.0%}** after the "
        "strided convolution.",
        f"{_describe_difference('Max pooling', largest[shift], none[shift])} {_describe_pooling_gain(largest, none)}",
        _describe_steadiest(stage_changes),
        f"{_describe_difference('The strided convolution', strided[shift], none[shift])} It makes its maps just as "
        "small as pooling does, but looks at one place where pooling looks at all of them.",
    )


def _describe_difference(who: str, value: float, reference: float) -> str:
    """How a change stands against that without pooling; differences below 2 points count as none."""
    points = _point_difference(value, reference)
    if abs(points) < 2:
        return f"{who} hardly differs from no pooling here."
    return f"{who} changes {abs(points)} percentage points {'less' if points < 0 else 'more'} than no pooling here."


def _point_difference(larger: float, smaller: float) -> int:
    """The difference in percentage points of two shares as they are shown, so that no subtraction looks wrong."""
    return int(f"{100 * larger:.0f}") - int(f"{100 * smaller:.0f}")


def _describe_pooling_gain(pooled: Sequence[float], none: Sequence[float]) -> str:
    """At which shifts pooling lowers the change, and where it lowers it most."""
    gains = {shift: _point_difference(none[shift], pooled[shift]) for shift in range(1, len(none))}
    helped = [shift for shift, gain in gains.items() if gain > 0]
    if not helped:
        return "It helps at no shift from 1 to 4."
    best = max(helped, key=lambda shift: gains[shift])
    where = "at every shift" if len(helped) == len(gains) else f"at {_join_numbers(helped)} pixels"
    return f"It lowers the change {where}, most at {best}: by {gains[best]} points."


def _describe_steadiest(stage_changes: Mapping[str, Sequence[float]]) -> str:
    """Which stage changes least, shift by shift."""
    least = {shift: min(STAGES, key=lambda stage: stage_changes[stage][shift]) for shift in range(1, MAX_SHIFT + 1)}
    winners = list(dict.fromkeys(least.values()))
    if len(winners) == 1:
        won = f"{winners[0]} changes least at every shift."
    else:
        parts = [f"{stage} at {_join_numbers([s for s in least if least[s] == stage])}" for stage in winners]
        won = f"Least changed: {'; '.join(parts)} pixels."
    return won if "Max pooling" in winners else f"{won} Max pooling is not the steadiest here."


def _join_numbers(numbers: Sequence[int]) -> str:
    """1, 2 and 3."""
    *head, last = map(str, numbers)
    return f"{', '.join(head)} and {last}" if head else last

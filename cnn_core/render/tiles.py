"""Draw weights and feature maps as small pictures on a stated scale.

Signed numbers get the diverging colours of `cnn_core.render.colour`, with zero white. Filters over red, green and blue
can be drawn in colour instead: mid-grey is weight 0, brighter red means a positive weight on red, and so on.

torchvision.utils.make_grid draws grids too, but needs torch, which takes seconds to import.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.render.colour import diverging_rgb, symmetric_limit

FRAME_COLOUR = (232, 119, 46)
"""The orange of the element under the pointer."""
LABEL_HEIGHT = 18
"""Height in pixels of the strip with a tile's label."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Pictures of equal size: `rgb` uint8 (N, H, W, 3); picture i has the scale −limits[i] … +limits[i]."""

    rgb: NDArray[np.uint8]
    limits: NDArray[np.float64]


def signed_tiles(maps: NDArray[np.floating], *, per_map: bool = False) -> Tiles:
    """Draw each of `maps` (N, H, W) as a picture, signed numbers in diverging colours.

    All share the symmetric scale of the largest magnitude, so that they can be compared; with `per_map` each is scaled
    by its own largest magnitude, which shows faint maps but hides how faint they are.
    Raises ValueError when `maps` is not (N, H, W), or holds a value that is not finite.

    >>> signed_tiles(np.array([[[1.0]], [[-4.0]]])).limits.tolist()
    [4.0, 4.0]
    """
    values = _finite_array("maps", maps, 3, "(maps, height, width)")
    limits = _symmetric_limits(values, per_map)
    return Tiles(diverging_rgb(values / limits[:, None, None], 1.0), limits)


def filter_tiles(weights: NDArray[np.floating], *, per_filter: bool = False, colour: bool = True) -> Tiles:
    """Draw the filters `weights` (filters, channels, height, width) of a convolution.

    One channel: one signed picture a filter. Three channels and `colour`: one picture a filter in real colours around
    mid-grey, 127.5 · (1 + w / limit). Otherwise one signed picture for each channel of each filter, filter by filter.
    The scale is the largest magnitude of all filters, or with `per_filter` of each filter.
    Raises ValueError when `weights` has another number of dimensions or holds a value that is not finite.
    """
    values = _finite_array("weights", weights, 4, "(filters, channels, height, width)")
    filters, channels, height, width = values.shape
    limits = _symmetric_limits(values, per_filter)
    scaled = values / limits[:, None, None, None]
    if channels == 3 and colour:
        return Tiles(np.round(127.5 * (1 + scaled.transpose(0, 2, 3, 1))).astype(np.uint8), limits)
    pictures = diverging_rgb(scaled.reshape(filters * channels, height, width), 1.0)
    return Tiles(pictures, np.repeat(limits, channels))


def filter_grid(
    weights: NDArray[np.floating], *, per_filter: bool = False, colour: bool = True
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Draw the filters of a convolution as one picture, about 64 pixels for each, and return the scale of each tile.

    Returns RGBA uint8 (H, W, 4) with transparent gaps, and the limits of `filter_tiles` in reading order. The grid is
    nearly square; filters drawn channel by channel take one row each. Arguments and errors are those of `filter_tiles`.

    >>> picture, limits = filter_grid(np.ones((4, 1, 3, 3)))
    >>> picture.shape, limits.shape
    ((130, 130, 4), (4,))
    """
    tiles = filter_tiles(weights, per_filter=per_filter, colour=colour)
    by_channel = len(tiles.rgb) > len(weights)
    columns = weights.shape[1] if by_channel else math.ceil(math.sqrt(len(weights)))
    size = max(tiles.rgb.shape[1:3])
    return tile_grid(tiles.rgb, columns=columns, zoom=max(1, round(64 / size))), tiles.limits


def tile_grid(
    rgb: NDArray[np.uint8],
    *,
    columns: int,
    zoom: int = 1,
    gap: int = 4,
    labels: Sequence[str] = (),
    marked: int | None = None,
) -> NDArray[np.uint8]:
    """Lay the pictures `rgb` (N, H, W, 3) out in rows of `columns`, each pixel `zoom` × `zoom` (nearest neighbour).

    Returns RGBA uint8; the `gap` pixels between tiles and the unused places of the last row are transparent.
    `labels`, one for each picture, stand on a strip of LABEL_HEIGHT pixels above it; that of the picture `marked` has
    another colour. Raises ValueError when there are labels, but not one for each picture.

    >>> tile_grid(np.zeros((3, 2, 2, 3), dtype=np.uint8), columns=2, zoom=5).shape
    (24, 24, 4)
    """
    if labels and len(labels) != len(rgb):
        raise ValueError(f"The labels hold {len(labels)} texts for {len(rgb)} pictures: give one for each.")
    big = enlarge(rgb, zoom)
    if labels:
        strips = [_label_strip(text, big.shape[2], i == marked) for i, text in enumerate(labels)]
        big = np.concatenate([np.stack(strips), big], axis=1)
    count, height, width, _ = big.shape
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    picture = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), dtype=np.uint8)
    for i, tile in enumerate(big):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        picture[top : top + height, left : left + width, :3] = tile
        picture[top : top + height, left : left + width, 3] = 255
    return picture


def _label_strip(text: str, width: int, marked: bool) -> NDArray[np.uint8]:
    """Draw white `text` on slate grey, or on blue when marked, which is legible on any background."""
    from PIL import Image, ImageDraw, ImageFont

    strip = Image.new("RGB", (width, LABEL_HEIGHT), (61, 79, 209) if marked else (83, 92, 109))
    draw = ImageDraw.Draw(strip)
    draw.text((width / 2, LABEL_HEIGHT / 2), text, fill="white", anchor="mm", font=ImageFont.load_default(13))
    return np.asarray(strip)


def enlarge(pictures: NDArray[np.uint8], zoom: int) -> NDArray[np.uint8]:
    """Repeat every pixel of `pictures` (N, H, W, channels) as a block of `zoom` × `zoom`.

    >>> enlarge(np.zeros((2, 4, 4, 3), dtype=np.uint8), 3).shape
    (2, 12, 12, 3)
    """
    return pictures.repeat(zoom, axis=1).repeat(zoom, axis=2)


def draw_frame(picture: NDArray[np.uint8], box: tuple[int, int, int, int], line: int = 2) -> NDArray[np.uint8]:
    """Return a copy of `picture` (H, W, 3) with an orange frame, `line` pixels wide, just inside `box`.

    `box` is (top, bottom, left, right), with bottom and right one past the end; it may extend beyond the picture.

    >>> framed = draw_frame(np.zeros((4, 4, 3), dtype=np.uint8), (0, 4, 0, 4), line=1)
    >>> framed[0, 0].tolist(), framed[1, 1].tolist()
    ([232, 119, 46], [0, 0, 0])
    """
    height, width = picture.shape[:2]
    top, bottom, left, right = max(0, box[0]), min(height, box[1]), max(0, box[2]), min(width, box[3])
    edge = np.zeros((height, width), dtype=bool)
    edge[top:bottom, left:right] = True
    edge[top + line : max(top + line, bottom - line), left + line : max(left + line, right - line)] = False
    return np.where(edge[:, :, np.newaxis], np.array(FRAME_COLOUR, dtype=np.uint8), picture)


def image_rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert a stored image (C, H, W) to (H, W, 3): grey is repeated, and of more channels the first three are kept.

    >>> image_rgb(np.array([[[7]]], dtype=np.uint8)).tolist()
    [[[7, 7, 7]]]
    """
    channels = image if len(image) >= 3 else np.repeat(image[:1], 3, axis=0)
    return np.ascontiguousarray(channels[:3].transpose(1, 2, 0))


def _symmetric_limits(values: NDArray[np.float64], per_entry: bool) -> NDArray[np.float64]:
    """Return the symmetric limit of every entry along the first axis, or that of all, repeated."""
    if per_entry:
        return np.array([symmetric_limit(value) for value in values])
    return np.full(len(values), symmetric_limit(values))


def _finite_array(name: str, values: NDArray[np.floating], dimensions: int, expected_shape: str) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != dimensions or not array.size:
        raise ValueError(
            f"The array {name} has shape {array.shape}: it must be {expected_shape}, with at least one value."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"The array {name} holds values that are infinite or not a number: they have no colour.")
    return array

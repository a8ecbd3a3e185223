"""Draw the Shapes data set: smooth outlines of random size, position, angle and colour on a noisy background."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SHAPE_NAMES = ("circle", "square", "triangle", "star", "cross")
MIN_CONTRAST = 60
"""Smallest difference in brightness (0 … 255) between a shape and its background, so that every shape is visible."""
NOISE_DEVIATION = 12.0
"""Standard deviation of the noise, on the scale 0 … 255."""
_SCALE = 4
"""Images are drawn so many times larger and averaged down, which makes the edges smooth."""


def shape_outline(name: str) -> NDArray[np.float64]:
    """Return the corners (N, 2) of a shape around the origin, at a distance of at most 1; a circle has 40 corners.

    Raises ValueError for a name that is not in SHAPE_NAMES.
    """
    if name == "star":
        return _polar_points(np.arange(10) * (np.pi / 5), np.where(np.arange(10) % 2 == 0, 1.0, 0.42))
    if name == "cross":
        long, short = 0.94, 0.32
        arm = np.array([[short, short], [short, long], [-short, long]])
        quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
        return np.concatenate([arm @ np.linalg.matrix_power(quarter, turns).T for turns in range(4)])
    corners = {"circle": 40, "square": 4, "triangle": 3}
    if name not in corners:
        raise ValueError(f"Name is {name!r}: there is no such shape; choose one of {', '.join(SHAPE_NAMES)}.")
    return _polar_points(np.arange(corners[name]) * (2 * np.pi / corners[name]), np.ones(corners[name]))


def draw_shapes(count: int, *, seed: int, size: int = 32) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw `count` colour images (count, 3, size, size) and return them with their class numbers (count,).

    The classes are as equal in number as possible. Colours are random, with a difference in brightness of at least
    MIN_CONTRAST; Gaussian noise of NOISE_DEVIATION is added. The same seed draws the same images.
    Raises ValueError when `count` is below 1 or `size` below 8.
    """
    if count < 1 or size < 8:
        raise ValueError(f"Count is {count} and size is {size}: at least 1 image of at least 8 pixels is needed.")
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count, dtype=np.int64) % len(SHAPE_NAMES))
    outlines = [shape_outline(name) for name in SHAPE_NAMES]
    drawn = np.stack([_draw_shape(outlines[label], size, rng) for label in labels])
    noisy = drawn + rng.normal(0.0, NOISE_DEVIATION, drawn.shape)
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8).transpose(0, 3, 1, 2).copy(), labels


def _draw_shape(corners: NDArray[np.float64], size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw one image (size, size, 3) without noise."""
    angle = rng.uniform(0, 2 * np.pi)
    radius = rng.uniform(0.25, 0.46) * size
    centre = rng.uniform(radius, size - radius, size=2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    background, colour = _random_colours(rng)
    canvas = Image.new("RGB", (size * _SCALE, size * _SCALE), background)
    ImageDraw.Draw(canvas).polygon(((corners @ turn.T * radius + centre) * _SCALE).ravel().tolist(), fill=colour)
    return np.asarray(canvas.reduce(_SCALE))


def _random_colours(rng: np.random.Generator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Draw colours of background and shape whose brightness differs enough (weights of ITU-R BT.601)."""
    while True:
        pair = rng.integers(20, 236, size=(2, 3))
        dark, bright = pair @ np.array([0.299, 0.587, 0.114])
        if abs(bright - dark) >= MIN_CONTRAST:
            return tuple(pair[0].tolist()), tuple(pair[1].tolist())


def _polar_points(angles: NDArray[np.floating], radii: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)

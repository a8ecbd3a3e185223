"""The drawn shapes: outlines, sizes, and contrast with their background."""

import numpy as np
import pytest

from cnn_core.datasets.drawn_shapes import SHAPE_NAMES, draw_shapes, shape_outline


@pytest.mark.parametrize("name", SHAPE_NAMES)
def test_outlines_fit_their_circle_and_have_their_symmetry(name: str) -> None:
    turns = {"circle": 40, "square": 4, "triangle": 3, "star": 5, "cross": 4}[name]
    corners = shape_outline(name)
    assert np.hypot(*corners.T).max() <= 1 + 1e-12
    angle = 2 * np.pi / turns
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    nearest = np.abs(turned[:, np.newaxis] - corners).max(axis=2).min(axis=1)
    assert nearest.max() < 1e-9


def test_shapes_stand_out_from_their_background() -> None:
    images, labels = draw_shapes(50, seed=3)
    assert np.bincount(labels).tolist() == [10] * 5
    grey = np.tensordot(images.astype(float), [0.299, 0.587, 0.114], axes=(1, 0))
    spread = np.percentile(grey, 97, axis=(1, 2)) - np.percentile(grey, 3, axis=(1, 2))
    assert spread.min() > 60 - 2 * 12


@pytest.mark.parametrize("size", [8, 16, 64])
def test_shapes_are_drawn_in_any_size(size: int) -> None:
    images, labels = draw_shapes(10, seed=3, size=size)
    assert images.shape == (10, 3, size, size)
    assert np.bincount(labels).tolist() == [2, 2, 2, 2, 2]


def test_impossible_drawings_get_a_sentence() -> None:
    with pytest.raises(ValueError, match="Count is 0"):
        draw_shapes(0, seed=0)
    with pytest.raises(ValueError, match="size is 7"):
        draw_shapes(1, seed=0, size=7)
    with pytest.raises(ValueError, match="there is no such shape"):
        shape_outline("heart")

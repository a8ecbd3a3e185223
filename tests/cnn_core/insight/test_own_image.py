"""One's own pictures and drawings made ready for a network: sizes, channels, ink, centring."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.insight.own_image import fit_image, fit_with_steps, is_bright_on_black

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40))


@given(shape=SHAPES, size=st.tuples(st.integers(1, 90), st.integers(1, 90)), ink=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_every_picture_gets_the_shape(shape: tuple[int, int, int], size: tuple[int, int], ink: bool, seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    found = fit_with_steps(rgb, shape, is_drawing=ink)
    assert found.image.shape == shape
    assert found.image.dtype == np.uint8


def test_a_picture_of_the_right_size_stays_as_it_is() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    found = fit_with_steps(rgb, (3, 32, 32))
    np.testing.assert_array_equal(found.image, rgb.transpose(2, 0, 1))
    assert found.steps == ()


def test_a_wide_picture_is_cut_in_the_middle() -> None:
    rgb = np.zeros((20, 60, 3), np.uint8)
    rgb[:, 20:40] = (200, 100, 50)
    image = fit_image(rgb, (3, 10, 10))
    assert (image == np.array([200, 100, 50])[:, None, None]).all()


def drawing(top: int, left: int, *, ground: int = 255) -> np.ndarray:
    """A one, slightly heavier at its foot, drawn at a place of a pad of 280 × 280."""
    rgb = np.full((280, 280, 3), ground, np.uint8)
    rgb[top : top + 100, left : left + 16] = 255 - ground
    rgb[top + 88 : top + 100, left - 20 : left + 36] = 255 - ground
    return rgb


def test_a_drawing_is_the_same_wherever_it_is_drawn_and_on_either_ground() -> None:
    first = fit_image(drawing(20, 60), (1, 28, 28), is_drawing=True)
    for other in (drawing(150, 200), drawing(20, 60, ground=0)):
        np.testing.assert_array_equal(fit_image(other, (1, 28, 28), is_drawing=True), first)


def test_a_drawing_is_as_large_and_centred_as_mnist_makes_it() -> None:
    image = fit_image(drawing(20, 60), (1, 28, 28), is_drawing=True)[0]
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert image.max() == 255
    assert image[0, 0] == 0
    centre = [float((image.sum(axis=1 - axis) * np.arange(28)).sum() / image.sum()) for axis in (0, 1)]
    assert np.abs(np.array(centre) - 13.5).max() <= 0.5


def test_on_few_pixels_a_digit_fills_the_height() -> None:
    image = fit_image(drawing(20, 60), (1, 8, 8), is_drawing=True)[0]
    assert image.any(axis=1).all()


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_an_empty_drawing_is_black_and_said_to_be_empty(ground: int) -> None:
    found = fit_with_steps(np.full((50, 50, 3), ground, np.uint8), (1, 28, 28), is_drawing=True)
    assert found.is_empty
    assert not found.image.any()
    assert "no ink" in found.steps[0]


def test_other_channel_counts_repeat_the_brightness_and_say_so() -> None:
    found = fit_with_steps(np.full((9, 9, 3), (255, 0, 0), np.uint8), (4, 9, 9))
    assert (found.image == 76).all()
    assert "repeated on its 4 channels" in found.steps[-1]


def test_bright_on_black_is_told_from_photographs() -> None:
    digits = np.zeros((5, 1, 8, 8), np.uint8)
    digits[:, :, 2:6, 3:5] = 255
    assert is_bright_on_black(digits)
    assert not is_bright_on_black(255 - digits)
    assert not is_bright_on_black(np.zeros((5, 3, 8, 8), np.uint8))
    assert not is_bright_on_black(np.zeros((0, 1, 8, 8), np.uint8))


@pytest.mark.parametrize("rgb", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_picture_is_refused(rgb: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"must be uint8 \(height, width, 3\)"):
        fit_image(rgb, (1, 8, 8))


def test_an_impossible_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="each at least 1"):
        fit_image(np.zeros((4, 4, 3), np.uint8), (1, 0, 8))

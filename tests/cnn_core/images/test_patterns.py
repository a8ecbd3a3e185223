"""The drawn test patterns."""

import numpy as np
import pytest

from cnn_core.images import PATTERNS, draw_pattern

TITLES = [pattern.title for pattern in PATTERNS]


def grey(title: str, **how) -> np.ndarray:
    return draw_pattern(title, **how)[..., 0].astype(float)


@pytest.mark.parametrize("title", TITLES)
def test_every_pattern_is_a_grey_picture_with_contrast(title):
    image = draw_pattern(title)
    assert image.shape == (256, 256, 3)
    assert image.dtype == np.uint8
    assert (image == image[..., :1]).all()
    assert np.ptp(image) > 100


def test_an_edge_and_a_gradient_get_brighter_where_the_angle_points():
    for title in ("Edge", "Gradient"):
        assert (np.diff(grey(title, angle=0), axis=1) >= 0).all()
        assert (np.diff(grey(title, angle=90), axis=0) >= 0).all()
        assert (np.diff(grey(title, angle=180), axis=1) <= 0).all()
        assert np.trace(grey(title, angle=45)) == pytest.approx(np.trace(grey(title, angle=-45)[::-1]), rel=1e-3)


@pytest.mark.parametrize("period", [4, 8, 32])
@pytest.mark.parametrize("angle", [0, 90])
def test_stripes_have_the_frequency_asked_for(period, angle):
    spectrum = np.abs(np.fft.fft2(grey("Stripes", period=period, angle=angle) - 127.5))
    peak = np.unravel_index(spectrum[:129, :129].argmax(), (129, 129))
    assert peak == ((0, 256 // period) if angle == 0 else (256 // period, 0))


def test_a_checkerboard_repeats_after_its_period():
    board = grey("Checkerboard", period=10)
    np.testing.assert_array_equal(board[:, 10:], board[:, :-10])
    np.testing.assert_array_equal(board[5:, 5:], board[:-5, :-5])
    assert (board[5:] != board[:-5]).all()


def test_an_impulse_is_one_pixel():
    assert np.count_nonzero(grey("Impulse")) == 1


def test_rings_get_finer_outwards():
    middle = grey("Rings")[128]
    crossings = np.flatnonzero(np.diff(middle > 127.5))
    right = np.diff(crossings[crossings > 128])
    assert right[0] > 3 * right[-1]
    assert right[-1] <= 2


def test_noise_follows_its_seed_and_text_its_words():
    np.testing.assert_array_equal(draw_pattern("Noise", seed=4), draw_pattern("Noise", seed=4))
    assert (draw_pattern("Noise", seed=4) != draw_pattern("Noise", seed=5)).any()
    assert grey("Noise").std() == pytest.approx(40, rel=0.02)
    assert (draw_pattern("Text", text="A") != draw_pattern("Text", text="B")).any()
    assert np.ptp(draw_pattern("Text", text="")) == 0  # nothing written: a flat ground
    assert draw_pattern("Text", text="W" * 10_000).shape == (256, 256, 3)


def test_bad_patterns_get_a_sentence():
    with pytest.raises(ValueError, match="There is no pattern “Plaid”: choose Edge, Stripes"):
        draw_pattern("Plaid")
    with pytest.raises(ValueError, match="Period is 1: it must be a number of at least 2"):
        draw_pattern("Stripes", period=1)
    with pytest.raises(ValueError, match="Period is nan"):
        draw_pattern("Stripes", period=float("nan"))

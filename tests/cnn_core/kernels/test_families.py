"""Kernels by family against their definitions, SciPy and scikit-image."""

import numpy as np
import pytest
from scipy import ndimage, signal
from skimage import filters

from cnn_core.kernels import families
from cnn_core.kernels.families import PARAMETERS
from cnn_core.kernels.filtering import apply_kernel
from cnn_core.kernels.library import FAMILIES
from cnn_core.kernels.notation import (
    parse_kernel,
)
from tests.cnn_core.kernels.drawn import BLIND, weights_of

ANGLES = range(-180, 181, 15)


def test_the_families_of_the_field_are_there():
    groups = {family.group for family in FAMILIES.values()}
    assert groups == {*BLIND, "Blur", "Sharpen", "Texture", "Unchanged"}
    assert {"Sobel", "Prewitt", "Scharr", "Gabor", "Difference of Gaussians", "Motion blur"} <= set(FAMILIES)
    assert {name for family in FAMILIES.values() for name in family.defaults} == set(PARAMETERS)


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
def test_gaussian_against_scipy(size, sigma):
    impulse = np.zeros((size, size))
    impulse[size // 2, size // 2] = 1
    wanted = ndimage.gaussian_filter(impulse, sigma, radius=size // 2, mode="constant")
    np.testing.assert_allclose(families.gaussian_kernel(size, sigma), wanted / wanted.sum(), atol=3e-4)


def test_laplacian_of_gaussian_against_scipy():
    impulse = np.zeros((11, 11))
    impulse[5, 5] = 1
    wanted = ndimage.gaussian_laplace(impulse, 1.5, mode="constant")
    np.testing.assert_allclose(families.laplacian_of_gaussian(11, 1.5), wanted, atol=2e-3)
    ring = families.laplacian_of_gaussian(5, 0.8)
    assert ring[2, 2] == ring.min() < 0
    np.testing.assert_array_equal(ring, ring.T)


def test_difference_of_gaussians_is_nearly_the_laplacian_turned_over():
    dog, log = families.difference_of_gaussians(11, 1.2, 1.6), families.laplacian_of_gaussian(11, 1.5)
    assert np.corrcoef(dog.ravel(), -log.ravel())[0, 1] > 0.98


@pytest.mark.parametrize(("angle", "wavelength", "phase"), [(0, 4, 0), (30, 5, 90), (90, 6, 45), (-60, 3, 180)])
def test_gabor_against_scikit_image(angle, wavelength, phase):
    ours = families.gabor_kernel(11, 2.0, angle, wavelength, phase)
    theirs = filters.gabor_kernel(
        1 / wavelength, np.deg2rad(angle), sigma_x=2, sigma_y=2, n_stds=2.5, offset=np.deg2rad(phase)
    ).real
    bell = families.gaussian_kernel(11, 2.0)
    theirs = theirs - bell * theirs.sum() / bell.sum()  # ours is blind to flat areas
    np.testing.assert_allclose(ours, theirs / np.abs(theirs).max(), atol=3e-3)


@pytest.mark.parametrize("size", [2, 3, 5, 7, 11])
def test_sobel_is_binomial_smoothing_and_a_difference(size):
    smooth = np.array([1.0])
    for _ in range(size - 1):
        smooth = np.convolve(smooth, [1, 1])
    weights = weights_of("Sobel", size)
    np.testing.assert_array_equal(weights[:, -1] / weights[0, -1], smooth)
    np.testing.assert_array_equal(weights, -weights[:, ::-1])


@pytest.mark.parametrize("name", ["Sobel", "Prewitt", "Scharr", "Gaussian derivative"])
def test_slopes_point_where_it_gets_brighter(name):
    for size in (3, 5) if name != "Scharr" else (3,):
        response = []
        for angle in ANGLES:
            y, x = np.indices((9, 9))
            turn = np.deg2rad(angle)
            ramp = 100 + 5 * (x - 4) * np.cos(turn) + 5 * (y - 4) * np.sin(turn)
            along = apply_kernel(ramp, weights_of(name, size, angle=angle))[4, 4]
            across = apply_kernel(ramp, weights_of(name, size, angle=(angle + 270) % 360 - 180))[4, 4]
            assert along > 0
            assert abs(across) < 2e-3 * along
            response.append(along)
        assert np.ptp(response) < 2e-3 * max(response)  # equally steep at every angle


def test_the_classics_have_their_textbook_weights():
    classics = {
        "Sobel 3": "-1 0 1; -2 0 2; -1 0 1",
        "Sobel 3 angle=90": "-1 -2 -1; 0 0 0; 1 2 1",
        "Sobel 5": "-1 -2 0 2 1; -4 -8 0 8 4; -6 -12 0 12 6; -4 -8 0 8 4; -1 -2 0 2 1",
        "Prewitt 3": "-1 0 1; -1 0 1; -1 0 1",
        "Prewitt 2": "-1 1; -1 1",
        "Scharr 3": "-3 0 3; -10 0 10; -3 0 3",
        "Laplacian": "0 1 0; 1 -4 1; 0 1 0",
        "Sharpen": "0 -1 0; -1 5 -1; 0 -1 0",
        "Emboss": "-2 -1 0; -1 1 1; 0 1 2",
        "Line 3 angle=45": "2 -1 -1; -1 2 -1; -1 -1 2",
        "Line 3 angle=-45": "-1 -1 2; -1 2 -1; 2 -1 -1",
        "Corner 3": "-1 0 -1; 0 0 0; -1 0 3",
        "Corner 3 angle=90": "-1 0 -1; 0 0 0; 3 0 -1",
        "Saddle 2": "1 -1; -1 1",
        "Box blur 2": "1/4 1/4; 1/4 1/4",
        "Identity 4": "0 0 0 0; 0 1 0 0; 0 0 0 0; 0 0 0 0",
        "Motion blur 3 angle=90": "0 1/3 0; 0 1/3 0; 0 1/3 0",
    }
    for text, wanted in classics.items():
        np.testing.assert_allclose(parse_kernel(text).weights, parse_kernel(wanted).weights, atol=1e-4, err_msg=text)


def test_a_shift_moves_the_picture():
    image = np.random.default_rng(0).integers(0, 256, (12, 12)).astype(float)
    moved = apply_kernel(image, weights_of("Shift", 5, right=2, down=-1))
    np.testing.assert_array_equal(moved[1:-1, 2:], image[2:, :-2])


def test_corners_answer_more_than_edges_and_saddles_not_to_edges():
    picture = np.zeros((21, 21))
    picture[10:, 10:] = 100  # a bright quarter
    edge = np.zeros((21, 21))
    edge[:, 10:] = 100
    for size in (3, 5, 7):
        strongest = [apply_kernel(shape, weights_of("Corner", size))[3:-3, 3:-3].max() for shape in (picture, edge)]
        assert strongest[0] > strongest[1]
        saddle = weights_of("Saddle", size)
        assert np.abs(apply_kernel(edge, saddle)[5:-5]).max() == 0
        assert apply_kernel(picture, saddle)[5:-5, 5:-5].max() > 0


def test_random_weights_have_the_variance_of_he():
    drawn = np.concatenate([weights_of("Random", 11, seed=seed).ravel() for seed in range(30)])
    assert drawn.var() == pytest.approx(2 / 121, rel=0.1)
    assert (weights_of("Random", 3, seed=1) != weights_of("Random", 3, seed=2)).any()


def test_motion_blur_against_a_line():
    np.testing.assert_allclose(weights_of("Motion blur", 5, angle=0)[2], [0.2] * 5, atol=1e-4)
    steep = weights_of("Motion blur", 7, angle=45)
    assert np.trace(steep) > 0.6  # most of it on the falling diagonal


def test_blurs_are_what_signal_processing_calls_windows():
    row = families.gaussian_kernel(9, 1.7).sum(axis=0)
    np.testing.assert_allclose(row, (w := signal.windows.gaussian(9, 1.7)) / w.sum(), atol=1e-3)

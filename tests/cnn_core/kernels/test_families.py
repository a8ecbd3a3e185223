"""Kernels by family: definitions, sizes, text, and hostile recipes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal
from skimage import filters

from cnn_core.kernels import families
from cnn_core.kernels.families import PARAMETERS, SIZES
from cnn_core.kernels.filtering import apply_kernel
from cnn_core.kernels.library import FAMILIES
from cnn_core.kernels.notation import (
    describe_sum,
    format_weights,
    make_kernel,
    make_recipe,
    parse_kernel,
    recognise_recipe,
    suggest_view,
)

BLIND = ("Edges", "Spots and outlines", "Lines and corners")
ANGLES = range(-180, 181, 15)


def weights_of(family: str, size: int | None = None, **values: float) -> np.ndarray:
    return make_kernel(make_recipe(family, size, **values)).weights


@st.composite
def recipes(draw):
    """Any family at any size with any value of its parameters, from end to end."""
    family = FAMILIES[draw(st.sampled_from(list(FAMILIES)))]
    values = {
        name: draw(st.one_of(st.sampled_from([PARAMETERS[name].low, PARAMETERS[name].high]), _steps(name)))
        for name in family.defaults
    }
    return make_recipe(family.name, draw(st.sampled_from(SIZES)), **values)


def _steps(name: str):
    allowed = PARAMETERS[name]
    last = round((allowed.high - allowed.low) / allowed.step)
    return st.integers(0, last).map(lambda i: round(allowed.low + i * allowed.step, 6))


def test_the_families_of_the_field_are_there():
    groups = {family.group for family in FAMILIES.values()}
    assert groups == {*BLIND, "Blur", "Sharpen", "Texture", "Unchanged"}
    assert {"Sobel", "Prewitt", "Scharr", "Gabor", "Difference of Gaussians", "Motion blur"} <= set(FAMILIES)
    assert {name for family in FAMILIES.values() for name in family.defaults} == set(PARAMETERS)


@settings(max_examples=300, deadline=None)
@given(recipes())
def test_every_recipe_makes_finite_weights_that_survive_text(made_by):
    kernel = make_kernel(made_by)
    assert kernel.weights.shape == (max(made_by.size, FAMILIES[made_by.family].smallest_size),) * 2
    assert np.isfinite(kernel.weights).all()
    assert parse_kernel(str(made_by)).recipe == made_by
    words = format_weights(kernel)
    np.testing.assert_array_equal(parse_kernel(words).weights, kernel.weights)
    assert max(map(len, words.replace(";", "").split())) <= 11  # a number fits its cell
    total = kernel.weights.sum()
    if FAMILIES[made_by.family].group in BLIND or made_by.family == "Gabor":
        assert total == pytest.approx(0, abs=1e-9 * max(1, np.abs(kernel.weights).sum()))
    elif FAMILIES[made_by.family].group in ("Blur", "Unchanged") or made_by.family in ("Sharpen", "Unsharp mask"):
        assert total == pytest.approx(1, abs=1e-9)


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gaussian blur 5 width=2", "Gaussian blur has no parameter “width”: it takes sigma"),
        ("Identity 3 sigma=2", "Identity has no parameter “sigma”: it takes none"),
        ("Gaussian blur 5 sigma=wide", "“sigma=wide” of the kernel is no setting: right is a name and a number"),
        ("Gaussian blur five", "“five” of the kernel is no setting"),
        ("Canny 3", "“Canny” in row 1, column 1 of the kernel is not a number"),
        ("", "holds no numbers"),
        ("; ".join(["1 " * 12] * 2), "The kernel is 2 × 12: at most 11 × 11"),
        ("1 2; 3", "Row 2 of the kernel has length 1"),
        ("gaussian blur 5", "not a number"),
        ("Gabor 9 __class__=1", "has no parameter “__class__”"),
    ],
)
def test_bad_kernels_get_a_sentence(text, words):
    with pytest.raises(ValueError, match=words):
        parse_kernel(text)


def test_values_out_of_range_are_brought_back():
    assert str(make_recipe("Gaussian blur", 400, sigma=1e9)) == "Gaussian blur 11 sigma=4"
    assert str(make_recipe("Scharr", 1, angle=float("nan"))) == "Scharr 3 angle=0"
    assert parse_kernel("Gabor 5 sigma=-inf wavelength=0").recipe == make_recipe("Gabor", 5, sigma=0.3, wavelength=2)
    with pytest.raises(ValueError, match="There is no kernel “Canny”: choose Sobel"):
        make_recipe("Canny")


def test_recognition():
    assert recognise_recipe(parse_kernel("-1 0 1; -2 0 2; -1 0 1").weights) == make_recipe("Sobel", 3)
    assert recognise_recipe(parse_kernel("-1 -2 -1; 0 0 0; 1 2 1").weights) == make_recipe("Sobel", 3, angle=90)
    for name in FAMILIES:
        found = recognise_recipe(weights_of(name, 5))
        assert found is not None
        np.testing.assert_array_equal(make_kernel(found).weights, weights_of(name, 5))
        assert found.family == name
    assert recognise_recipe(weights_of("Sobel") + 0.5) is None
    assert recognise_recipe(np.ones((5, 3))) is None
    assert recognise_recipe(np.ones((40, 40))) is None


def test_what_the_sum_of_the_weights_tells():
    assert "add up to 0" in describe_sum(weights_of("Sobel"))
    assert "add up to 1" in describe_sum(weights_of("Box blur"))
    assert "add up to −9: flat areas come out −9 times" in describe_sum(-np.ones((3, 3)))
    assert suggest_view(weights_of("Laplacian")) == "signed"
    assert suggest_view(weights_of("Sharpen")) == "clamp"


def test_blurs_are_what_signal_processing_calls_windows():
    row = families.gaussian_kernel(9, 1.7).sum(axis=0)
    np.testing.assert_allclose(row, (w := signal.windows.gaussian(9, 1.7)) / w.sum(), atol=1e-3)

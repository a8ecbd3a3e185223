"""Filtering against scipy and torch, the named kernels against their definitions, and honest scales."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from cnn_core import kernels
from cnn_core.images import to_grey
from cnn_core.kernel_code import scipy_code, torch_code
from cnn_core.kernels import KERNELS, apply_kernel, named, pad_image, recognise
from cnn_core.matrices import format_matrix, parse_matrix

SCIPY = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}
TORCH = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
NAMES = [kernel.name for kernel in KERNELS]

pictures = hnp.arrays(np.uint8, st.tuples(st.integers(3, 12), st.integers(3, 12)))
colour_pictures = hnp.arrays(np.uint8, st.tuples(st.integers(3, 8), st.integers(3, 8), st.just(3)))
some_weights = st.sampled_from([3, 5]).flatmap(
    lambda k: hnp.arrays(np.float64, (k, k), elements=st.floats(-10, 10, width=32))
)


@settings(max_examples=60, deadline=None)
@given(pictures, some_weights, st.sampled_from(list(SCIPY)), st.booleans())
def test_filtering_agrees_with_scipy(image, weights, mode, flip):
    oracle = ndimage.convolve if flip else ndimage.correlate
    wanted = oracle(image.astype(np.float64), weights, mode=SCIPY[mode])
    result = apply_kernel(image, weights, padding_mode=mode, flip=flip)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, wanted, atol=1e-6 * 255 * (1 + np.abs(weights).sum()))


@settings(max_examples=30, deadline=None)
@given(colour_pictures, some_weights, st.sampled_from([*TORCH, "valid"]))
def test_filtering_each_channel_agrees_with_torch(image, weights, mode):
    k = len(weights)
    x = torch.tensor(image.astype(np.float64)).permute(2, 0, 1)[None]
    if mode == "valid":
        if k > min(image.shape[:2]):
            with pytest.raises(ValueError, match="does not fit"):
                apply_kernel(image, weights, per_channel=True, padding_mode=mode)
            return
    else:
        x = torch.nn.functional.pad(x, [k // 2] * 4, mode=TORCH[mode])
    wanted = torch.nn.functional.conv2d(x, torch.tensor(weights)[None, None].repeat(3, 1, 1, 1), groups=3)
    result = apply_kernel(image, weights, per_channel=True, padding_mode=mode)
    tolerance = 1e-6 * 255 * (1 + np.abs(weights).sum())
    np.testing.assert_allclose(result, wanted[0].permute(1, 2, 0), atol=tolerance)


def test_grey_filters_the_brightness():
    image = np.random.default_rng(0).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    w = named("Sobel x").weights
    np.testing.assert_array_equal(apply_kernel(image, w), apply_kernel(to_grey(image), w))


@pytest.mark.parametrize("mode", kernels.PADDING_MODES)
def test_one_pixel_is_filtered_or_refused(mode):
    pixel = np.full((1, 1), 100, np.uint8)
    if mode == "valid":
        with pytest.raises(ValueError, match="The kernel is 3 × 3 and the picture 1 × 1"):
            apply_kernel(pixel, np.ones((3, 3)), padding_mode=mode)
    else:
        assert apply_kernel(pixel, np.ones((3, 3)), padding_mode=mode).item() == (100 if mode == "zeros" else 9 * 100)


def test_padding_keeps_the_pixels_in_the_middle():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    padded = pad_image(image, np.zeros((5, 5)), "replicate")
    assert padded.shape == (3 + 4, 4 + 4)
    np.testing.assert_array_equal(padded[2:5, 2:6], image)
    assert pad_image(image, np.zeros((3, 3)), "valid") is image
    with pytest.raises(ValueError, match="padding_mode is “same”: choose zeros"):
        pad_image(image, np.zeros((3, 3)), "same")


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([[1, 2, 3], [4, 5, np.nan], [7, 8, 9]], "row 2, column 3 is empty: type a number"),
        ([[np.inf, 2, 3]], "row 1, column 1 is infinite"),
        ([[1, 2], [3, 4]], "is 2 × 2: give it an odd number"),
        ([1, 2, 3], "so that it has a middle"),
        ([[]], "odd number"),
    ],
)
def test_bad_weights_get_a_sentence(weights, words):
    with pytest.raises(ValueError, match=words):
        apply_kernel(np.zeros((5, 5), np.uint8), np.array(weights, dtype=np.float64))


def test_there_are_enough_kernels_and_names_are_unique():
    assert len(KERNELS) >= 20
    assert len(set(NAMES)) == len(NAMES)
    assert {kernel.weights.shape for kernel in KERNELS} == {(3, 3), (5, 5)}


@pytest.mark.parametrize("kernel", KERNELS, ids=NAMES)
def test_named_kernels_survive_text_and_are_recognised(kernel):
    text = format_matrix(kernel.weights)
    assert recognise(parse_matrix(text)).name == kernel.name
    assert max(map(len, text.replace(";", "").split())) <= 8  # a word fits its cell


@pytest.mark.parametrize("kernel", [k for k in KERNELS if k.family == "Blur"], ids=lambda kernel: kernel.name)
def test_blurs_keep_flat_areas(kernel):
    assert kernel.weights.sum() == pytest.approx(1, abs=1e-12)
    assert kernel.weights.min() >= 0


@pytest.mark.parametrize("family", ["Edges", "Spots and outlines", "Lines"])
def test_detectors_see_nothing_in_flat_areas(family):
    for kernel in KERNELS:
        if kernel.family == family:
            assert kernel.weights.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", ["Sobel", "Prewitt", "Scharr"])
def test_slopes_of_a_ramp(name):
    ramp = np.tile(np.arange(7, dtype=np.uint8) * 10, (7, 1))
    x, y = named(f"{name} x").weights, named(f"{name} y").weights
    assert apply_kernel(ramp, x)[3, 3] == 20 * x[:, 2].sum()  # brighter to the right: positive
    assert apply_kernel(ramp, y)[3, 3] == 0
    np.testing.assert_array_equal(apply_kernel(ramp.T, y), apply_kernel(ramp, x).T)


def test_gaussian_against_scipy():
    impulse = np.zeros((41, 41))
    impulse[20, 20] = 1
    wanted = ndimage.gaussian_filter(impulse, 0.8, truncate=2 / 0.8)[18:23, 18:23]
    np.testing.assert_allclose(kernels.gaussian(5, 0.8), wanted / wanted.sum(), atol=2e-4)


def test_laplacian_of_gaussian_is_a_dark_middle_in_a_bright_ring():
    for sigma in kernels.SIGMAS:
        w = kernels.laplacian_of_gaussian(5, sigma)
        assert w[2, 2] == w.min() < 0
        assert w.sum() == pytest.approx(0, abs=1e-12)
        np.testing.assert_array_equal(w, w.T)


@pytest.mark.parametrize("sigma", [0.4, 1.3, 2.0])
@pytest.mark.parametrize("name", ["Gaussian 3 × 3", "Gaussian 5 × 5", "Laplacian of Gaussian"])
def test_the_width_of_a_gaussian_is_recognised(name, sigma):
    found = recognise(named(name, sigma).weights)
    assert (found.name, found.sigma) == (name, sigma)


def test_recognition():
    sobel = named("Sobel x").weights
    assert recognise(kernels.resize(sobel, 5)).name == "Sobel x"  # zeros around change nothing
    assert recognise(sobel + 0.5) is None
    assert recognise(np.ones((5, 3))) is None
    with pytest.raises(ValueError, match="no kernel “Canny”: choose Sobel x"):
        named("Canny")


def test_resizing_keeps_the_centre():
    w = np.arange(25.0).reshape(5, 5)
    np.testing.assert_array_equal(kernels.resize(w, 3), w[1:4, 1:4])
    np.testing.assert_array_equal(kernels.resize(kernels.resize(w[1:4, 1:4], 5), 3), w[1:4, 1:4])
    np.testing.assert_array_equal(kernels.resize(w, 5), w)


def test_what_the_sum_of_the_weights_tells():
    assert "add up to 0" in kernels.on_balance(named("Sobel x").weights)
    assert "add up to 1" in kernels.on_balance(named("Box blur 3 × 3").weights)
    assert "add up to −9: flat areas come out −9 times" in kernels.on_balance(-np.ones((3, 3)))
    assert kernels.usual_view(named("Laplacian").weights) == "signed"
    assert kernels.usual_view(named("Sharpen").weights) == "clamp"


def test_the_pixel_that_changes_most():
    image = np.full((40, 40), 100, np.uint8)
    image[21, 17] = 200
    w = named("Laplacian").weights
    padded = pad_image(image, w, "zeros")
    assert kernels.most_changed(apply_kernel(image, w), padded, w) == (21, 17)  # not the border, dark with padding
    identity = named("Identity").weights
    assert kernels.most_changed(apply_kernel(image, identity), padded, identity) == (20, 20)
    one = np.full((1, 1), 9, np.uint8)
    assert kernels.most_changed(apply_kernel(one, w), pad_image(one, w, "zeros"), w) == (0, 0)


@pytest.mark.parametrize("mode", kernels.PADDING_MODES)
@pytest.mark.parametrize("flip", [False, True])
def test_the_code_shown_does_what_the_page_does(mode, flip):
    image = np.random.default_rng(1).integers(0, 256, (12, 10), dtype=np.uint8)
    w = named("Unsharp mask").weights + np.arange(25).reshape(5, 5)  # no symmetry that could hide a flip
    wanted = apply_kernel(image, w, padding_mode=mode, flip=flip)
    here = {"x": torch.tensor(image[None, None], dtype=torch.float64), "w": torch.tensor(w)}
    exec(torch_code(mode, flip), here)
    np.testing.assert_allclose(here["y"][0, 0], wanted, rtol=1e-5, atol=1e-2)
    here = {"x": image.astype(float), "w": w}
    exec(scipy_code(mode, flip), here)
    np.testing.assert_allclose(here["y"], wanted, rtol=1e-5, atol=1e-2)

"""Filtering against SciPy and PyTorch: every family, size and padding mode, stride, dilation, bias and ReLU."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from cnn_core.images import to_grey
from cnn_core.kernels.as_code import SCIPY_PADS, TORCH_PADS
from cnn_core.kernels.filtering import (
    CHANNELS,
    PADDING_MODES,
    FilterSettings,
    apply_kernel,
    filter_picture,
    most_changed_pixel,
    pad_image,
    padding_margins,
    select_channels,
)
from cnn_core.kernels.library import FAMILIES
from tests.cnn_core.kernels.drawn import weights_of

pictures = hnp.arrays(np.uint8, st.tuples(st.integers(3, 12), st.integers(3, 12)))


colour_pictures = hnp.arrays(np.uint8, st.tuples(st.integers(3, 8), st.integers(3, 8), st.just(3)))


some_weights = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-10, 10, width=32)
)


PICTURE = np.random.default_rng(3).integers(0, 256, (40, 37), dtype=np.uint8)


def scipy_filter(image: np.ndarray, weights: np.ndarray, mode: str) -> np.ndarray:
    origin = tuple(side % 2 - 1 for side in weights.shape)
    return ndimage.correlate(image.astype(np.float64), weights, mode=SCIPY_PADS[mode], origin=origin)


def tolerance(weights: np.ndarray) -> float:
    return 1e-6 * 255 * (1 + float(np.abs(weights).sum()))


@settings(max_examples=60, deadline=None)
@given(pictures, some_weights, st.sampled_from(list(SCIPY_PADS)), st.booleans())
def test_filtering_agrees_with_scipy(image, weights, mode, flip):
    wanted = scipy_filter(image, weights[::-1, ::-1] if flip else weights, mode)
    result = apply_kernel(image, weights, FilterSettings(padding_mode=mode, flip=flip))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, wanted, atol=tolerance(weights))


@pytest.mark.parametrize("mode", PADDING_MODES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_at_every_size_agrees_with_scipy_and_torch(family, mode):
    x = torch.tensor(PICTURE[None, None].astype(np.float64))
    for size in range(FAMILIES[family].smallest_size, 12):
        weights = weights_of(family, size)
        result = apply_kernel(PICTURE, weights, FilterSettings(padding_mode=mode))
        before, after = (size - 1) // 2, size // 2
        if mode == "valid":  # what SciPy makes with any padding, where all of the window lies inside
            inside = tuple(slice(before, side - after) for side in PICTURE.shape)
            scipy, padded = scipy_filter(PICTURE, weights, "zeros")[inside], x
        else:
            scipy = scipy_filter(PICTURE, weights, mode)
            padded = torch.nn.functional.pad(x, [before, after] * 2, mode=TORCH_PADS[mode])
        np.testing.assert_allclose(result, scipy, atol=tolerance(weights))
        torchs = torch.nn.functional.conv2d(padded, torch.tensor(weights)[None, None])[0, 0]
        np.testing.assert_allclose(result, torchs, atol=tolerance(weights))


@settings(max_examples=60, deadline=None)
@given(
    colour_pictures,
    some_weights,
    st.sampled_from([*TORCH_PADS, "valid"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.floats(-50, 50, width=32),
    st.booleans(),
)
def test_layers_on_each_channel_agree_with_torch(image, weights, mode, stride, dilation, bias, relu):
    layer = FilterSettings(stride, dilation, mode, False, bias, relu)
    x = torch.tensor(image.astype(np.float64)).permute(2, 0, 1)[None]
    reach = [dilation * (side - 1) + 1 for side in weights.shape]
    if mode == "valid" and (reach[0] > image.shape[0] or reach[1] > image.shape[1]):
        with pytest.raises(ValueError, match="without padding it does not fit"):
            apply_kernel(image, weights, layer)
        return
    if mode != "valid":
        sides = [(reach[1] - 1) // 2, reach[1] // 2, (reach[0] - 1) // 2, reach[0] // 2]
        if mode == "zeros" or max(reach) // 2 < min(image.shape[:2]):  # what torch can do
            x = torch.nn.functional.pad(x, sides, mode=TORCH_PADS[mode])
        else:
            return
    kernels = torch.tensor(weights)[None, None].repeat(3, 1, 1, 1)
    wanted = torch.nn.functional.conv2d(x, kernels, torch.full((3,), bias).double(), stride, 0, dilation, 3)
    wanted = wanted.relu() if relu else wanted
    result = apply_kernel(image, weights, layer)
    np.testing.assert_allclose(result, wanted[0].permute(1, 2, 0), atol=tolerance(weights) + 1e-4)


def test_sums_of_whole_numbers_are_exact():
    weights = np.arange(-60.0, 61).reshape(11, 11)
    wanted = scipy_filter(PICTURE.astype(np.int64), weights, "zeros")
    np.testing.assert_array_equal(apply_kernel(PICTURE, weights), wanted)


@pytest.mark.parametrize("mode", PADDING_MODES)
def test_one_pixel_is_filtered_or_refused(mode):
    pixel = np.full((1, 1), 100, np.uint8)
    if mode == "valid":
        with pytest.raises(ValueError, match="reaches over 3 × 3 pixels and the picture has 1 × 1"):
            apply_kernel(pixel, np.ones((3, 3)), FilterSettings(padding_mode=mode))
    else:
        wanted = 100 if mode == "zeros" else 9 * 100
        assert apply_kernel(pixel, np.ones((3, 3)), FilterSettings(padding_mode=mode)).item() == wanted


def test_padding_keeps_the_pixels_in_the_middle():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    padded = pad_image(image, np.zeros((5, 5)), FilterSettings(padding_mode="replicate"))
    assert padded.shape == (3 + 4, 4 + 4)
    np.testing.assert_array_equal(padded[2:5, 2:6], image)
    assert pad_image(image, np.zeros((3, 3)), FilterSettings(padding_mode="valid")) is image
    assert padding_margins(np.zeros((4, 1)), FilterSettings()) == ((1, 2), (0, 0))  # the extra one at the bottom
    assert padding_margins(np.zeros((2, 3)), FilterSettings(dilation=3)) == ((1, 2), (3, 3))
    with pytest.raises(ValueError, match="Padding mode is 'same': choose one of zeros"):
        pad_image(image, np.zeros((3, 3)), FilterSettings(padding_mode="same"))


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([[1, 2, 3], [4, 5, np.nan], [7, 8, 9]], "row 2, column 3 is empty: type a number"),
        ([[np.inf, 2, 3]], "row 1, column 1 is infinite"),
        ([1, 2, 3], "The kernel is 3: give it rows and columns"),
        ([[]], "The kernel is 1 × 0"),
    ],
)
def test_bad_weights_get_a_sentence(weights, words):
    with pytest.raises(ValueError, match=words):
        apply_kernel(np.zeros((5, 5), np.uint8), np.array(weights, dtype=np.float64))


def test_channels():
    image = np.random.default_rng(0).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(select_channels(image, "grey"), to_grey(image))
    assert select_channels(image, "colour") is image
    for index, name in enumerate(("red", "green", "blue")):
        np.testing.assert_array_equal(select_channels(image, name), image[..., index])
    with pytest.raises(ValueError, match=f"Channels is 'alpha': choose one of {', '.join(CHANNELS)}"):
        select_channels(image, "alpha")


def test_the_pixel_that_changes_most():
    image = np.full((40, 40), 100, np.uint8)
    image[21, 17] = 200
    laplacian, layer = weights_of("Laplacian"), FilterSettings()
    padded = pad_image(image, laplacian, layer)
    found = most_changed_pixel(apply_kernel(image, laplacian), padded, laplacian, layer)
    assert found == (21, 17)  # not the border, dark with padding
    identity = weights_of("Identity")
    assert most_changed_pixel(apply_kernel(image, identity), padded, identity, layer) == (20, 20)
    one = np.full((1, 1), 9, np.uint8)
    assert most_changed_pixel(apply_kernel(one, laplacian), pad_image(one, laplacian, layer), laplacian, layer) == (
        0,
        0,
    )
    wide = FilterSettings(stride=2, dilation=2, bias=10.0)
    image[20, 16] = 0
    padded = pad_image(image, laplacian, wide)
    assert most_changed_pixel(apply_kernel(image, laplacian, wide), padded, laplacian, wide) == (10, 8)


def test_a_filtered_picture_is_padded_filtered_and_looked_at_in_one_step():
    layer = FilterSettings(padding_mode="reflect", stride=2)
    weights = weights_of("Sobel")
    filtered = filter_picture(PICTURE, weights, layer)
    np.testing.assert_array_equal(filtered.padded, pad_image(PICTURE, weights, layer))
    np.testing.assert_array_equal(filtered.result, apply_kernel(PICTURE, weights, layer))
    assert filtered.most_changed == most_changed_pixel(filtered.result, filtered.padded, weights, layer)
    with pytest.raises(ValueError, match="The kernel's row 1, column 1 is empty"):
        filter_picture(PICTURE, np.array([[np.nan]]), layer)

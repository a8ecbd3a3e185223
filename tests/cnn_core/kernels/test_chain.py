"""Chains of kernels: against torch, against their equivalent kernel, and what one value sees."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.kernels import chain
from cnn_core.kernels.filtering import FilterSettings, padding_margins
from tests.cnn_core.kernels.drawn import kernels_of_numbers, weights_of


@settings(max_examples=60, deadline=None)
@given(
    st.lists(kernels_of_numbers, min_size=1, max_size=5),
    st.integers(1, 2),
    st.integers(1, 2),
    st.integers(-3, 3),
    st.booleans(),
)
def test_a_chain_equals_its_equivalent_kernel(kernels, stride, dilation, bias, flip):
    layer = FilterSettings(stride, dilation, flip=flip, bias=float(bias))
    single = chain.equivalent_kernel(kernels, layer)
    field = tuple(axis.size for axis in chain.receptive_fields(kernels, layer)[-1])
    assert single.weights.shape == field
    image = np.random.default_rng(0).integers(0, 9, (field[0] + 40, field[1] + 40))
    size = max(1.0, float(np.abs(single.weights).sum()))
    for kernel in kernels:
        size = max(size, size * float(np.abs(kernel).sum()))
    assert chain.largest_difference(image, kernels, layer) <= 1e-4 * size


def test_a_chain_against_torch():
    kernels = [np.arange(9.0).reshape(3, 3) - 4, np.array([[1.0, 2], [3, 4]]), np.array([[1.0, -1, 2]])]
    image = np.random.default_rng(0).integers(0, 256, (30, 31), dtype=np.uint8)
    x = torch.tensor(image, dtype=torch.float64)[None, None]
    stages = chain.run_chain(image, kernels, FilterSettings(stride=2, padding_mode="valid", bias=1.0, relu=True))
    for kernel, stage in zip(kernels, stages, strict=True):
        x = torch.nn.functional.conv2d(x, torch.tensor(kernel)[None, None], torch.ones(1).double(), stride=2).relu()
        np.testing.assert_allclose(stage, x[0, 0], rtol=1e-5)


def test_the_receptive_field_grows_with_kernel_stride_and_dilation():
    kernels = [np.ones((3, 5)), np.ones((3, 1)), np.ones((2, 3))]
    seen = [(rows.size, columns.size) for rows, columns in chain.receptive_fields(kernels, FilterSettings())]
    assert seen == [(3, 5), (3 + 2, 5), (3 + 2 + 1, 5 + 2)]
    fields = chain.receptive_fields(kernels, FilterSettings(2, 3))
    assert [(rows.size, columns.size) for rows, columns in fields] == [
        (1 + 2 * 3, 1 + 4 * 3),
        (7 + 2 * 3 * 2, 13),
        (19 + 1 * 3 * 4, 13 + 2 * 3 * 4),
    ]
    assert [rows.jump for rows, _ in fields] == [2, 4, 8]


@pytest.mark.parametrize("mode", ["zeros", "valid"])
@pytest.mark.parametrize("place", [(2, 3), (4, 2)])
def test_a_value_changes_with_what_it_sees_and_with_nothing_else(mode, place):
    kernels, layer = [np.ones((3, 2)), np.ones((2, 3))], FilterSettings(2, 2, mode)
    image = np.zeros((40, 40))
    spans = []
    for axis, at in zip(chain.receptive_fields(kernels, layer)[-1], place, strict=True):
        start = axis.centre - (axis.size - 1) / 2 + at * axis.jump
        assert start.is_integer()
        spans.append((int(start), int(start) + axis.size))
    (top, bottom), (left, right) = spans
    image[:] = np.nan
    image[top:bottom, left:right] = 1
    assert np.isfinite(_value(image, kernels, layer, place))
    for row, column in ((top, left), (bottom - 1, right - 1)):
        image[row, column] = np.nan
        assert np.isnan(_value(image, kernels, layer, place))
        image[row, column] = 1


def _value(image: np.ndarray, kernels: list[np.ndarray], layer: FilterSettings, place: tuple[int, int]) -> float:
    """One value of a chain by PyTorch, which lets NaN through."""
    x = torch.tensor(image)[None, None]
    for weights in kernels:
        (top, bottom), (left, right) = padding_margins(weights, layer)
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
        x = torch.nn.functional.conv2d(
            x, torch.tensor(weights)[None, None], stride=layer.stride, dilation=layer.dilation
        )
    return float(x[0, 0][place])


def test_no_single_kernel_does_what_relu_does():
    kernels = [weights_of("Sobel"), weights_of("Box blur")]
    assert chain.equivalent_kernel(kernels, FilterSettings(relu=True)) is None
    assert chain.equivalent_kernel(kernels[:1], FilterSettings(relu=True)) is not None
    with pytest.raises(ValueError, match="no single kernel"):
        chain.largest_difference(np.zeros((50, 50)), kernels, FilterSettings(relu=True))
    with pytest.raises(ValueError, match="Filter 2: The kernel reaches over 5 × 5"):
        chain.run_chain(np.zeros((6, 6)), [np.ones((3, 3)), np.ones((5, 5))], FilterSettings(padding_mode="valid"))

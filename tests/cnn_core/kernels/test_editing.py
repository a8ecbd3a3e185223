"""Editing kernels: turning, normalising, resizing, adding and separating them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.images import load_photo, to_grey
from cnn_core.kernels import chain, editing
from cnn_core.kernels.filtering import FilterSettings, apply_kernel
from cnn_core.kernels.library import FAMILIES
from tests.cnn_core.kernels.drawn import kernels_of_numbers, small, weights_of


def test_every_turn():
    w = np.array([[1.0, 2, 3], [4, 5, 6]])
    wanted = {
        "Normalise": w / 21,
        "Flip left to right": [[3, 2, 1], [6, 5, 4]],
        "Flip upside down": [[4, 5, 6], [1, 2, 3]],
        "Rotate by 90°": [[4, 1], [5, 2], [6, 3]],
        "Rotate by 180°": [[6, 5, 4], [3, 2, 1]],
        "Transpose": [[1, 4], [2, 5], [3, 6]],
        "Turn signs": [[-1, -2, -3], [-4, -5, -6]],
    }
    assert set(wanted) == set(editing.KERNEL_EDITS)
    for name, turn in editing.KERNEL_EDITS.items():
        np.testing.assert_allclose(turn(w), wanted[name], err_msg=name)


def test_normalising():
    np.testing.assert_array_equal(editing.normalise_kernel(np.ones((3, 3))), np.full((3, 3), 1 / 9))
    np.testing.assert_array_equal(editing.normalise_kernel(weights_of("Sobel")), weights_of("Sobel") / 8)
    assert editing.normalise_kernel(np.array([[-2.0, -2.0]])).sum() == 1
    with pytest.raises(ValueError, match="Every weight is 0: give the kernel one that is not"):
        editing.normalise_kernel(np.zeros((3, 3)))


@settings(max_examples=100, deadline=None)
@given(kernels_of_numbers, st.integers(1, 11), st.integers(1, 11))
def test_resizing_keeps_the_pixel_in_the_middle(w, rows, columns):
    image = np.random.default_rng(0).integers(0, 9, (15, 14))
    grown = editing.resize_kernel(w, max(rows, w.shape[0]), max(columns, w.shape[1]))
    result = apply_kernel(image, grown)
    if grown.shape[0] % 2 == w.shape[0] % 2 and grown.shape[1] % 2 == w.shape[1] % 2:
        np.testing.assert_array_equal(result, apply_kernel(image, w))  # zeros around change nothing
    np.testing.assert_array_equal(editing.resize_kernel(grown, *w.shape), w)
    assert editing.resize_kernel(w, rows, columns).shape == (rows, columns)


def test_adding():
    unsharp = editing.add_kernels(weights_of("Identity"), weights_of("Laplacian"), -1)
    np.testing.assert_array_equal(unsharp, weights_of("Sharpen"))
    wide = editing.add_kernels(weights_of("Box blur", 5), np.ones((1, 7)), 2)
    assert wide.shape == (5, 7)
    assert wide.sum() == pytest.approx(1 + 14)


@settings(max_examples=100, deadline=None)
@given(st.lists(small, min_size=1, max_size=7), st.lists(small, min_size=1, max_size=7))
def test_every_product_of_two_vectors_is_separable(column, row):
    w = np.outer(column, row)
    if not w.any():
        with pytest.raises(ValueError, match="nothing to take apart"):
            editing.separate_kernel(w)
        return
    found = editing.separate_kernel(w)
    assert found.is_separable
    assert found.share == pytest.approx(1)
    np.testing.assert_allclose(np.outer(found.column, found.row), w, atol=1e-4)
    assert found.largest_error < 1e-4


@settings(max_examples=100, deadline=None)
@given(kernels_of_numbers.filter(lambda w: w.any()))
def test_the_rank_is_that_of_linear_algebra(w):
    found = editing.separate_kernel(w)
    singular = np.linalg.svd(w, compute_uv=False)
    assert found.rank == np.linalg.matrix_rank(w, tol=editing.RANK_TOLERANCE * singular[0])
    np.testing.assert_allclose(found.singular_values, singular)


def test_which_named_kernels_are_separable():
    separable = {"Sobel", "Prewitt", "Scharr", "Gaussian derivative", "Box blur", "Gaussian blur", "Line", "Saddle"}
    separable |= {"Identity", "Shift"}
    for name, family in FAMILIES.items():
        for size in range(max(family.smallest_size, 3), 12):
            found = editing.separate_kernel(
                weights_of(name, size, **({"angle": 0} if "angle" in family.defaults else {}))
            )
            if name in separable or name == "Motion blur":
                assert found.is_separable, (name, size)
            elif name not in ("Gabor", "Random"):
                assert not found.is_separable, (name, size)
    sobel = editing.separate_kernel(weights_of("Sobel"))
    np.testing.assert_array_equal(sobel.column, [1, 2, 1])
    np.testing.assert_array_equal(sobel.row, [-1, 0, 1])
    assert editing.separate_kernel(weights_of("Laplacian")).rank == 2


def test_the_two_vectors_as_a_chain_do_the_same():
    picture = to_grey(load_photo("coins"))
    for name in ("Sobel", "Gaussian blur", "Box blur"):
        found = editing.separate_kernel(weights_of(name, 7))
        pair = [found.column[:, None], found.row[None, :]]
        wanted = apply_kernel(picture, weights_of(name, 7))
        scale = np.abs(weights_of(name, 7)).sum()
        np.testing.assert_allclose(chain.run_chain(picture, pair, FilterSettings())[-1], wanted, atol=0.1 * scale)

"""Inputs and kernels of several planes: made, cut from photographs and brought to size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.matrices import examples, inputs

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12))


@pytest.mark.parametrize("source", inputs.DRAWN_SOURCES[1:])
@given(shape=SHAPES)
def test_drawn_inputs_have_the_shape_asked_for(source, shape):
    stack = inputs.draw_input(source, shape, seed=3)
    assert stack.shape == shape
    assert 0 <= stack.min() <= stack.max() <= inputs.MAX_DIGIT


def test_random_digits_follow_their_seed():
    shape = (2, 4, 4)
    np.testing.assert_array_equal(
        inputs.draw_input("Random digits", shape, seed=5), inputs.draw_input("Random digits", shape, seed=5)
    )
    assert (
        inputs.draw_input("Random digits", shape, seed=5) != inputs.draw_input("Random digits", shape, seed=6)
    ).any()


def test_an_impulse_is_one_pixel_a_channel():
    np.testing.assert_array_equal(
        np.count_nonzero(inputs.draw_input("One bright pixel", (3, 5, 7)), axis=(1, 2)), [1, 1, 1]
    )


def test_a_patch_is_part_of_the_photograph_and_stays_inside():
    whole = inputs.load_small_photo("camera", grey=True)
    np.testing.assert_array_equal(inputs.cut_patch("camera", (1, 8, 6), 10, 20), whole[:, 10:18, 20:26])
    corner = inputs.cut_patch("camera", (1, 8, 6), 999, 999)
    np.testing.assert_array_equal(corner, whole[:, -8:, -6:])
    assert inputs.cut_patch("coffee", (3, 4, 4), -5, 0).shape == (3, 4, 4)


def test_unknown_names_get_a_sentence():
    with pytest.raises(ValueError, match="There is no input “noise”: choose Course example"):
        inputs.draw_input("noise", (1, 3, 3))
    with pytest.raises(ValueError, match="There is no photograph “x”: choose camera"):
        inputs.cut_patch("x", (1, 3, 3), 0, 0)


@given(SHAPES, SHAPES)
def test_resizing_keeps_what_both_shapes_share(old, new):
    stack = np.arange(1.0, np.prod(old) + 1).reshape(old)
    fitted = inputs.resize_stack(stack, new)
    assert fitted.shape == new
    shared = tuple(slice(0, min(a, b)) for a, b in zip(old, new, strict=True))
    np.testing.assert_array_equal(fitted[shared], stack[shared])


@given(st.tuples(st.integers(1, 7), st.integers(1, 7)), st.tuples(st.integers(1, 7), st.integers(1, 7)))
def test_the_middle_of_a_kernel_stays_its_middle(old, new):
    kernel = np.arange(1.0, old[0] * old[1] + 1).reshape(old)
    fitted = inputs.centre_kernel(kernel, new)
    assert fitted.shape == new
    middle = fitted[(new[0] - 1) // 2, (new[1] - 1) // 2]
    assert middle == kernel[(old[0] - 1) // 2, (old[1] - 1) // 2]


def test_new_channels_repeat_and_new_filters_are_named_kernels():
    sobel = examples.KERNELS["Sobel: vertical edges"]
    planes = inputs.fit_kernels(sobel[None], 2, 3, (3, 3), old_channels=1)
    np.testing.assert_array_equal(planes[:3], np.stack([sobel] * 3))
    np.testing.assert_array_equal(planes[3], examples.KERNELS["Sobel: horizontal edges"])
    back = inputs.fit_kernels(planes, 1, 1, (3, 3), old_channels=3)
    np.testing.assert_array_equal(back, sobel[None])

"""Pictures cut, shrunk and turned to grey."""

import numpy as np
import pytest

from cnn_core.images import crop_image, shrink_pixels, to_grey


def test_crop_and_scale():
    image = np.arange(100 * 200 * 3, dtype=np.uint32).reshape(100, 200, 3).astype(np.uint8)
    np.testing.assert_array_equal(crop_image(image, 0.1, 0.5, 0.25, 1), image[10:50, 50:200])
    assert crop_image(image, 0.999, 1, 0.999, 1).shape == (1, 1, 3)
    assert crop_image(image, 0, 0.0001, 0, 0.0001).shape == (1, 1, 3)
    assert shrink_pixels(image, 50).shape == (25, 50, 3)
    assert shrink_pixels(image, 400).shape == image.shape
    for ends in ((0.5, 0.5, 0, 1), (0, 1, -0.1, 1), (0, 1.1, 0, 1), (float("nan"), 1, 0, 1)):
        with pytest.raises(ValueError, match="two shares of the picture"):
            crop_image(image, *ends)


def test_grey_is_bt601():
    pixels = np.array([[[100, 200, 50], [255, 255, 255]]], dtype=np.uint8)
    assert to_grey(pixels).tolist() == [[round(0.299 * 100 + 0.587 * 200 + 0.114 * 50), 255]]
    with pytest.raises(ValueError, match="shape"):
        to_grey(np.zeros((2, 2, 4), np.uint8))

"""Heat laid over an image: where it is seen, and what it leaves alone."""

import numpy as np

from cnn_core.render.overlay import overlay_heat


def test_heat_colours_its_place_and_zeros_leave_the_grey_image() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    heat = np.zeros((4, 4), dtype=np.float32)
    cold = overlay_heat(image, heat, 32)
    assert cold.shape == (32, 32, 3)
    assert np.ptp(cold.astype(int), axis=2).max() == 0
    heat[0, 0] = 1e-9
    warm = overlay_heat(image, heat, 32).astype(int)
    assert warm[0, 0, 0] - warm[0, 0, 2] > 100
    np.testing.assert_array_equal(warm[20:, 20:], cold[20:, 20:])
    assert overlay_heat(np.zeros((1, 200, 100), dtype=np.uint8), heat, 96).shape == (200, 100, 3)

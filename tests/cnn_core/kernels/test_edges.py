"""Edge strength and direction, against SciPy and geometry."""

import numpy as np
import pytest
from scipy import ndimage

from cnn_core.images import draw_pattern, load_photo, to_grey
from cnn_core.kernels import edges
from cnn_core.kernels.filtering import FilterSettings


@pytest.mark.parametrize("operator", edges.OPERATORS)
def test_strength_and_direction_against_scipy_and_geometry(operator):
    for angle in (0, 30, 90, 135, -120, 180):
        picture = draw_pattern("Gradient", angle=angle)[..., 0]
        slopes = edges.edge_gradient(picture, operator, FilterSettings(), 5)
        middle = slopes.direction[60:-60, 60:-60]
        off = (middle - angle + 180) % 360 - 180
        assert abs(np.median(off)) < 8  # whole numbers of brightness make small steps
    grey = to_grey(load_photo("camera"))
    ours = edges.edge_gradient(grey, "Sobel", FilterSettings(padding_mode="replicate"))
    theirs = [ndimage.sobel(grey.astype(float), axis=axis, mode="nearest") for axis in (1, 0)]
    np.testing.assert_allclose(ours.x, theirs[0])
    np.testing.assert_allclose(ours.y, theirs[1])
    np.testing.assert_allclose(ours.magnitude, np.hypot(*theirs), rtol=1e-5)


def test_directions_have_colours():
    wheel = edges.direction_wheel(101)
    assert wheel.shape == (101, 101, 4)
    assert wheel[0, 0, 3] == 0
    assert wheel[50, 99, :3].tolist() == pytest.approx([255, 64, 64], abs=12)  # to the right: red
    picture = draw_pattern("Edge", angle=0)[..., 0]
    image = edges.direction_rgb(edges.edge_gradient(picture, "Sobel", FilterSettings(padding_mode="replicate")))
    assert image[100, 128].tolist() == pytest.approx([255, 64, 64], abs=2)
    assert image[100, 20].tolist() == [0, 0, 0]
    flat = edges.direction_rgb(
        edges.edge_gradient(np.full((5, 5), 7), "Sobel", FilterSettings(padding_mode="replicate"))
    )
    assert not flat.any()
    with pytest.raises(ValueError, match="Operator is 'Canny': choose one of Sobel"):
        edges.edge_gradient(picture, "Canny", FilterSettings())

"""The pixels behind one value: filtered again, they give that value and its neighbours."""

import numpy as np
import pytest

from cnn_core.kernels.filtering import FilterSettings, apply_kernel
from cnn_core.kernels.neighbourhood import MAX_SIDE, cut_neighbourhood

PICTURE = np.random.default_rng(7).integers(0, 256, (15, 14, 3), dtype=np.uint8)


@pytest.mark.parametrize("settings", [FilterSettings(), FilterSettings(2, 2), FilterSettings(1, 3, "reflect")], ids=str)
@pytest.mark.parametrize("pixel", [(0, 0), (3, 5), (6, 6)])
@pytest.mark.parametrize("with_neighbours", [False, True])
def test_the_neighbourhood_gives_the_value_again(settings, pixel, with_neighbours):
    weights = np.arange(6.0).reshape(2, 3)
    cut = cut_neighbourhood(PICTURE, weights, settings, pixel, with_neighbours=with_neighbours)
    wanted = apply_kernel(PICTURE, weights, settings)
    for channel, pixels in enumerate(cut.pixels):
        values = apply_kernel(pixels, weights, FilterSettings(padding_mode="valid"))
        assert values[cut.place] == pytest.approx(wanted[pixel][channel])
    rows, columns = cut.pixels.shape[1:]
    if not with_neighbours or settings.stride > 1:
        assert (rows, columns) == (2, 3)
    else:
        assert rows > 2
        assert columns > 3


def test_large_kernels_are_shown_without_neighbours():
    weights = np.ones((1, MAX_SIDE + 2))
    assert cut_neighbourhood(PICTURE, weights, FilterSettings(), (5, 5)).pixels.shape == (3, 1, MAX_SIDE + 2)

"""The lines of PyTorch and SciPy filter as the library does."""

import numpy as np
import pytest
import torch

from cnn_core.kernels.as_code import scipy_code, torch_code
from cnn_core.kernels.filtering import (
    PADDING_MODES,
    FilterSettings,
    apply_kernel,
)

LAYERS = [
    FilterSettings(padding_mode=mode, flip=flip, **more)
    for mode in PADDING_MODES
    for flip in (False, True)
    for more in ({}, {"stride": 2, "dilation": 3, "bias": -7.5, "relu": True})
]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
@pytest.mark.parametrize("size", [(3, 3), (5, 2), (4, 4), (1, 3)])
def test_the_code_shown_does_what_the_page_does(layer, size):
    image = np.random.default_rng(1).integers(0, 256, (22, 20), dtype=np.uint8)
    w = np.random.default_rng(2).normal(size=size)  # no symmetry that could hide a flip
    wanted = apply_kernel(image, w, layer)
    here = {"x": torch.tensor(image[None, None], dtype=torch.float64), "w": torch.tensor(w)}
    exec(torch_code(size, layer), here)
    np.testing.assert_allclose(here["y"][0, 0], wanted, rtol=1e-5, atol=1e-2)
    here = {"x": image.astype(float), "w": w}
    exec(scipy_code(size, layer), here)
    np.testing.assert_allclose(here["y"], wanted, rtol=1e-5, atol=1e-2)

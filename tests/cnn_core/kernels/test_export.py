"""Kernels as files: they hold exactly the weights, and the Python file runs."""

import io
import json

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnn_core.kernels import export
from cnn_core.kernels.filtering import FilterSettings, apply_kernel
from cnn_core.kernels.notation import Kernel, make_kernel, make_recipe
from tests.cnn_core.kernels.drawn import weights_of


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 11), st.integers(1, 11)), elements=st.floats(-1e6, 1e6)))
def test_files_hold_exactly_these_weights(w):
    kernel = Kernel(w)
    stored = json.loads(export.to_json([kernel], FilterSettings(stride=2)))
    np.testing.assert_array_equal(stored["kernels"][0]["weights"], w)
    assert stored["layer"]["stride"] == 2
    np.testing.assert_array_equal(np.loadtxt(io.StringIO(export.to_csv(w)), delimiter=",", ndmin=2), w)
    np.testing.assert_array_equal(np.load(io.BytesIO(export.to_npy(w)), allow_pickle=False), w)


def test_the_python_file_runs():
    image = np.random.default_rng(0).integers(0, 256, (20, 21), dtype=np.uint8)
    w, layer = weights_of("Gabor", 7), FilterSettings(stride=2, bias=3.0, relu=True)
    here = {"x": torch.tensor(image[None, None], dtype=torch.float32)}
    exec(export.to_torch(w, layer), here)
    np.testing.assert_allclose(here["y"][0, 0], apply_kernel(image, w, layer), rtol=1e-4, atol=1e-2)
    assert (
        json.loads(export.to_json([make_kernel(make_recipe("Sobel"))], layer))["kernels"][0]["recipe"]
        == "Sobel 3 angle=0"
    )

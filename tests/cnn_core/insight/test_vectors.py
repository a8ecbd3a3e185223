"""Vectors scaled to norm 1."""

import numpy as np

from cnn_core.insight.vectors import unit_vectors


def test_vectors_get_norm_one_along_the_last_axis_and_zeros_stay_zeros() -> None:
    vectors = np.random.default_rng(0).normal(size=(4, 3, 5)).astype(np.float32)
    vectors[1, 2] = 0
    unit = unit_vectors(vectors)
    assert unit.dtype == np.float64
    wanted = np.ones((4, 3))
    wanted[1, 2] = 0
    np.testing.assert_allclose(np.linalg.norm(unit, axis=-1), wanted)
    np.testing.assert_allclose(unit[0] * np.linalg.norm(vectors[0], axis=-1, keepdims=True), vectors[0], rtol=1e-6)

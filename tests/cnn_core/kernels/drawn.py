"""Kernels that several tests of this room use: random ones, and those of a family."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnn_core.kernels.notation import make_kernel, make_recipe

small = st.integers(-9, 9).map(float)


kernels_of_numbers = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=small)


def weights_of(family: str, size: int | None = None, **values: float) -> np.ndarray:
    return make_kernel(make_recipe(family, size, **values)).weights


BLIND = ("Edges", "Spots and outlines", "Lines and corners")
"""Groups of kernels that see no brightness: their weights add up to 0."""

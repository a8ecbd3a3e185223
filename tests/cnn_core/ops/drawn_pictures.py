"""The pictures that several tests of the operations draw."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def pictures(draw: st.DrawFn, *, smallest: int = 1) -> np.ndarray:
    """A picture (2, 2, H, W) of few different numbers, so that maxima tie."""
    height, width = draw(st.integers(smallest, 9)), draw(st.integers(smallest, 9))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return rng.integers(-3, 4, (2, 2, height, width)).astype(draw(st.sampled_from(["float32", "float64"])))

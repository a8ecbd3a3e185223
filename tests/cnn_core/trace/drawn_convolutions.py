"""The convolutions that several tests of traces draw."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def convolutions(draw):
    groups, per_group, more = (draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation, padding = draw(st.integers(1, 3)), draw(st.integers(0, 2))
    least = max(1, max(dilation * (k - 1) + 1 for k in kernel) - 2 * padding)
    size = draw(st.tuples(st.integers(least, least + 4), st.integers(least, least + 4)))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    x = rng.integers(-9, 10, (groups * per_group, *size)).astype(float)
    w = rng.integers(-4, 5, (groups * more, per_group, *kernel)) / 2
    b = rng.integers(-3, 4, len(w)).astype(float) if draw(st.booleans()) else None
    return x, w, b, {"stride": draw(st.integers(1, 3)), "padding": padding, "dilation": dilation, "groups": groups}

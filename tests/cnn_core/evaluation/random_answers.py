"""Answers of a network that Hypothesis makes up."""

import numpy as np
from hypothesis import strategies as st


@st.composite
def answered(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, K) without ties, and labels (N,) in which some classes may be absent."""
    classes, images = draw(st.integers(2, 7)), draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = draw(st.integers(1, classes))
    scale = draw(st.sampled_from([0.1, 1.0, 5.0, 300.0]))
    return random.normal(0, scale, (images, classes)), random.integers(0, present, images)

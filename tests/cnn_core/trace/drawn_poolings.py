"""The poolings that several tests of traces draw, and two pictures to pool."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from cnn_core.matrices import examples
from cnn_core.trace import avg_pool_trace, lp_pool_trace, max_pool_trace

CLASSICAL = examples.POOLING_INPUTS["Classical 4 × 4"][None]
TIES = examples.POOLING_INPUTS["Ties"][None]
TRACES = {"max_pool2d": max_pool_trace, "avg_pool2d": avg_pool_trace, "lp_pool2d": lp_pool_trace}


@st.composite
def poolings(draw: st.DrawFn, operations: tuple[str, ...] = tuple(TRACES)) -> tuple[str, np.ndarray, Any, dict]:
    """An operation, a picture of few different numbers (so that maxima tie) that its window fits, and its settings."""
    operation = draw(st.sampled_from(operations))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    options: dict[str, Any] = {"stride": draw(st.none() | st.integers(1, 4))}
    if operation != "lp_pool2d":
        options |= {"padding": draw(st.integers(0, min(kernel) // 2)), "ceil_mode": draw(st.booleans())}
    if operation == "max_pool2d":
        options |= {"dilation": draw(st.integers(1, 3))}
    if operation == "avg_pool2d":
        options |= {"count_include_pad": draw(st.booleans())}
    gap = options.get("dilation", 1)
    # at least `dilation` cells: a dilated window can step over a smaller picture, where PyTorch reads outside of it
    least = [max(gap, gap * (k - 1) + 1 - 2 * options.get("padding", 0)) for k in kernel]
    height, width = (draw(st.integers(size, size + 5)) for size in least)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return operation, rng.integers(-4, 5, (draw(st.integers(1, 2)), height, width)) / 2, kernel, options

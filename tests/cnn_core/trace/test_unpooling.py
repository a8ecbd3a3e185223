"""The traces of unpooling compute what torch and our own operations do, and name the cells they come from."""

from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from cnn_core import ops
from cnn_core.trace import max_pool_trace, unpooling_trace
from cnn_core.trace.model import sentence
from tests.cnn_core.trace.drawn_poolings import CLASSICAL, TRACES, poolings


@given(poolings(("max_pool2d", "avg_pool2d", "lp_pool2d")), st.booleans())
@settings(max_examples=100, deadline=None)
def test_the_way_back_equals_our_own_and_torch(case: tuple[str, np.ndarray, Any, dict], switches: bool) -> None:
    operation, x, kernel, options = case
    switches = switches and operation == "max_pool2d"
    back = unpooling_trace(TRACES[operation](x, kernel, **options), switches=switches).grid["unpooled"].values
    size = x.shape[1:]
    if switches:
        y, places = F.max_pool2d(torch.tensor(x)[None], kernel, return_indices=True, **options)
        np.testing.assert_array_equal(back, torch.ops.aten.max_unpool2d(y, places, size)[0])
        ours = ops.max_unpool2d(y.numpy(), ops.max_pool2d_switches(x[None], kernel, **options), size)
    else:
        y = getattr(ops, operation)(x[None], kernel, **options)
        window = {name: value for name, value in options.items() if name != "count_include_pad"}
        ours = ops.spread_unpool2d(y, kernel, size, **window)
    np.testing.assert_allclose(back, ours[0], atol=1e-12)


def test_the_way_back_names_the_cell_it_came_from() -> None:
    trace = unpooling_trace(max_pool_trace(CLASSICAL, 2), switches=True)
    assert trace.grid["unpooled"].values[0].tolist() == [[0, 0, 0, 0], [0, 6, 0, 8], [3, 0, 0, 0], [0, 0, 0, 4]]
    six = trace.steps[5]
    assert six.terms[0].origin == ("original", 0, 1, 1)
    assert six.terms[0].left == ("pooled", 0, 0, 0)
    assert trace.steps[0].terms == ()
    assert [sentence(trace, step) for step in trace.steps[4:6]] == ["0 = 0", "6 = 6"]
    spread = unpooling_trace(max_pool_trace(CLASSICAL, 3, stride=1), switches=False)
    assert sentence(spread, spread.steps[1]) == "(7 + 8) / 2 = 7.5"  # two windows read it, with maxima 7 and 8

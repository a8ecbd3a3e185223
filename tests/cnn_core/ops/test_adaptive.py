"""Adaptive pooling against PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from cnn_core import ops
from cnn_core.ops import naive
from tests.cnn_core.ops.drawn_pictures import pictures

BOTH = pytest.mark.parametrize("module", [ops, naive], ids=["vectorised", "naive"])


@BOTH
@pytest.mark.parametrize("name", ["adaptive_max_pool2d", "adaptive_avg_pool2d"])
@settings(max_examples=40, deadline=None)
@given(x=pictures(), size=st.tuples(st.integers(1, 6), st.integers(1, 6)))
def test_adaptive_pooling_equals_pytorch(module: Any, name: str, x: np.ndarray, size: tuple[int, int]) -> None:
    y = getattr(module, name)(x, size)
    assert y.dtype == x.dtype
    np.testing.assert_allclose(y, getattr(F, name)(torch.tensor(x), size), rtol=1e-5, atol=1e-6)

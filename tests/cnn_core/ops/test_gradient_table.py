"""Three ways to the same gradients agree, and a wrong one would be seen."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core import ops
from cnn_core.ops.gradient_table import check_gradients


@given(st.integers(0, 999), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2))
@settings(max_examples=30, deadline=None)
def test_all_three_agree(seed, stride, padding, dilation):
    rng = np.random.default_rng(seed)
    x, w, b = rng.normal(size=(1, 1, 5, 6)), rng.normal(size=(1, 1, 2, 3)), rng.normal(size=1)
    dy = rng.normal(size=ops.conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation).shape)
    checks = check_gradients(x, w, b, dy, stride=stride, padding=padding, dilation=dilation)
    assert [check.name for check in checks] == ["X", "F", "b"]
    for check in checks:
        assert check.ours_numerical < 1e-7
        assert check.numerical_autograd < 1e-7
        assert check.ours_autograd < 1e-12


def test_a_wrong_backward_pass_is_seen(monkeypatch):
    right = ops.conv2d_backward

    def wrong(*args, **options):
        dx, dw, db = right(*args, **options)
        return dx, dw[..., ::-1, :], db

    monkeypatch.setattr(ops, "conv2d_backward", wrong)
    x, w = np.arange(16.0).reshape(1, 1, 4, 4), np.arange(4.0).reshape(1, 1, 2, 2)
    checks = {check.name: check for check in check_gradients(x, w, np.zeros(1), np.ones((1, 1, 3, 3)))}
    assert checks["F"].ours_autograd > 0.1
    assert checks["F"].ours_numerical > 0.1
    assert checks["X"].ours_autograd == 0

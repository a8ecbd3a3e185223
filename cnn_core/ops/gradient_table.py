"""The gradients of a convolution computed in three ways: our backward pass, nudged numbers, PyTorch's autograd."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core import ops

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GradientCheck:
    """One gradient by its name, and the relative error between each two ways of computing it (see `relative_error`)."""

    name: str
    ours_numerical: float
    ours_autograd: float
    numerical_autograd: float


def check_gradients(
    x: Array, w: Array, b: Array, dy: Array, *, stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[GradientCheck, ...]:
    """Compare the gradients of the loss L = Σ dy · conv2d(x, w, b) with respect to x, w and b.

    x is (1, C, H, W), w (F, C, kH, kW), b (F,), dy the shape of the output. Imports PyTorch when called.
    """
    import torch  # takes seconds, so only those who check wait for it
    import torch.nn.functional as F

    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    ours = ops.conv2d_backward(dy, x, w, **settings)
    loss = {
        "X": lambda nudged: float((dy * ops.conv2d(nudged, w, b, **settings)).sum()),
        "F": lambda nudged: float((dy * ops.conv2d(x, nudged, b, **settings)).sum()),
        "b": lambda nudged: float((dy * ops.conv2d(x, w, nudged, **settings)).sum()),
    }
    numerical = [ops.numerical_gradient(f, array) for f, array in zip(loss.values(), (x, w, b), strict=True)]
    leaves = inputs, kernels, biases = [torch.tensor(array, requires_grad=True) for array in (x, w, b)]
    y = F.conv2d(inputs, kernels, biases, stride=stride, padding=padding, dilation=dilation)
    (torch.tensor(dy) * y).sum().backward()  # type: ignore[no-untyped-call]
    autograd = [np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy() for leaf in leaves]
    error = ops.relative_error
    return tuple(
        GradientCheck(name, error(own, nudged), error(own, auto), error(nudged, auto))
        for name, own, nudged, auto in zip(loss, ours, numerical, autograd, strict=True)
    )

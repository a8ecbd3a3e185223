"""Convolution and pooling in NumPy, forward and backward: fast here, in plain loops in `cnn_core.ops.naive`.

Pictures are (N, C, H, W): pictures, channels, rows, columns. Every float dtype is accepted, and the result has the
dtype of the input.
"""

from cnn_core.ops import naive
from cnn_core.ops.adaptive import adaptive_avg_pool2d, adaptive_max_pool2d
from cnn_core.ops.convolution import conv2d, conv2d_backward, flip_kernel
from cnn_core.ops.gradient_check import numerical_gradient, relative_error
from cnn_core.ops.pooling import avg_pool2d, avg_pool2d_backward, lp_pool2d, max_pool2d, max_pool2d_backward
from cnn_core.ops.unpooling import max_pool2d_switches, max_unpool2d, spread_unpool2d

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_backward",
    "conv2d",
    "conv2d_backward",
    "flip_kernel",
    "lp_pool2d",
    "max_pool2d",
    "max_pool2d_backward",
    "max_pool2d_switches",
    "max_unpool2d",
    "naive",
    "numerical_gradient",
    "relative_error",
    "spread_unpool2d",
]

"""Layers as the lines of PyTorch that make them."""

from torch import nn

from cnn_core.networks import (
    Conv2d,
    Residual,
    torch_line,
)
from tests.cnn_core.networks.drawn import MIXED


def test_lines_of_code_make_the_layers_of_the_module() -> None:
    spec, shape = MIXED, MIXED.input_shape
    for layer, (_, child) in zip(spec.layers, spec.build().named_children(), strict=True):
        if not isinstance(layer, Residual):
            made = eval(torch_line(layer, shape), {"nn": nn})
            assert repr(made) == repr(child)
        shape = layer.output_shape(shape)
    assert torch_line(Conv2d(36, 5, 2, 1), (3, 32, 32)) == "nn.Conv2d(3, 36, kernel_size=5, stride=2, padding=1)"

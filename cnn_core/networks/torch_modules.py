"""Build torch modules from layers."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from cnn_core.networks import blocks
from cnn_core.networks import layers as spec
from cnn_core.networks.layers import Layer, Shape
from cnn_core.networks.spec import name_layers


class ResidualBlock(nn.Module):
    """body(x) + shortcut(x); an empty shortcut is the identity."""

    def __init__(self, body: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the shape that the body returns."""
        total: Tensor = self.body(x) + self.shortcut(x)
        return total


class BranchesBlock(nn.Module):
    """Branches with the same input and the channels of their outputs stacked; an empty branch is the identity."""

    def __init__(self, *branches: nn.Sequential) -> None:
        super().__init__()
        for number, branch in enumerate(branches, 1):
            self.add_module(f"branch{number}", branch)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, sum of the branches' channels, H, W)."""
        return torch.cat([branch(x) for branch in self.children()], dim=1)


def build_module(layers: tuple[Layer, ...], shape: Shape, seed: int | None) -> nn.Sequential:
    """Build the layers as one `nn.Sequential` with children named as in the summary; see `NetworkSpec.build`."""
    if seed is None:
        return _build_sequence(layers, shape)[0]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _build_sequence(layers, shape)[0]


def _build_sequence(layers: tuple[Layer, ...], shape: Shape) -> tuple[nn.Sequential, Shape]:
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for name, layer in name_layers(layers):
        if blocks.block_parts(layer):
            made = [_build_sequence(part, shape) for part in blocks.block_parts(layer)]
            block = ResidualBlock if isinstance(layer, blocks.Residual) else BranchesBlock
            modules[name] = block(*(sequence for sequence, _ in made))
            after = layer.output_shape(shape)
        else:
            modules[name], after = _build_layer(layer, shape), layer.output_shape(shape)
        shape = after
    return nn.Sequential(modules), shape


def _build_layer(layer: Layer, shape: Shape) -> nn.Module:
    """Build the torch layer for an input of `shape`."""
    match layer:
        case spec.Conv2d():
            return nn.Conv2d(
                shape[0],
                layer.filters,
                layer.kernel_size,
                stride=layer.stride,
                padding=layer.padding,
                dilation=layer.dilation,
                groups=layer.groups,
                bias=layer.bias,
            )
        case spec.MaxPool2d():
            return nn.MaxPool2d(
                layer.kernel_size, layer.stride, layer.padding, layer.dilation, ceil_mode=layer.ceil_mode
            )
        case spec.AvgPool2d():
            return nn.AvgPool2d(
                layer.kernel_size,
                layer.stride,
                layer.padding,
                ceil_mode=layer.ceil_mode,
                count_include_pad=layer.count_include_pad,
            )
        case spec.BatchNorm():
            return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])
        case spec.Linear():
            return nn.Linear(shape[0], layer.units, bias=layer.bias)
    return _build_shapeless(layer)


_PLAIN_MODULES: dict[type[Layer], type[nn.Module]] = {
    spec.ReLU: nn.ReLU,
    spec.ReLU6: nn.ReLU6,
    spec.GELU: nn.GELU,
    spec.Tanh: nn.Tanh,
    spec.Flatten: nn.Flatten,
}


def _build_shapeless(layer: Layer) -> nn.Module:
    """Build the torch layer of a kind that does not depend on the input's shape."""
    match layer:
        case spec.AdaptiveAvgPool2d():
            return nn.AdaptiveAvgPool2d(layer.output_size)
        case spec.LeakyReLU():
            return nn.LeakyReLU(layer.negative_slope)
        case spec.ELU():
            return nn.ELU(layer.alpha)
        case spec.Dropout2d():
            return nn.Dropout2d(layer.p)
        case spec.Dropout():
            return nn.Dropout(layer.p)
    return _PLAIN_MODULES[type(layer)]()

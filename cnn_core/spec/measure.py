"""The receptive field of a unit, measured: which pixels have a gradient. Needs torch."""

from typing import cast

import torch
from torch import nn

from cnn_core.spec.network import NetworkSpec

Box = tuple[int, int, int, int]
"""First row, one past the last row, first column, one past the last column."""


def measured_field(spec: NetworkSpec, name: str) -> tuple[Box, tuple[int, int]]:
    """The pixels that reach the middle unit of the layer called `name` in the table, and that unit's (row, column).

    All weights are made 1, maxima means and activations nothing, so that no path is closed by chance; what the gradient
    then reaches is what the unit can see, cut off at the edges of the image. A flat unit's place is (0, 0).
    Raises ValueError for a name that is not in the table.
    """
    if name not in {row.name for row in spec.summary()}:
        raise ValueError(f"There is no layer “{name[:60]}” in {spec.name}.")
    model = _opened(spec.build(seed=0)).double().eval()
    seen: list[torch.Tensor] = []
    model.get_submodule(name).register_forward_hook(lambda _, __, y: seen.append(y))
    image = torch.ones(1, *spec.input_shape, dtype=torch.float64, requires_grad=True)
    model(image)
    out = seen[0][0]
    row, column = (out.shape[1] // 2, out.shape[2] // 2) if out.ndim == 3 else (0, 0)
    unit = out[0, row, column] if out.ndim == 3 else out[0]
    gradient = torch.autograd.grad(unit, image)[0][0].abs().sum(dim=0)
    rows, columns = (gradient.sum(dim=axis).nonzero().flatten() for axis in (1, 0))
    return (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1), (row, column)


def _opened(model: nn.Module) -> nn.Module:
    """The same paths, none of them closed."""
    for name, child in model.named_children():
        if isinstance(child, nn.MaxPool2d):
            # a dilated mean does not exist as a layer: a convolution with one weight of 1 for each cell does
            setattr(model, name, _Spread(child))
        elif not list(child.children()) and not isinstance(child, nn.Conv2d | nn.Linear | nn.AvgPool2d):
            keep = isinstance(child, nn.AdaptiveAvgPool2d | nn.Flatten)
            setattr(model, name, child if keep else nn.Identity())
        else:
            _opened(child)
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    return model


class _Spread(nn.Module):
    """The sum of each window of a max pooling, so that every cell of it takes part."""

    def __init__(self, pooling: nn.MaxPool2d) -> None:
        super().__init__()
        self.pooling = pooling

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, C, H, W) → the shape that the pooling gives."""
        size = self.pooling(x).shape[-2:]
        kernel, stride, padding, dilation = (
            value if isinstance(value, tuple) else (value, value)
            for value in (
                cast("int", self.pooling.kernel_size),
                cast("int", self.pooling.stride),
                cast("int", self.pooling.padding),
                cast("int", self.pooling.dilation),
            )
        )
        # ceil mode: as much more at the end as the last window needs
        more = [
            max(0, (out - 1) * s + d * (k - 1) + 1 - side - 2 * p)
            for out, s, d, k, side, p in zip(size, stride, dilation, kernel, x.shape[-2:], padding, strict=True)
        ]
        framed = nn.functional.pad(x, (padding[1], padding[1] + more[1], padding[0], padding[0] + more[0]))
        weight = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
        return nn.functional.conv2d(framed, weight, stride=stride, dilation=dilation, groups=x.shape[1])[
            ..., : size[0], : size[1]
        ]

"""Measure the receptive field of a unit by the gradient of each pixel. Needs torch."""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnn_core.networks.memory import check_free_memory, memory_sizes
from cnn_core.networks.spec import NetworkSpec


def measure_field(spec: NetworkSpec, name: str, place: tuple[int, int] = (0, 0)) -> NDArray[np.float64]:
    """Count the paths from each pixel (H, W) to the unit at `place` (row, column) of the layer called `name`.

    Every weight becomes 1 over the number of its input channels, every maximum a sum, and activations are left out, so
    that no path is blocked by chance and the gradient counts the paths; it is 0 where the unit sees nothing (Luo et
    al., "Understanding the effective receptive field in deep convolutional neural networks", 2016). All maps of the
    layer count together, as do all units of a flat layer.
    Raises ValueError for an unknown name, a place outside the layer, and counts beyond float64.
    """
    shape = next((row.output_shape for row in spec.summary() if row.name == name), None)
    if shape is None:
        raise ValueError(f"There is no layer “{name[:60]}” in {spec.name}.")
    if len(shape) == 3 and not all(0 <= at < size for at, size in zip(place, shape[1:], strict=True)):
        raise ValueError(f"Place is {place}: {name} has {shape[1]} rows and {shape[2]} columns, counted from 0.")
    need = memory_sizes(spec)
    # Weights are held as float32 and float64; every output as float64, with its gradient.
    check_free_memory(f"Measuring {spec.name}", 3 * need.parameters + 2 * need.every_layer)
    model = _open_paths(spec.build(seed=0)).requires_grad_(False).double().eval()
    seen: list[torch.Tensor] = []
    model.get_submodule(name).register_forward_hook(lambda _, __, y: seen.append(y))
    image = torch.zeros(1, *spec.input_shape, dtype=torch.float64, requires_grad=True)
    model(image)
    out = seen[0][0]
    units = out[:, place[0], place[1]] if out.ndim == 3 else out
    paths = torch.autograd.grad(units.sum(), image)[0][0].sum(dim=0)
    if not torch.isfinite(paths).all():
        raise ValueError(f"{spec.name} is too deep to be measured: more paths lead to {name} than a float64 can count.")
    return paths.numpy()


def _open_paths(model: nn.Module) -> nn.Module:
    """Replace what could block a path, in place: maxima by sums, activations by the identity, weights by constants."""
    for name, child in model.named_children():
        if isinstance(child, nn.MaxPool2d):
            # There is no dilated average pooling, but a convolution with a weight of 1 for each cell does the same.
            setattr(model, name, _WindowSum(child))
        elif not list(child.children()) and not isinstance(child, nn.Conv2d | nn.Linear | nn.AvgPool2d):
            keep = isinstance(child, nn.AdaptiveAvgPool2d | nn.Flatten)
            setattr(model, name, child if keep else nn.Identity())
        else:
            _open_paths(child)
    for parameter in model.parameters(recurse=False):
        # Divided by the channels, because their number would only make the counts huge.
        nn.init.constant_(parameter, 1 / parameter.shape[1] if parameter.ndim > 1 else 0)
    return model


class _WindowSum(nn.Module):
    """The sum of each window of a max pooling, so that every cell of it counts."""

    def __init__(self, pooling: nn.MaxPool2d) -> None:
        super().__init__()
        self.pooling = pooling

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to the shape that the pooling returns."""
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
        # In ceil mode the last window may need padding at the end.
        more = [
            max(0, (out - 1) * s + d * (k - 1) + 1 - side - 2 * p)
            for out, s, d, k, side, p in zip(size, stride, dilation, kernel, x.shape[-2:], padding, strict=True)
        ]
        framed = nn.functional.pad(x, (padding[1], padding[1] + more[1], padding[0], padding[0] + more[0]))
        weight = torch.ones(x.shape[1], 1, *kernel, dtype=x.dtype)
        return nn.functional.conv2d(framed, weight, stride=stride, dilation=dilation, groups=x.shape[1])[
            ..., : size[0], : size[1]
        ]

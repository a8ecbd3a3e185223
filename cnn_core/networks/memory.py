"""Estimate the memory of a network: by the counts that course tables use, and as training needs it."""

from dataclasses import dataclass
from itertools import count
from math import prod

from cnn_core.checks import one_of
from cnn_core.networks.blocks import block_parts
from cnn_core.networks.layers import (
    ELU,
    GELU,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ReLU6,
    Shape,
    Tanh,
)
from cnn_core.networks.spec import NetworkSpec
from cnn_core.words import format_memory

FLOAT_BYTES = 4
"""Bytes of a float32."""
INDEX_BYTES = 8
"""Bytes of an int64."""
MB = 2**20
"""Bytes of a megabyte, as memory is counted."""
NEED_INPUT = (Conv2d, Linear, BatchNorm, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, GELU, ReLU6, LeakyReLU)
"""Layers whose backward pass reads their input."""
NEED_OUTPUT = (ReLU, Tanh, ELU)
"""Layers whose backward pass reads their output."""
OPTIMIZER_COPIES = {"SGD": 0, "SGD with momentum": 1, "Adam": 2}
"""Optimiser → values it keeps for each parameter, besides the gradient."""


@dataclass(frozen=True)
class MemorySizes:
    """Megabytes (2²⁰ bytes) for one image.

    `every_layer` and `with_weights` are the "forward/backward pass" of course tables: outputs counted twice, of every
    layer but flatten (torchsummary), or only of layers with parameters (torchinfo). `saved` is what the backward pass
    needs: every saved tensor once.
    """

    input: float
    every_layer: float
    with_weights: float
    saved: float
    parameters: float


def memory_sizes(spec: NetworkSpec) -> MemorySizes:
    """Compute the memory of a network for one image."""
    rows = spec.summary()
    every = sum(prod(row.output_shape) for row in rows if row.kind != "Flatten")
    weighted = sum(prod(row.output_shape) for row in rows if row.parameters)
    return MemorySizes(
        input=prod(spec.input_shape) * FLOAT_BYTES / MB,
        every_layer=2 * every * FLOAT_BYTES / MB,
        with_weights=2 * weighted * FLOAT_BYTES / MB,
        saved=saved_bytes(spec) / MB,
        parameters=parameter_mb(spec),
    )


def parameter_mb(spec: NetworkSpec) -> float:
    """Return the megabytes (2²⁰ bytes) of the parameters."""
    return spec.total_parameters * FLOAT_BYTES / MB


def training_peak(spec: NetworkSpec, batch: int, optimizer: str = "Adam") -> float:
    """Estimate the megabytes that training holds at the end of a forward pass of `batch` images.

    These are weights, gradients, the optimiser's own values and the saved tensors; what libraries and the device take
    is not included. Raises ValueError for an optimiser that is not in OPTIMIZER_COPIES.
    """
    one_of("optimizer", optimizer, OPTIMIZER_COPIES)
    sizes = memory_sizes(spec)
    return sizes.parameters * (2 + OPTIMIZER_COPIES[optimizer]) + sizes.saved * batch


def free_mb() -> float:
    """Return the megabytes (2²⁰ bytes) of free memory of this computer."""
    import psutil

    return float(psutil.virtual_memory().available) / MB


def check_free_memory(subject: str, needed_mb: float) -> None:
    """Raise ValueError with the estimate when `subject` needs more megabytes than are free."""
    free = free_mb()
    if needed_mb > free:
        needed_text, free_text = (format_memory(megabytes * MB, 1) for megabytes in (needed_mb, free))
        raise ValueError(
            f"{subject} needs about {needed_text} of memory, and {free_text} are free: "
            "fewer filters or units, or a smaller input, would fit."
        )


def saved_bytes(spec: NetworkSpec) -> int:
    """Return the bytes that PyTorch's autograd saves in the forward pass of one image for the backward pass."""
    saved: dict[int, int] = {}
    _collect_saved(spec.layers, spec.input_shape, 0, saved, count(1))
    return sum(saved.values())


def _collect_saved(
    layers: tuple[Layer, ...], shape: Shape, tensor: int, saved: dict[int, int], tensor_numbers: "count[int]"
) -> int:
    """Add the saved tensors of `layers` to `saved` (number of a tensor → bytes); return the last tensor's number."""
    for layer in layers:
        after = layer.output_shape(shape)
        if block_parts(layer):
            for part in block_parts(layer):
                _collect_saved(part, shape, tensor, saved, tensor_numbers)
            tensor = next(tensor_numbers)
        elif not isinstance(layer, Flatten):  # a view: the same tensor
            if isinstance(layer, NEED_INPUT):
                saved[tensor] = prod(shape) * FLOAT_BYTES
            tensor = next(tensor_numbers)
            if isinstance(layer, NEED_OUTPUT):
                saved[tensor] = prod(after) * FLOAT_BYTES
            if isinstance(layer, MaxPool2d):
                saved[next(tensor_numbers)] = prod(after) * INDEX_BYTES  # the positions of the maxima
            if isinstance(layer, Dropout) and layer.p > 0:
                saved[next(tensor_numbers)] = prod(after) * FLOAT_BYTES  # the mask
        shape = after
    return tensor

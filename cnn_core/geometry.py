"""Where the windows of a layer lie: output sizes, their inverse problems, receptive fields, parameters and MACs.

Everything here is whole-number arithmetic along one axis (height and width never influence each other) or on
plain counts. Formulas: Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (2016), and the
"Shape" sections of PyTorch's Conv2d and MaxPool2d; receptive fields: Araujo, Norris & Sim, Distill (2019).
"""

from dataclasses import dataclass
from math import prod
from operator import index
from typing import Any

Padding = int | tuple[int, int]
"""Cells added along one axis: the same number on both sides, or (before, after)."""


def whole(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """`value` as an int; ValueError with a sentence naming the argument when it is not a whole number in range."""
    right = f"a whole number of at least {minimum}"
    if maximum is not None:
        right = f"a whole number from {minimum} to {maximum}"
    try:
        number = index(value)
    except TypeError:
        raise ValueError(f"{name} is {value!r}: it must be {right}.") from None
    if isinstance(value, bool) or number < minimum or (maximum is not None and number > maximum):
        raise ValueError(f"{name} is {value!r}: it must be {right}.")
    return number


def sides(padding: Padding) -> tuple[int, int]:
    """Padding along one axis as (before, after). Raises ValueError when a side is negative or not whole."""
    if isinstance(padding, tuple | list):
        if len(padding) != 2:
            raise ValueError(f"padding is {padding!r}: it must be one number or a pair (before, after).")
        return whole("padding before", padding[0], 0), whole("padding after", padding[1], 0)
    both = whole("padding", padding, 0)
    return both, both


def effective_kernel(kernel: int, dilation: int = 1) -> int:
    """Cells that a dilated kernel spans along one axis: d(k − 1) + 1. Raises ValueError below 1."""
    return whole("dilation", dilation, 1) * (whole("kernel", kernel, 1) - 1) + 1


def conv_output_size(size: int, kernel: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> int:
    """Output size of a convolution along one axis: ⌊(n + p_before + p_after − d(k − 1) − 1) / s⌋ + 1.

    Raises ValueError when an argument is out of range or the kernel does not fit the padded input.
    """
    size, stride = whole("size", size, 1), whole("stride", stride, 1)
    before, after = sides(padding)
    span = effective_kernel(kernel, dilation)
    room = size + before + after - span
    if room < 0:
        raise ValueError(misfit_sentence(size, kernel, padding, dilation))
    return room // stride + 1


def misfit_sentence(size: int, kernel: int, padding: Padding, dilation: int) -> str:
    """Why a kernel does not fit along one axis, and the smallest padding (on both sides) with which it would."""
    span = effective_kernel(kernel, dilation)
    spanning = f" with dilation {dilation} (spanning {span})" if dilation > 1 else ""
    enough = -((size - span) // 2)
    return (
        f"kernel {kernel}{spanning} does not fit a {size}-wide input with padding {padding}; "
        f"padding {enough} or more would"
    )


def pool_output_size(
    size: int,
    kernel: int,
    *,
    stride: int | None = None,
    padding: Padding = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Output size of a pooling along one axis; `stride=None` means stride = kernel.

    As for a convolution, but with `ceil_mode` the division rounds up, and then a last window that would start
    beyond input + left padding is dropped (PyTorch, Pool.h). PyTorch allows padding up to half the
    kernel (of its size, not of its dilated span). Raises ValueError when an argument is out of range or no window
    fits.
    """
    size = whole("size", size, 1)
    span = effective_kernel(kernel, dilation)
    step = whole("stride", kernel if stride is None else stride, 1)
    before, after = sides(padding)
    if max(before, after) > kernel // 2:
        raise ValueError(
            f"padding {padding} is more than half of kernel {kernel}: a window could hold padding only; "
            f"pooling allows padding up to {kernel // 2}"
        )
    room = size + before + after - span
    out = (-(-room // step) if ceil_mode else room // step) + 1
    if ceil_mode and (out - 1) * step >= size + before:
        out -= 1
    if out < 1:
        raise ValueError(
            f"kernel {kernel} does not fit a {size}-wide input with padding {padding}; "
            f"a kernel spanning at most {size + before + after} would"
        )
    return out


def transposed_output_size(
    size: int, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1, output_padding: int = 0
) -> int:
    """Output size of a transposed convolution along one axis: (n − 1)s − 2p + d(k − 1) + 1 + output padding.

    The output padding picks one of the s sizes that the convolution with the same settings would bring back to n: it
    must be smaller than the stride or the dilation (PyTorch's rule). Raises ValueError when an argument is out of range
    or nothing would be left.
    """
    size, stride = whole("size", size, 1), whole("stride", stride, 1)
    span = effective_kernel(kernel, dilation)
    padding, extra = whole("padding", padding, 0), whole("output padding", output_padding, 0)
    if extra >= max(stride, dilation):
        raise ValueError(
            f"output padding is {extra}: it must be smaller than the stride or the dilation, so at most "
            f"{max(stride, dilation) - 1}"
        )
    out = (size - 1) * stride - 2 * padding + span + extra
    if out < 1:
        most = (out + 2 * padding - 1) // 2
        raise ValueError(
            f"padding {padding} cuts away all {out + 2 * padding} cells of the output; padding {most} or less would not"
        )
    return out


def same_padding(kernel: int, *, dilation: int = 1) -> tuple[int, int]:
    """Padding (before, after) with which a stride-1 convolution keeps the size: d(k − 1) cells in all.

    When that is odd (even span) the extra cell goes after (right, bottom), as in PyTorch and TensorFlow.
    """
    total = effective_kernel(kernel, dilation) - 1
    return total // 2, total - total // 2


def solve_padding(size: int, kernel: int, out: int, *, stride: int = 1, dilation: int = 1) -> list[int]:
    """Every padding (the same on both sides) for which a convolution turns `size` into `out`, smallest first.

    From out = ⌊(n + 2p − e) / s⌋ + 1 with e = d(k − 1) + 1: (out − 1)s ≤ n + 2p − e ≤ (out − 1)s + s − 1.
    """
    size, out, stride = whole("size", size, 1), whole("out", out, 1), whole("stride", stride, 1)
    need = (out - 1) * stride + effective_kernel(kernel, dilation) - size
    first, last = max(0, -(-need // 2)), (need + stride - 1) // 2
    return list(range(first, last + 1))


def solve_kernel(size: int, out: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> list[int]:
    """Every kernel size for which a convolution turns `size` into `out`, smallest first.

    The span e must satisfy n + p − (out − 1)s − (s − 1) ≤ e ≤ n + p − (out − 1)s, and e = d(k − 1) + 1.
    """
    size, out, stride = whole("size", size, 1), whole("out", out, 1), whole("stride", stride, 1)
    dilation = whole("dilation", dilation, 1)
    longest = size + sum(sides(padding)) - (out - 1) * stride
    shortest = max(1, longest - stride + 1)
    first, last = -(-(shortest - 1) // dilation) + 1, (longest - 1) // dilation + 1
    return list(range(first, last + 1))


def visits(size: int, kernel: int, out: int, *, stride: int, padding: Padding, dilation: int = 1) -> tuple[int, ...]:
    """How many windows read each cell of the padded input along one axis.

    Returns p_before + size + p_after counts (padding cells included). A `ceil_mode` window may reach past the
    end; those cells do not exist and are not counted. A count of 0 marks a cell that no window ever reads.
    """
    before, after = sides(padding)
    counts = [0] * (before + size + after)
    for window in range(out):
        for tap in range(kernel):
            cell = window * stride + tap * dilation
            if cell < len(counts):
                counts[cell] += 1
    return tuple(counts)


@dataclass(frozen=True)
class ReceptiveField:
    """What one unit sees along one axis of the input: `size` cells, neighbouring units `jump` cells apart, and the
    `centre` of the first unit's field, as an input coordinate (0 = middle of the first cell; not whole in general)."""

    size: int = 1
    jump: int = 1
    centre: float = 0.0

    def through(self, kernel: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> "ReceptiveField":
        """The field after one more layer: r + (e − 1)j, j·s, c + ((e − 1)/2 − p_before)j with e = d(k − 1) + 1."""
        span = effective_kernel(kernel, dilation)
        return ReceptiveField(
            size=self.size + (span - 1) * self.jump,
            jump=self.jump * whole("stride", stride, 1),
            centre=self.centre + ((span - 1) / 2 - sides(padding)[0]) * self.jump,
        )


def check_groups(in_channels: int, filters: int, groups: int) -> None:
    """Raises ValueError unless `groups` divides both the input channels and the filters."""
    whole("groups", groups, 1)
    if in_channels % groups or filters % groups:
        raise ValueError(
            f"groups is {groups}: it must divide both the {in_channels} input channels and the {filters} filters."
        )


def conv_parameters(
    in_channels: int, filters: int, kernel: tuple[int, ...], *, groups: int = 1, bias: bool = True
) -> int:
    """Weights and biases of a convolution along any number of axes: F · (C / groups) · k_h · k_w … (+ F)."""
    check_groups(in_channels, filters, groups)
    return filters * (in_channels // groups) * prod(kernel) + (filters if bias else 0)


def conv_macs(in_channels: int, out_shape: tuple[int, int, int], kernel: tuple[int, int], *, groups: int = 1) -> int:
    """Multiply–accumulates of a convolution for one image: one per weight and output position, biases not counted.

    `out_shape` is (F, H_out, W_out): F · H_out · W_out · (C / groups) · k_h · k_w.
    """
    check_groups(in_channels, out_shape[0], groups)
    return out_shape[0] * out_shape[1] * out_shape[2] * (in_channels // groups) * kernel[0] * kernel[1]


def linear_parameters(in_features: int, units: int, *, bias: bool = True) -> int:
    """Weights and biases of a fully connected layer: n · m (+ m). Its MACs are the weights: n · m."""
    return in_features * units + (units if bias else 0)


def batch_norm_parameters(channels: int) -> int:
    """Learned numbers of a batch norm: a scale and a shift a channel, 2C (the 2C running statistics are buffers)."""
    return 2 * channels

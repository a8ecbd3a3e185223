"""The layers a network can be made of: frozen dataclasses that know their own shapes and counts, but no torch.

A shape is that of one image without the batch: (C, H, W), or (n,) once flattened. Input channels are never stated:
they follow from the input shape. Every layer checks its fields when it is made and raises ValueError with a sentence.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from cnn_core.checks import flag, name_in_words, real, whole
from cnn_core.geometry import (
    AxisWindows,
    Bins,
    ReceptiveField,
    Window,
    batch_norm_parameters,
    check_groups,
    conv_macs,
    conv_parameters,
    linear_parameters,
    same_padding,
)
from cnn_core.words import format_shape

Shape = tuple[int, ...]
"""Shape of one image without the batch: (C, H, W), or (n,) once flattened."""
Pair = int | tuple[int, int]
"""One number for both axes, or (height, width)."""
Fields = tuple[ReceptiveField, ReceptiveField]
"""The receptive field along the height and along the width."""

MAX_WIDTH = 65_536
"""Most filters or units of one layer: a limit for networks that come from a link or a file."""
MAX_EXTENT = 1_024
"""Largest kernel, stride, padding and dilation, for the same reason."""


def pair(value: Any) -> tuple[int, int]:
    """Return an int or a pair (height, width) as the pair (height, width)."""
    return (value[0], value[1]) if isinstance(value, tuple) else (value, value)


def _check_pair(name: str, value: Any, minimum: int) -> Pair:
    """Check a field that is a whole number or a pair of them; a list (from JSON) becomes a tuple."""
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError(
                f"{name_in_words(name)} is {value!r:.60}: it must be one number or a pair [height, width]."
            )
        return whole(name, value[0], minimum, MAX_EXTENT), whole(name, value[1], minimum, MAX_EXTENT)
    return whole(name, value, minimum, MAX_EXTENT)


def image_shape(shape: Shape) -> tuple[int, int, int]:
    """Return `shape` as (C, H, W). Raises ValueError when the data has been flattened."""
    if len(shape) != 3:
        raise ValueError(
            f"The layer needs channels × height × width, but gets {shape[0]} flat values: put it before the flatten."
        )
    return shape[0], shape[1], shape[2]


@dataclass(frozen=True)
class Layer:
    """One layer. Unless a subclass says otherwise it keeps the shape and has no parameters.

    >>> ReLU().output_shape((8, 4, 4)), ReLU().parameters((8, 4, 4)), ReLU().macs((8, 4, 4))
    ((8, 4, 4), 0, 0)
    """

    prefix: ClassVar[str] = "layer"
    """Beginning of its name in a network: conv1, conv2 …"""

    def _set_fields(self, **checked: object) -> None:
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape after the layer. Raises ValueError with a sentence when `shape` does not fit."""
        return shape

    def parameters(self, shape: Shape) -> int:
        """Count the learned parameters for an input of `shape`."""
        return 0

    def macs(self, shape: Shape) -> int:
        """Count multiply–accumulates for one input of `shape`; only convolutions and linear layers have any."""
        return 0

    def windows(self, shape: Shape) -> tuple[AxisWindows, AxisWindows] | None:
        """Return the windows along the height and the width of an input of `shape`; None for layers without any.

        Raises ValueError with a sentence when none fits.
        """
        return None

    def through(self, fields: Fields, shape: Shape) -> Fields:
        """Return the receptive fields after the layer, given `fields` before it and its input's `shape`."""
        windows = self.windows(shape)
        return fields if windows is None else (fields[0].behind(windows[0]), fields[1].behind(windows[1]))


@dataclass(frozen=True)
class Conv2d(Layer):
    """2-D cross-correlation with `filters` output channels; `padding` an int, (height, width) or "same" (stride 1).

    >>> conv = Conv2d(16, 3, stride=2, padding=1)
    >>> conv.output_shape((3, 32, 32)), conv.parameters((3, 32, 32)), conv.macs((3, 32, 32))
    ((16, 16, 16), 448, 110592)
    """

    filters: int
    kernel_size: Pair
    stride: Pair = 1
    padding: Pair | str = 0
    dilation: Pair = 1
    groups: int = 1
    bias: bool = True
    prefix: ClassVar[str] = "conv"

    def __post_init__(self) -> None:
        whole("filters", self.filters, 1, MAX_WIDTH)
        whole("groups", self.groups, 1, MAX_WIDTH)
        flag("bias", self.bias)
        self._set_fields(
            kernel_size=_check_pair("kernel_size", self.kernel_size, 1),
            stride=_check_pair("stride", self.stride, 1),
            dilation=_check_pair("dilation", self.dilation, 1),
        )
        if not isinstance(self.padding, str):
            self._set_fields(padding=_check_pair("padding", self.padding, 0))
        elif self.padding != "same":
            raise ValueError(f'Padding is {self.padding!r}: it must be a number, a pair or "same".')
        elif pair(self.stride) != (1, 1):
            raise ValueError(f'Padding is "same" with stride {self.stride}: "same" needs stride 1.')

    def _window(self, size: int, axis: int) -> Window:
        kernel, dilation = pair(self.kernel_size)[axis], pair(self.dilation)[axis]
        padding = same_padding(kernel, dilation=dilation) if self.padding == "same" else pair(self.padding)[axis]
        return Window.for_convolution(size, kernel, stride=pair(self.stride)[axis], padding=padding, dilation=dilation)

    def windows(self, shape: Shape) -> tuple[Window, Window]:
        _, height, width = image_shape(shape)
        return self._window(height, 0), self._window(width, 1)

    def output_shape(self, shape: Shape) -> Shape:
        check_groups(image_shape(shape)[0], self.filters, self.groups)
        rows, columns = self.windows(shape)
        return self.filters, rows.out, columns.out

    def parameters(self, shape: Shape) -> int:
        return conv_parameters(shape[0], self.filters, pair(self.kernel_size), groups=self.groups, bias=self.bias)

    def macs(self, shape: Shape) -> int:
        out = image_shape(self.output_shape(shape))
        return conv_macs(shape[0], out, pair(self.kernel_size), groups=self.groups)


@dataclass(frozen=True)
class _Pool2d(Layer):
    """The fields of max and average pooling; `stride=None` means a stride equal to the kernel."""

    kernel_size: Pair
    stride: Pair | None = None
    padding: Pair = 0
    ceil_mode: bool = False
    prefix: ClassVar[str] = "pool"

    def __post_init__(self) -> None:
        flag("ceil_mode", self.ceil_mode)
        self._set_fields(
            kernel_size=_check_pair("kernel_size", self.kernel_size, 1), padding=_check_pair("padding", self.padding, 0)
        )
        if self.stride is not None:
            self._set_fields(stride=_check_pair("stride", self.stride, 1))

    def _window(self, size: int, axis: int, dilation: int = 1) -> Window:
        return Window.for_pooling(
            size,
            pair(self.kernel_size)[axis],
            stride=None if self.stride is None else pair(self.stride)[axis],
            padding=pair(self.padding)[axis],
            dilation=dilation,
            ceil_mode=self.ceil_mode,
        )

    def windows(self, shape: Shape) -> tuple[Window, Window]:
        _, height, width = image_shape(shape)
        return self._window(height, 0), self._window(width, 1)

    def output_shape(self, shape: Shape) -> Shape:
        rows, columns = self.windows(shape)
        return shape[0], rows.out, columns.out


@dataclass(frozen=True)
class MaxPool2d(_Pool2d):
    """The largest value of each window; padding counts as −∞.

    >>> MaxPool2d(2).output_shape((8, 5, 5)), MaxPool2d(2, ceil_mode=True).output_shape((8, 5, 5))
    ((8, 2, 2), (8, 3, 3))
    """

    dilation: Pair = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set_fields(dilation=_check_pair("dilation", self.dilation, 1))

    def windows(self, shape: Shape) -> tuple[Window, Window]:
        _, height, width = image_shape(shape)
        down, across = pair(self.dilation)
        return self._window(height, 0, down), self._window(width, 1, across)


@dataclass(frozen=True)
class AvgPool2d(_Pool2d):
    """The mean of each window; `count_include_pad` says whether padding zeros count in the divisor.

    >>> AvgPool2d(3, stride=1, padding=1).output_shape((8, 5, 5))
    (8, 5, 5)
    """

    count_include_pad: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        flag("count_include_pad", self.count_include_pad)


@dataclass(frozen=True)
class AdaptiveAvgPool2d(Layer):
    """The means of `output_size` bins along each axis, whatever the input size (1: global average pooling).

    >>> AdaptiveAvgPool2d(1).output_shape((512, 7, 7))
    (512, 1, 1)
    """

    output_size: Pair = 1
    prefix: ClassVar[str] = "pool"

    def __post_init__(self) -> None:
        self._set_fields(output_size=_check_pair("output_size", self.output_size, 1))

    def windows(self, shape: Shape) -> tuple[Bins, Bins]:
        _, height, width = image_shape(shape)
        rows, columns = pair(self.output_size)
        return Bins(height, rows), Bins(width, columns)

    def output_shape(self, shape: Shape) -> Shape:
        return (image_shape(shape)[0], *pair(self.output_size))


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation of each channel (of each unit once flattened), with a learned scale and shift.

    >>> BatchNorm().parameters((64, 8, 8))
    128
    """

    prefix: ClassVar[str] = "bn"

    def parameters(self, shape: Shape) -> int:
        return batch_norm_parameters(shape[0])


@dataclass(frozen=True)
class ReLU(Layer):
    """max(0, x).

    >>> ReLU().prefix
    'relu'
    """

    prefix: ClassVar[str] = "relu"


@dataclass(frozen=True)
class ReLU6(Layer):
    """min(max(0, x), 6).

    >>> ReLU6().output_shape((8, 4, 4))
    (8, 4, 4)
    """

    prefix: ClassVar[str] = "relu"


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """x where positive, `negative_slope`·x elsewhere.

    >>> LeakyReLU().negative_slope
    0.01
    """

    negative_slope: float = 0.01
    prefix: ClassVar[str] = "relu"

    def __post_init__(self) -> None:
        real("negative_slope", self.negative_slope, 0, 1)


@dataclass(frozen=True)
class ELU(Layer):
    """x where positive, `alpha`·(eˣ − 1) elsewhere.

    >>> ELU(alpha=0.5)
    ELU(alpha=0.5)
    """

    alpha: float = 1.0
    prefix: ClassVar[str] = "elu"

    def __post_init__(self) -> None:
        real("alpha", self.alpha, 0, 100)


@dataclass(frozen=True)
class GELU(Layer):
    """x·Φ(x), where Φ is the standard normal distribution function.

    >>> GELU() == GELU()
    True
    """

    prefix: ClassVar[str] = "gelu"


@dataclass(frozen=True)
class Tanh(Layer):
    """The hyperbolic tangent.

    >>> Tanh().output_shape((120,))
    (120,)
    """

    prefix: ClassVar[str] = "tanh"


@dataclass(frozen=True)
class Dropout(Layer):
    """While training, sets each value to 0 with probability `p` and scales the others by 1/(1 − p).

    >>> Dropout(0.3).output_shape((64,))
    (64,)
    """

    p: float = 0.5
    prefix: ClassVar[str] = "dropout"

    def __post_init__(self) -> None:
        real("p", self.p, 0, 1)


@dataclass(frozen=True)
class Dropout2d(Dropout):
    """Dropout of whole channels.

    >>> Dropout2d(0.1).output_shape((64, 8, 8))
    (64, 8, 8)
    """

    def output_shape(self, shape: Shape) -> Shape:
        return image_shape(shape)


@dataclass(frozen=True)
class Flatten(Layer):
    """Reshape (C, H, W) to (C·H·W,).

    >>> Flatten().output_shape((16, 5, 5))
    (400,)
    """

    prefix: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        channels, height, width = image_shape(shape)
        return (channels * height * width,)

    def through(self, fields: Fields, shape: Shape) -> Fields:
        # From here on a linear layer sees all positions together: the union of their fields.
        return fields[0].through(shape[1]), fields[1].through(shape[2])


@dataclass(frozen=True)
class Linear(Layer):
    """Fully connected layer with `units` outputs, on flat input.

    >>> Linear(10).output_shape((400,)), Linear(10).parameters((400,))
    ((10,), 4010)
    """

    units: int
    bias: bool = True
    prefix: ClassVar[str] = "fc"

    def __post_init__(self) -> None:
        whole("units", self.units, 1, MAX_WIDTH)
        flag("bias", self.bias)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError(f"The layer needs flat input, but gets {format_shape(shape)}: put a flatten before it.")
        return (self.units,)

    def parameters(self, shape: Shape) -> int:
        return linear_parameters(shape[0], self.units, bias=self.bias)

    def macs(self, shape: Shape) -> int:
        return linear_parameters(shape[0], self.units, bias=False)

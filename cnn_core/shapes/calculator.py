"""One layer in one, two or three dimensions: output, parameters, work, memory, and the settings that give a size.

The networks of `cnn_core.networks` are two-dimensional; this module covers every layer that courses ask about.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from cnn_core.checks import one_of, whole
from cnn_core.geometry import (
    AxisWindows,
    Bins,
    Window,
    batch_norm_parameters,
    conv_parameters,
    effective_kernel,
    linear_parameters,
    solve_kernel,
    solve_padding,
    transposed_output_size,
)

CONVOLUTION = "Convolution"
TRANSPOSED_CONVOLUTION = "Transposed convolution"
MAX_POOLING = "Max pooling"
AVERAGE_POOLING = "Average pooling"
ADAPTIVE_POOLING = "Adaptive pooling"
LINEAR = "Linear"
BATCH_NORM = "Batch norm"
FLATTEN = "Flatten"
KINDS = (
    CONVOLUTION,
    TRANSPOSED_CONVOLUTION,
    MAX_POOLING,
    AVERAGE_POOLING,
    ADAPTIVE_POOLING,
    LINEAR,
    BATCH_NORM,
    FLATTEN,
)
WINDOWED_KINDS = (CONVOLUTION, TRANSPOSED_CONVOLUTION, MAX_POOLING, AVERAGE_POOLING)
AXIS_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""Dimensions → the names of their axes, in PyTorch's order."""
SETTINGS = ("padding", "kernel", "stride", "dilation")
"""The settings of an axis that `solve_settings` and `output_curve` vary, one at a time."""
MAX_SETTINGS = {"padding": 32, "kernel": 32, "stride": 32, "dilation": 16}
"""The largest value of each setting that `output_curve` tries: enough to see how the size changes."""
TORCH_DEFAULTS = {"stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}
"""What PyTorch's convolutions take where a setting is not given, in the order in which `torch_source` writes them."""
BYTES_PER_VALUE = 4
"""Size of a float32."""


@dataclass(frozen=True)
class AxisSettings:
    """The settings of a layer along one axis of `size` cells; `bins` are the outputs of an adaptive pooling.

    >>> AxisSettings(32, kernel=5, stride=2, padding=1).dilation
    1
    """

    size: int
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    output_padding: int = 0
    bins: int = 1


@dataclass(frozen=True)
class LayerCase:
    """One layer and its input of `channels` × the sizes of its `axes`; `filters` are the units of a linear layer.

    >>> LayerCase(CONVOLUTION, 3, (AxisSettings(32, kernel=5),) * 2, filters=36).input_shape
    (3, 32, 32)
    """

    kind: str
    channels: int
    axes: tuple[AxisSettings, ...]
    filters: int = 1
    groups: int = 1
    bias: bool = True
    ceil_mode: bool = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The input's shape (C, …) for one example; flat for a linear layer."""
        sizes = tuple(way.size for way in self.axes)
        return (self.channels * prod(sizes),) if self.kind == LINEAR else (self.channels, *sizes)

    @property
    def windows(self) -> tuple[AxisWindows, ...]:
        """The windows along each axis, none for a kind without any. Raises ValueError where a setting does not fit."""
        found = (axis_windows(self.kind, axis, ceil_mode=self.ceil_mode) for axis in self.axes)
        return tuple(windows for windows in found if windows is not None)


@dataclass(frozen=True)
class LayerReport:
    """A layer's output shape and counts for one example: learned weights and biases, and multiply–accumulates.

    `macs` are counted for convolutions and linear layers, as in `torch.utils.flop_counter`; FLOPs are twice as many.

    >>> LayerReport((10,), weights=1200, biases=10, macs=1200).parameters
    1210
    """

    output_shape: tuple[int, ...]
    weights: int
    biases: int
    macs: int

    @property
    def parameters(self) -> int:
        """Weights and biases together."""
        return self.weights + self.biases

    @property
    def flops(self) -> int:
        """Floating-point operations: a multiplication and an addition for each multiply–accumulate."""
        return 2 * self.macs

    @property
    def output_values(self) -> int:
        """How many numbers the output holds."""
        return prod(self.output_shape)

    @property
    def output_bytes(self) -> int:
        """Bytes that the output takes in memory as float32."""
        return BYTES_PER_VALUE * self.output_values


def layer_report(case: LayerCase) -> LayerReport:
    """Compute the output shape and the counts of a layer. Raises ValueError with a sentence when anything does not fit.

    >>> report = layer_report(LayerCase(CONVOLUTION, 3, (AxisSettings(32, kernel=5),) * 2, filters=36))
    >>> report.output_shape, report.parameters
    ((36, 28, 28), 2736)
    """
    one_of("kind", case.kind, KINDS)
    whole("channels", case.channels, 1)
    sizes = tuple(axis_output(case.kind, way, ceil_mode=case.ceil_mode) for way in case.axes)
    kernel = tuple(way.kernel for way in case.axes)
    match case.kind:
        case "Convolution":
            weights = conv_parameters(case.channels, case.filters, kernel, groups=case.groups, bias=False)
            biases = case.filters if case.bias else 0
            return LayerReport((case.filters, *sizes), weights, biases, prod(sizes) * weights)
        case "Transposed convolution":
            # its kernel is that of the convolution it undoes, so filters and channels change places
            weights = conv_parameters(case.filters, case.channels, kernel, groups=case.groups, bias=False)
            read = prod(way.size for way in case.axes)
            return LayerReport((case.filters, *sizes), weights, case.filters if case.bias else 0, read * weights)
        case "Linear":
            fan_in = prod(case.input_shape)
            weights = linear_parameters(fan_in, case.filters, bias=False)
            return LayerReport((case.filters,), weights, case.filters if case.bias else 0, weights)
        case "Batch norm":
            learned = batch_norm_parameters(case.channels)
            return LayerReport(case.input_shape, learned // 2, learned // 2, 0)
        case "Flatten":
            return LayerReport((prod(case.input_shape),), 0, 0, 0)
    return LayerReport((case.channels, *sizes), 0, 0, 0)


@dataclass(frozen=True)
class TransposedWindow(Window):
    """The windows of a transposed convolution, on its output of `size` cells: each of its `inputs` writes to one.

    It is the window of the convolution that is undone. Where the output padding is as long as the stride, more windows
    would fit than there are inputs.
    """

    inputs: int = 1

    @cached_property
    def out(self) -> int:
        """How many windows there are: one for each input."""
        return self.inputs


def axis_windows(kind: str, axis: AxisSettings, *, ceil_mode: bool = False) -> AxisWindows | None:
    """Return the windows of a layer along one axis; None for a kind that has none.

    The single window of a linear layer covers everything; those of a transposed convolution lie on its output. Raises
    ValueError with a sentence when the settings do not fit.
    """
    where = {"stride": axis.stride, "padding": axis.padding}
    match kind:
        case "Convolution":
            return Window.for_convolution(axis.size, axis.kernel, dilation=axis.dilation, **where)
        case "Transposed convolution":
            return _transposed_window(axis)
        case "Max pooling":
            return Window.for_pooling(axis.size, axis.kernel, dilation=axis.dilation, ceil_mode=ceil_mode, **where)
        case "Average pooling":
            return Window.for_pooling(axis.size, axis.kernel, ceil_mode=ceil_mode, **where)
        case "Adaptive pooling":
            return Bins(axis.size, axis.bins)
        case "Linear":
            return Window(axis.size, axis.size)
    return None


def _transposed_window(axis: AxisSettings) -> TransposedWindow:
    size = transposed_output_size(
        axis.size,
        axis.kernel,
        stride=axis.stride,
        padding=axis.padding,
        dilation=axis.dilation,
        output_padding=axis.output_padding,
    )
    after = max(0, axis.padding - axis.output_padding)
    return TransposedWindow(size, axis.kernel, axis.stride, axis.padding, after, axis.dilation, inputs=axis.size)


def axis_output(kind: str, axis: AxisSettings, *, ceil_mode: bool = False) -> int:
    """Return the output size along one axis; a layer without windows, or a linear one, leaves the size as it is.

    Raises ValueError with a sentence when the settings do not fit.
    """
    windows = None if kind == LINEAR else axis_windows(kind, axis, ceil_mode=ceil_mode)
    if windows is None:
        return whole("size", axis.size, 1)
    return windows.size if kind == TRANSPOSED_CONVOLUTION else windows.out


def solve_stride(size: int, kernel: int, out: int, *, padding: int = 0, dilation: int = 1) -> list[int]:
    """List every stride with which a convolution turns `size` into `out`, smallest first.

    For `out` 1 only the smallest is listed: every longer stride leaves one window too. From out = ⌊r / s⌋ + 1 with the
    room r = n + 2p − d(k − 1) − 1 follows r / out < s ≤ r / (out − 1). Raises ValueError when an argument is below 1.

    >>> solve_stride(32, 5, 15, padding=1)
    [2]
    """
    room = whole("size", size, 1) + 2 * padding - effective_kernel(kernel, dilation)
    out = whole("out", out, 1)
    if room < 0:
        return []
    first = room // out + 1
    last = first if out == 1 else room // (out - 1)
    return list(range(first, last + 1))


def solve_dilation(size: int, kernel: int, out: int, *, stride: int = 1, padding: int = 0) -> list[int]:
    """List every dilation with which a convolution turns `size` into `out`, smallest first.

    The dilation of a kernel of 1 changes nothing: then 1 is listed if the size is right, else nothing.

    >>> solve_dilation(32, 3, 28)
    [2]
    """
    spans = solve_kernel(size, out, stride=stride, padding=padding)  # the kernels that would do without dilation
    if kernel == 1:
        return [1] if 1 in spans else []
    return [(span - 1) // (kernel - 1) for span in spans if span > 1 and (span - 1) % (kernel - 1) == 0]


def uneven_padding(axis: AxisSettings, out: int) -> tuple[int, int] | None:
    """Return the uneven padding (before, after) that gives `out` where no even one does; None otherwise.

    In all (out − 1)s + d(k − 1) + 1 − n cells are needed, and up to s − 1 more are allowed; only with stride 1 can that
    leave a single odd number. The extra cell goes after, as in PyTorch's "same".

    >>> uneven_padding(AxisSettings(32, kernel=4), 32)
    (1, 2)
    """
    need = (out - 1) * axis.stride + effective_kernel(axis.kernel, axis.dilation) - axis.size
    if axis.stride > 1 or need < 1 or need % 2 == 0:
        return None
    return need // 2, need - need // 2


def solve_settings(axis: AxisSettings, out: int) -> dict[str, list[int]]:
    """List for each of SETTINGS the values that give `out` along one axis of a convolution, the others unchanged.

    >>> solve_settings(AxisSettings(32, kernel=5), 32)["padding"]
    [2]
    """
    size, kernel, stride = axis.size, axis.kernel, axis.stride
    found: dict[str, Callable[[], list[int]]] = {
        "padding": lambda: solve_padding(size, kernel, out, stride=stride, dilation=axis.dilation),
        "kernel": lambda: solve_kernel(size, out, stride=stride, padding=axis.padding, dilation=axis.dilation),
        "stride": lambda: solve_stride(size, kernel, out, padding=axis.padding, dilation=axis.dilation),
        "dilation": lambda: solve_dilation(size, kernel, out, stride=stride, padding=axis.padding),
    }
    return {name: work() for name, work in found.items()}


def output_curve(kind: str, axis: AxisSettings, setting: str, *, ceil_mode: bool = False) -> list[tuple[int, int]]:
    """List (value, output size) for every value of one of SETTINGS with which the layer fits.

    >>> output_curve(CONVOLUTION, AxisSettings(4), "stride")[:3]
    [(1, 4), (2, 2), (3, 2)]
    """
    found = []
    for value in range(0 if setting == "padding" else 1, MAX_SETTINGS[setting] + 1):
        try:
            found.append((value, axis_output(kind, replace(axis, **{setting: value}), ceil_mode=ceil_mode)))
        except ValueError:
            continue
    return found


def torch_source(case: LayerCase) -> str:
    """Write the layer as a line of PyTorch; arguments that have their default are left out.

    >>> torch_source(LayerCase(CONVOLUTION, 3, (AxisSettings(32, kernel=5),) * 2, filters=36))
    'nn.Conv2d(3, 36, kernel_size=5)'
    """
    dims = len(case.axes)
    bias = [] if case.bias else ["bias=False"]
    match case.kind:
        case "Convolution":
            return f"nn.Conv{dims}d({_convolution_arguments(case, ('stride', 'padding', 'dilation'))})"
        case "Transposed convolution":
            return f"nn.ConvTranspose{dims}d({_convolution_arguments(case, tuple(TORCH_DEFAULTS))})"
        case "Max pooling":
            return f"nn.MaxPool{dims}d({_pooling_arguments(case, ('padding', 'dilation'))})"
        case "Average pooling":
            return f"nn.AvgPool{dims}d({_pooling_arguments(case, ('padding',))})"
        case "Adaptive pooling":
            return f"nn.AdaptiveAvgPool{dims}d({_torch_value(case, 'bins')})"
        case "Linear":
            linear = ", ".join([str(case.input_shape[0]), str(case.filters), *bias])
            return f"nn.Sequential(nn.Flatten(), nn.Linear({linear}))"
        case "Batch norm":
            return f"nn.BatchNorm{dims}d({case.channels})"
    return "nn.Flatten()"


def _convolution_arguments(case: LayerCase, settings: tuple[str, ...]) -> str:
    """Write the arguments of a convolution, those of `settings` where they differ from PyTorch's defaults."""
    counts = [str(case.channels), str(case.filters), f"kernel_size={_torch_value(case, 'kernel')}"]
    groups = [f"groups={case.groups}"] if case.groups > 1 else []
    bias = [] if case.bias else ["bias=False"]
    return ", ".join([*counts, *_changed_settings(case, settings), *groups, *bias])


def _pooling_arguments(case: LayerCase, settings: tuple[str, ...]) -> str:
    """Write the arguments of a pooling, whose stride is the kernel's size unless it is given."""
    stride = [f"stride={_torch_value(case, 'stride')}"] if any(way.stride != way.kernel for way in case.axes) else []
    ceil_mode = ["ceil_mode=True"] if case.ceil_mode else []
    return ", ".join([_torch_value(case, "kernel"), *stride, *_changed_settings(case, settings), *ceil_mode])


def _changed_settings(case: LayerCase, settings: tuple[str, ...]) -> list[str]:
    """Write the settings that differ from PyTorch's defaults as keyword arguments."""
    values = {name: _torch_value(case, name) for name in settings}
    return [f"{name}={value}" for name, value in values.items() if value != str(TORCH_DEFAULTS[name])]


def _torch_value(case: LayerCase, name: str) -> str:
    """Write a setting as PyTorch takes it: one number where all axes agree, else a tuple."""
    values = tuple(getattr(way, name) for way in case.axes)
    return str(values[0] if len(set(values)) == 1 else values)

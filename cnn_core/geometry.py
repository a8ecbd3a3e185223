"""Where the windows of a layer lie: output sizes, their inverse problems, receptive fields, parameters and MACs.

Everything here is whole-number arithmetic along one axis (height and width never influence each other) or on plain
counts. `Window` is the one description of a window along an axis: a layer has one along the height and one along the
width. `Bins` take their place where a layer pools adaptively. Formulas: Dumoulin & Visin, "A guide to convolution
arithmetic for deep learning" (2016), and the "Shape" sections of PyTorch's Conv2d and MaxPool2d; receptive fields:
Araujo, Norris & Sim, Distill (2019).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from math import prod

from cnn_core.checks import whole

__all__ = [
    "AxisWindows",
    "Bins",
    "Padding",
    "ReceptiveField",
    "Window",
    "batch_norm_parameters",
    "check_groups",
    "conv_macs",
    "conv_output_size",
    "conv_parameters",
    "effective_kernel",
    "linear_parameters",
    "pool_output_size",
    "same_padding",
    "sides",
    "solve_kernel",
    "solve_padding",
    "transposed_output_size",
]

Padding = int | tuple[int, int]
"""Cells added along one axis: the same number on both sides, or (before, after)."""


def sides(padding: Padding) -> tuple[int, int]:
    """Return the padding along one axis as (before, after). Raises ValueError when a side is negative or not whole.

    >>> sides(2), sides((1, 2))
    ((2, 2), (1, 2))
    """
    if isinstance(padding, tuple | list):
        if len(padding) != 2:
            raise ValueError(f"Padding is {padding!r}: it must be one number or a pair (before, after).")
        return whole("padding before", padding[0], 0), whole("padding after", padding[1], 0)
    both = whole("padding", padding, 0)
    return both, both


def effective_kernel(kernel: int, dilation: int = 1) -> int:
    """Return the number of cells that a dilated kernel spans along one axis: d(k − 1) + 1. Raises ValueError below 1.

    >>> effective_kernel(3, dilation=2)
    5
    """
    return whole("dilation", dilation, 1) * (whole("kernel", kernel, 1) - 1) + 1


WINDOW_RANGES = (
    ("size", "size", 1),
    ("kernel", "kernel", 1),
    ("stride", "stride", 1),
    ("before", "padding before", 0),
    ("after", "padding after", 0),
    ("dilation", "dilation", 1),
)
"""The whole-number fields of a `Window`: name, name in a sentence, smallest value."""


@dataclass(frozen=True)
class Window:
    """A window that slides along one axis of `size` cells: the kernel of a layer, along its height or its width.

    The axis has `before` and `after` cells of padding. The kernel has `kernel` cells that lie `dilation` apart, and
    moves by `stride`; with `ceil_mode` a last window may hang over the end. Cells of the padded axis are counted from
    the first padding cell, cells of the input from the first one that is not padding. Raises ValueError when a field is
    not a whole number in range; `out` is 0 when no window fits.

    >>> window = Window(size=32, kernel=5, stride=2, before=1, after=1)
    >>> window.room, window.out
    (29, 15)
    >>> window.cells(0)
    range(0, 4)
    >>> window.counts[-3:]
    (1, 1, 0)
    """

    size: int
    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    ceil_mode: bool = False

    def __post_init__(self) -> None:
        for name, label, minimum in WINDOW_RANGES:
            value = getattr(self, name)
            if type(value) is not int or value < minimum:  # a network makes many windows, and nearly all pass here
                object.__setattr__(self, name, whole(label, value, minimum))

    @classmethod
    def for_convolution(
        cls, size: int, kernel: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1
    ) -> "Window":
        """Return the window of a convolution. Raises ValueError when an argument is out of range or nothing fits.

        >>> Window.for_convolution(32, 5, padding=2).out
        32
        """
        before, after = sides(padding)
        window = cls(size, kernel, stride, before, after, dilation)
        if window.room < 0:
            raise ValueError(_misfit_sentence(size, kernel, padding, dilation))
        return window

    @classmethod
    def for_pooling(
        cls,
        size: int,
        kernel: int,
        *,
        stride: int | None = None,
        padding: Padding = 0,
        dilation: int = 1,
        ceil_mode: bool = False,
    ) -> "Window":
        """Return the window of a pooling; `stride=None` means stride = kernel.

        PyTorch allows padding up to half the kernel (of its size, not of its dilated span). Raises ValueError when the
        padding is larger, when an argument is out of range, and when no window fits.

        >>> Window.for_pooling(5, 2, ceil_mode=True).out
        3
        """
        before, after = sides(padding)
        window = cls(size, kernel, kernel if stride is None else stride, before, after, dilation, ceil_mode)
        if max(before, after) > kernel // 2:
            raise ValueError(
                f"Padding {padding} is more than half of kernel {kernel}: a window could hold padding only; "
                f"pooling allows padding up to {kernel // 2}."
            )
        if window.out < 1:
            raise ValueError(
                f"Kernel {kernel} does not fit a {size}-wide input with padding {padding}; "
                f"a kernel spanning at most {window.padded_size} would."
            )
        return window

    @property
    def padding(self) -> tuple[int, int]:
        """The cells added along the axis, (before, after)."""
        return self.before, self.after

    @property
    def span(self) -> int:
        """Cells from the first to the last cell of the kernel, gaps included: d(k − 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded_size(self) -> int:
        """Cells of the axis and of its padding."""
        return self.before + self.size + self.after

    @property
    def room(self) -> int:
        """How far the window can move: padded size − span, negative when it does not fit."""
        return self.padded_size - self.span

    @cached_property
    def out(self) -> int:
        """How many windows there are: ⌊room / stride⌋ + 1, and 0 when none fits.

        With `ceil_mode` the division rounds up, and a last window that would start beyond input + left padding is
        dropped. Formula: PyTorch, Pool.h.
        """
        if not self.ceil_mode:
            return max(0, self.room // self.stride + 1)
        out = -(-self.room // self.stride) + 1
        starts_too_late = (out - 1) * self.stride >= self.size + self.before
        return max(0, out - 1 if starts_too_late else out)

    @property
    def reach(self) -> int:
        """Cells from the start of the padding to its end, or to the end of a last window that hangs over it."""
        return max(self.padded_size, (self.out - 1) * self.stride + self.span)

    @property
    def input_slice(self) -> slice:
        """The cells of the padded axis that hold the input."""
        return slice(self.before, self.before + self.size)

    def cells(self, window: int) -> range:
        """Return the input cells that `window` (counted from 0) reads; none of the padding, so perhaps no cell."""
        start = window * self.stride - self.before
        first = start % self.dilation if start < 0 else start
        return range(first, min(start + self.span, self.size), self.dilation)

    def padded_cells(self, window: int) -> range:
        """Return the cells of the padded axis that `window` reads; what hangs over the padding is left out."""
        start = window * self.stride
        return range(start, min(start + self.span, self.padded_size), self.dilation)

    @property
    def all_cells(self) -> tuple[range, ...]:
        """The input cells of every window, in order."""
        return tuple(self.cells(window) for window in range(self.out))

    def tap_slice(self, tap: int, windows: int | None = None) -> slice:
        """Return the cells of the padded axis that kernel cell `tap` meets in the first `windows` windows (all)."""
        count = self.out if windows is None else windows
        first = tap * self.dilation
        return slice(first, first + (count - 1) * self.stride + 1, self.stride)

    def reader(self, cell: int, tap: int) -> int | None:
        """Return the index of the window whose kernel cell `tap` reads input cell `cell`; None when no window does."""
        window, rest = divmod(cell + self.before - tap * self.dilation, self.stride)
        return window if rest == 0 and 0 <= window < self.out else None

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many windows read each cell of the padded axis, `padded_size` numbers; 0 where none ever does."""
        counts = [0] * self.padded_size
        for window in range(self.out):
            for cell in self.padded_cells(window):
                counts[cell] += 1
        return tuple(counts)

    @property
    def unvisited_runs(self) -> tuple[tuple[int, int], ...]:
        """Runs (first cell, number of cells) of the padded axis that no window reads."""
        groups = groupby(range(self.padded_size), key=lambda cell: self.counts[cell] == 0)
        runs = [list(cells) for unvisited, cells in groups if unvisited]
        return tuple((run[0], len(run)) for run in runs)


@dataclass(frozen=True)
class Bins:
    """The windows of an adaptive pooling along one axis: `out` of them share `size` cells.

    Window i reads the cells ⌊i·size/out⌋ … ⌈(i + 1)·size/out⌉ − 1; neighbours share cells where `size` is no multiple
    of `out`. Formula: PyTorch, AdaptivePooling.h. Raises ValueError when a field is below 1.

    >>> Bins(size=5, out=2).all_cells
    (range(0, 3), range(2, 5))
    """

    size: int
    out: int

    def __post_init__(self) -> None:
        whole("size", self.size, 1)
        whole("output size", self.out, 1)

    def cells(self, window: int) -> range:
        """Return the cells that `window` (counted from 0) reads."""
        return range(window * self.size // self.out, -(-(window + 1) * self.size // self.out))

    @property
    def all_cells(self) -> tuple[range, ...]:
        """The cells of every window, in order."""
        return tuple(self.cells(window) for window in range(self.out))


AxisWindows = Window | Bins
"""The windows of a layer along one axis."""


def conv_output_size(size: int, kernel: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> int:
    """Return the output size of a convolution along one axis: ⌊(n + p_before + p_after − d(k − 1) − 1) / s⌋ + 1.

    Raises ValueError when an argument is out of range or the kernel does not fit the padded input.

    >>> conv_output_size(32, 5, stride=2, padding=1)
    15
    """
    return Window.for_convolution(size, kernel, stride=stride, padding=padding, dilation=dilation).out


def _misfit_sentence(size: int, kernel: int, padding: Padding, dilation: int) -> str:
    """Say why a kernel does not fit along one axis, and name the smallest padding (on both sides) that would help."""
    span = effective_kernel(kernel, dilation)
    spanning = f" with dilation {dilation} (spanning {span})" if dilation > 1 else ""
    enough = -((size - span) // 2)
    return (
        f"Kernel {kernel}{spanning} does not fit a {size}-wide input with padding {padding}; "
        f"padding {enough} or more would."
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
    """Return the output size of a pooling along one axis; `stride=None` means stride = kernel.

    The formula is that of a convolution; for `ceil_mode` see `Window.out`. Raises ValueError as `Window.for_pooling`.

    >>> pool_output_size(5, 2), pool_output_size(5, 2, ceil_mode=True)
    (2, 3)
    """
    return Window.for_pooling(size, kernel, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode).out


def transposed_output_size(
    size: int, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1, output_padding: int = 0
) -> int:
    """Return the output size of a transposed convolution along one axis: (n − 1)s − 2p + d(k − 1) + 1 + output padding.

    A convolution with stride s turns s different sizes into the same n; the output padding picks one of them. It must
    be smaller than the stride or the dilation (PyTorch's rule). Raises ValueError when an argument is out of range or
    nothing would be left.

    >>> transposed_output_size(16, 4, stride=2, padding=1)
    32
    """
    size, stride = whole("size", size, 1), whole("stride", stride, 1)
    span = effective_kernel(kernel, dilation)
    padding, extra = whole("padding", padding, 0), whole("output padding", output_padding, 0)
    if extra >= max(stride, dilation):
        raise ValueError(
            f"Output padding is {extra}: it must be smaller than the stride or the dilation, so at most "
            f"{max(stride, dilation) - 1}."
        )
    out = (size - 1) * stride - 2 * padding + span + extra
    if out < 1:
        most = (out + 2 * padding - 1) // 2
        raise ValueError(
            f"Padding {padding} cuts away all {out + 2 * padding} cells of the output; "
            f"padding {most} or less would not."
        )
    return out


def same_padding(kernel: int, *, dilation: int = 1) -> tuple[int, int]:
    """Return the padding (before, after) with which a stride-1 convolution keeps the size: d(k − 1) cells in all.

    When that is odd (even span) the extra cell goes after (right, bottom), as in PyTorch and TensorFlow.

    >>> same_padding(5), same_padding(4)
    ((2, 2), (1, 2))
    """
    total = effective_kernel(kernel, dilation) - 1
    return total // 2, total - total // 2


def solve_padding(size: int, kernel: int, out: int, *, stride: int = 1, dilation: int = 1) -> list[int]:
    """List every padding (the same on both sides) with which a convolution turns `size` into `out`, smallest first.

    From out = ⌊(n + 2p − e) / s⌋ + 1 with e = d(k − 1) + 1 follows (out − 1)s ≤ n + 2p − e ≤ (out − 1)s + s − 1.
    Raises ValueError when an argument is below 1.

    >>> solve_padding(32, 5, 32), solve_padding(32, 4, 32)
    ([2], [])
    """
    size, out, stride = whole("size", size, 1), whole("out", out, 1), whole("stride", stride, 1)
    need = (out - 1) * stride + effective_kernel(kernel, dilation) - size
    first, last = max(0, -(-need // 2)), (need + stride - 1) // 2
    return list(range(first, last + 1))


def solve_kernel(size: int, out: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> list[int]:
    """List every kernel size with which a convolution turns `size` into `out`, smallest first.

    The span e = d(k − 1) + 1 must satisfy n + p − (out − 1)s − (s − 1) ≤ e ≤ n + p − (out − 1)s, where p counts the
    padding of both sides. Raises ValueError when an argument is out of range.

    >>> solve_kernel(32, 16, stride=2)
    [1, 2]
    """
    size, out, stride = whole("size", size, 1), whole("out", out, 1), whole("stride", stride, 1)
    dilation = whole("dilation", dilation, 1)
    longest = size + sum(sides(padding)) - (out - 1) * stride
    shortest = max(1, longest - stride + 1)
    first, last = -(-(shortest - 1) // dilation) + 1, (longest - 1) // dilation + 1
    return list(range(first, last + 1))


@dataclass(frozen=True)
class ReceptiveField:
    """The cells of the input that one unit sees along one axis: `size` of them.

    The fields of neighbouring units lie `jump` cells apart. `centre` is the middle of the first unit's field, as a
    coordinate of the input (0 is the middle of the first cell; it is not whole in general).

    >>> ReceptiveField().through(3, padding=1).through(3, stride=2)
    ReceptiveField(size=5, jump=2, centre=1.0)
    """

    size: int = 1
    jump: int = 1
    centre: float = 0.0

    def behind(self, windows: AxisWindows) -> "ReceptiveField":
        """Return the field after a layer with these windows; unequal bins count as their widest."""
        if isinstance(windows, Window):
            where = {"stride": windows.stride, "dilation": windows.dilation}
            return self.through(windows.kernel, padding=windows.padding, **where)
        widest = max(len(cells) for cells in windows.all_cells)
        return self.through(widest, stride=-(-windows.size // windows.out))

    def through(self, kernel: int, *, stride: int = 1, padding: Padding = 0, dilation: int = 1) -> "ReceptiveField":
        """Return the field after one more layer.

        With e = d(k − 1) + 1 its size is r + (e − 1)j, its jump j·s and its centre c + ((e − 1)/2 − p_before)j
        (Araujo, Norris & Sim, 2019). Raises ValueError when an argument is out of range.
        """
        span = effective_kernel(kernel, dilation)
        return ReceptiveField(
            size=self.size + (span - 1) * self.jump,
            jump=self.jump * whole("stride", stride, 1),
            centre=self.centre + ((span - 1) / 2 - sides(padding)[0]) * self.jump,
        )


def check_groups(in_channels: int, filters: int, groups: int) -> None:
    """Raise ValueError unless `groups` divides both the input channels and the filters.

    >>> check_groups(8, 12, groups=4)
    """
    whole("groups", groups, 1)
    if in_channels % groups or filters % groups:
        raise ValueError(
            f"Groups is {groups}: it must divide both the {in_channels} input channels and the {filters} filters."
        )


def conv_parameters(
    in_channels: int, filters: int, kernel: tuple[int, ...], *, groups: int = 1, bias: bool = True
) -> int:
    """Count the weights and biases of a convolution along any number of axes: F · (C / groups) · k_h · k_w … (+ F).

    Raises ValueError when `groups` does not divide the channels and the filters.

    >>> conv_parameters(3, 36, (5, 5))
    2736
    """
    check_groups(in_channels, filters, groups)
    return filters * (in_channels // groups) * prod(kernel) + (filters if bias else 0)


def conv_macs(in_channels: int, out_shape: tuple[int, int, int], kernel: tuple[int, int], *, groups: int = 1) -> int:
    """Count the multiply–accumulates of a convolution for one image: one per weight and output position, no biases.

    `out_shape` is (F, H_out, W_out); the count is F · H_out · W_out · (C / groups) · k_h · k_w. Raises ValueError when
    `groups` does not divide the channels and the filters.

    >>> conv_macs(3, (36, 15, 15), (5, 5))
    607500
    """
    check_groups(in_channels, out_shape[0], groups)
    return out_shape[0] * out_shape[1] * out_shape[2] * (in_channels // groups) * kernel[0] * kernel[1]


def linear_parameters(in_features: int, units: int, *, bias: bool = True) -> int:
    """Count the weights and biases of a fully connected layer: n · m (+ m). Its MACs are the weights: n · m.

    >>> linear_parameters(120, 10)
    1210
    """
    return in_features * units + (units if bias else 0)


def batch_norm_parameters(channels: int) -> int:
    """Count the learned numbers of a batch norm, 2C: a scale and a shift per channel (running statistics do not count).

    >>> batch_norm_parameters(64)
    128
    """
    return 2 * channels

"""The arguments of the window operations: brought into one form, or refused with a sentence that says what is right."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnn_core.checks import name_in_words, whole
from cnn_core.geometry import Window, check_groups, same_padding, sides

FloatArray = NDArray[np.floating[Any]]
Pair = tuple[int, int]
Sides = tuple[Pair, Pair]
IntOrPair = int | Pair
Padding = int | Pair | Sides | Literal["same", "valid"]

PADDING_FORMS = 'a whole number, (vertical, horizontal), ((top, bottom), (left, right)), "same" or "valid"'


class Sweep(NamedTuple):
    """How a kernel moves over a picture: the windows along its rows (vertically) and along its columns (horizontally).

    Output cell (i, j) sees the padded picture at rows i·stride + u·dilation and likewise at columns, where (u, v) runs
    over the cells of the kernel. Every property is (vertical, horizontal).
    """

    rows: Window
    columns: Window

    @property
    def size(self) -> Pair:
        """Rows and columns of the picture."""
        return self.rows.size, self.columns.size

    @property
    def kernel(self) -> Pair:
        """Rows and columns of the kernel."""
        return self.rows.kernel, self.columns.kernel

    @property
    def stride(self) -> Pair:
        """Cells from one window to the next."""
        return self.rows.stride, self.columns.stride

    @property
    def dilation(self) -> Pair:
        """Cells from one cell of the kernel to the next."""
        return self.rows.dilation, self.columns.dilation

    @property
    def padding(self) -> Sides:
        """((top, bottom), (left, right))."""
        return self.rows.padding, self.columns.padding

    @property
    def output(self) -> Pair:
        """Rows and columns of the output."""
        return self.rows.out, self.columns.out

    @property
    def padded_size(self) -> Pair:
        """Size of the padded picture, long enough for the last window (with ceil_mode it may hang over the padding)."""
        return self.rows.reach, self.columns.reach

    @property
    def picture_slices(self) -> tuple[slice, slice]:
        """The rows and the columns of the padded picture that hold the picture itself."""
        return self.rows.input_slice, self.columns.input_slice


def check_picture(name: str, value: object) -> FloatArray:
    """Return `value` as an array. Raises ValueError unless it has shape (N, C, H, W) and a float dtype."""
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(
            f"The array {name} has dtype {array.dtype}: give floats, for instance {name}.astype(np.float32)."
        )
    if array.ndim != 4:
        axes = "(filters, channels, height, width)" if name == "w" else "(N, C, H, W)"
        raise ValueError(f"The array {name} has shape {array.shape}: give four axes, {axes}.")
    if 0 in array.shape[1:]:
        raise ValueError(
            f"The array {name} has shape {array.shape}: every axis after the first needs a size of at least 1."
        )
    return array


def check_dtype(name: str, array: FloatArray, x: FloatArray) -> None:
    """Raise ValueError when `array` and x differ in dtype: as in PyTorch, the dtype of the result is never a guess."""
    if array.dtype != x.dtype:
        raise ValueError(
            f"The array {name} has dtype {array.dtype} but x has {x.dtype}: give both the same, "
            f"for instance {name}.astype(np.{x.dtype})."
        )


def convolution_arguments(
    x: object, w: object, stride: object, padding: object, dilation: object, groups: int
) -> tuple[FloatArray, FloatArray, Sweep]:
    """Return the checked x (N, C, H, W) and w (O, C/groups, h, w), and the sweep of w over x.

    Raises ValueError with a sentence when an argument is wrong, the channels disagree or the kernel does not fit.
    """
    x, w = check_picture("x", x), check_picture("w", w)
    check_dtype("w", w, x)
    check_groups(x.shape[1], w.shape[0], groups)
    if w.shape[1] != x.shape[1] // groups:
        raise ValueError(
            f"The array w has shape {w.shape}, so a filter reads {w.shape[1]} channels: x has {x.shape[1]} channels "
            f"and groups is {groups}, so w.shape[1] must be {x.shape[1] // groups}."
        )
    size, kernel = (x.shape[2], x.shape[3]), (w.shape[2], w.shape[3])
    steps, gaps = to_pair("stride", stride), to_pair("dilation", dilation)
    edges = _padding_sides(padding, kernel, steps, gaps)
    axes = zip(size, kernel, steps, edges, gaps, strict=True)
    return (
        x,
        w,
        Sweep(
            *(
                Window.for_convolution(n, k, stride=step, padding=_shorten_padding(edge), dilation=gap)
                for n, k, step, edge, gap in axes
            )
        ),
    )


def pooling_arguments(
    x: object, kernel_size: object, stride: object, padding: object, dilation: object, ceil_mode: bool
) -> tuple[FloatArray, Sweep]:
    """Return the checked x (N, C, H, W) and the sweep of the pooling window over it.

    `stride=None` means the kernel's size. Raises ValueError with a sentence when an argument is wrong or nothing fits.
    """
    x = check_picture("x", x)
    size, kernel = (x.shape[2], x.shape[3]), to_pair("kernel_size", kernel_size)
    steps, gaps = (kernel if stride is None else to_pair("stride", stride)), to_pair("dilation", dilation)
    edges = _padding_sides(padding, kernel, steps, gaps)
    axes = zip(size, kernel, steps, edges, gaps, strict=True)
    return x, Sweep(
        *(
            Window.for_pooling(
                n, k, stride=step, padding=_shorten_padding(edge), dilation=gap, ceil_mode=bool(ceil_mode)
            )
            for n, k, step, edge, gap in axes
        )
    )


def check_bias(b: object, w: FloatArray) -> FloatArray:
    """Return `b` as one number per output channel, (O,), in w's dtype; zeros when it is None.

    Raises ValueError when its shape or its dtype is another.
    """
    if b is None:
        return np.zeros(w.shape[0], w.dtype)
    array = np.asarray(b)
    if array.shape != (w.shape[0],):
        raise ValueError(
            f"The array b has shape {array.shape}: give one number for each of the {w.shape[0]} filters, "
            f"({w.shape[0]},)."
        )
    if array.dtype != w.dtype:
        raise ValueError(f"The array b has dtype {array.dtype} but x has {w.dtype}: give b.astype(np.{w.dtype}).")
    return array


def check_output_gradient(dy: object, x: FloatArray, channels: int, sweep: Sweep) -> FloatArray:
    """Return dy, the gradient of the loss with respect to the output.

    Raises ValueError unless it has the output's shape and x's dtype.
    """
    gradient = check_picture("dy", dy)
    check_dtype("dy", gradient, x)
    expected = (x.shape[0], channels, *sweep.output)
    if gradient.shape != expected:
        raise ValueError(f"The array dy has shape {gradient.shape}: give the shape of the output, here {expected}.")
    return gradient


def to_pair(name: str, value: object) -> Pair:
    """Return `value` as (vertical, horizontal): 3 → (3, 3), (3, 2) → (3, 2). Raises ValueError below 1."""
    axes = _split_pair(value)
    if axes is None:
        raise ValueError(
            f"{name_in_words(name)} is {value!r:.60}: give a whole number or a pair (vertical, horizontal)."
        )
    return whole(name, axes[0], 1), whole(name, axes[1], 1)


def _split_pair(value: object) -> tuple[Any, Any] | None:
    """Return a pair unchanged and a single value twice; None for a sequence of another length."""
    if not isinstance(value, tuple | list):
        return value, value
    return (value[0], value[1]) if len(value) == 2 else None


def _padding_sides(padding: object, kernel: Pair, stride: Pair, dilation: Pair) -> Sides:
    """Return `padding`, given in any of its forms, as ((top, bottom), (left, right))."""
    if padding == "same":
        if stride != (1, 1):
            raise ValueError(
                f'Padding is "same" with stride {stride}: the output keeps the size of the input only with stride 1; '
                "set stride to 1 or give the padding in numbers."
            )
        return same_padding(kernel[0], dilation=dilation[0]), same_padding(kernel[1], dilation=dilation[1])
    axes = (0, 0) if padding == "valid" else _split_pair(padding)
    if axes is None or isinstance(axes[0], str):
        raise ValueError(f"Padding is {padding!r}: give {PADDING_FORMS}.")
    return sides(axes[0]), sides(axes[1])


def _shorten_padding(edge: Pair) -> int | Pair:
    """Return (1, 1) as 1, so that sentences name the padding as it is usually given."""
    return edge[0] if edge[0] == edge[1] else edge

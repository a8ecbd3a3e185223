"""Filtering a picture with a kernel, as a layer of a network does it."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cnn_core.geometry import Window, effective_kernel, same_padding
from cnn_core.images import to_grey
from cnn_core.kernels.families import Weights
from cnn_core.ops.windows import NUMPY_MODES
from cnn_core.words import format_size

Result = NDArray[np.float32]
Pixel = TypeVar("Pixel", bound=np.generic)

PADDING_MODES = {**NUMPY_MODES, "valid": None}
"""PyTorch's name of a padding mode → NumPy's; "valid" pads nothing, so the result is smaller."""
CHANNELS = ("grey", "colour", "red", "green", "blue")
STRIP_ROWS = 32
"""Rows filtered at a time: few enough to stay in the processor's cache, four times as fast with 11 × 11 weights."""


@dataclass(frozen=True)
class FilterSettings:
    """How a kernel is laid on a picture, and what follows: y = relu(Σ w·x + bias)."""

    stride: int = 1
    dilation: int = 1
    padding_mode: str = "zeros"
    flip: bool = False
    bias: float = 0.0
    relu: bool = False

    def kernel_reach(self, side: int) -> int:
        """The pixels from the first to the last weight of a kernel with `side` weights: d(k − 1) + 1."""
        return effective_kernel(side, self.dilation)

    def windows(self, size: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[Window, Window]:
        """The windows of a kernel along the height and the width of a picture of `size` that is padded already."""
        rows, columns = (
            Window(axis, side, self.stride, dilation=self.dilation) for axis, side in zip(size, kernel, strict=True)
        )
        return rows, columns

    def orient_kernel(self, weights: Weights) -> Weights:
        """The weights as they lie on the picture: turned by 180° with `flip`."""
        return weights[::-1, ::-1] if self.flip else weights


def check_weights(weights: Weights) -> Weights:
    """`weights` as float64, unchanged. Raises ValueError unless finite and two-dimensional, with a weight at least."""
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        shape = format_size(values.shape)
        raise ValueError(f"The kernel is {shape}: give it rows and columns, one of each at least.")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        what = "is empty" if np.isnan(values[row, column]) else "is infinite"
        raise ValueError(f"The kernel's row {row + 1}, column {column + 1} {what}: type a number.")
    return values


def select_channels(image: NDArray[np.uint8], channels: str) -> NDArray[np.uint8]:
    """What is filtered of an RGB picture: its brightness, all three channels, or one of them alone.

    Returns (height, width), or (height, width, 3) for "colour". Raises ValueError for a name not in CHANNELS.
    """
    if channels not in CHANNELS:
        raise ValueError(f"channels is “{channels}”: choose {', '.join(CHANNELS)}.")
    if channels == "grey":
        return to_grey(image)
    return image if channels == "colour" else image[..., CHANNELS.index(channels) - 2]


def padding_margins(weights: Weights, layer: FilterSettings) -> tuple[tuple[int, int], tuple[int, int]]:
    """((top, bottom), (left, right)): the pixels added around a picture so that stride 1 keeps its size.

    Of an even reach the extra one is added at the bottom and right, as "same" of PyTorch and TensorFlow has it.
    """
    if layer.padding_mode not in PADDING_MODES:
        raise ValueError(f"padding_mode is “{layer.padding_mode}”: choose {', '.join(PADDING_MODES)}.")
    if PADDING_MODES[layer.padding_mode] is None:
        return (0, 0), (0, 0)
    rows, columns = (same_padding(side, dilation=layer.dilation) for side in weights.shape)
    return rows, columns


def pad_image(image: NDArray[Pixel], weights: Weights, layer: FilterSettings) -> NDArray[Pixel]:
    """`image` (height, width) or (height, width, 3) with its margins, filled in.

    Raises ValueError for an unknown padding mode, and when nothing is padded and the kernel is larger.
    """
    rows, columns = padding_margins(weights, layer)
    mode = PADDING_MODES[layer.padding_mode]
    if mode is not None:
        padded: NDArray[Pixel] = np.pad(image, [rows, columns, (0, 0)][: image.ndim], mode=mode)
        return padded
    height, width = (layer.kernel_reach(side) for side in weights.shape)
    if height > image.shape[0] or width > image.shape[1]:
        raise ValueError(
            f"The kernel reaches over {height} × {width} pixels and the picture has {image.shape[0]} × "
            f"{image.shape[1]}: without padding it does not fit. Choose a padding, or a smaller kernel."
        )
    return image


def apply_kernel(image: NDArray[np.generic], weights: Weights, layer: FilterSettings = FilterSettings()) -> Result:
    """Filter a picture (height, width) or (height, width, 3), each channel by itself; float32, in the picture's units.

    Cross-correlation, what deep learning calls convolution; with `layer.flip` the kernel is turned by 180° first,
    which makes it the convolution of mathematics. Stride s keeps every s-th pixel, ⌈size / s⌉ of them with padding.
    Raises ValueError for weights that are not finite, an unknown padding mode, and a kernel that does not fit.
    """
    padded = pad_image(image, check_weights(weights), layer)
    return apply_to_padded(padded, weights, layer)


def apply_to_padded(padded: NDArray[np.generic], weights: Weights, layer: FilterSettings) -> Result:
    """`apply_kernel` on a picture that `pad_image` has padded already. Raises ValueError when results overflow."""
    planes = padded[None] if padded.ndim == 2 else np.moveaxis(padded, -1, 0)
    with np.errstate(over="ignore", invalid="ignore"):  # looked for below
        filtered = np.stack(
            [_filter_plane(plane.astype(np.float32), layer.orient_kernel(weights), layer) for plane in planes]
        )
    filtered += np.float32(layer.bias)
    if not np.isfinite(filtered).all():
        raise ValueError("The results grow beyond what 32-bit numbers hold: use smaller weights.")
    if layer.relu:
        np.maximum(filtered, 0, out=filtered)
    return filtered[0] if padded.ndim == 2 else np.moveaxis(filtered, 0, -1)


def _filter_plane(x: Result, weights: Weights, layer: FilterSettings) -> Result:
    """One shifted copy of the picture for each weight, strip by strip."""
    rows, columns = layer.windows(x.shape, weights.shape)
    result = np.zeros((rows.out, columns.out), dtype=np.float32)
    product = np.empty((STRIP_ROWS, columns.out), dtype=np.float32)
    taps = [(u, columns.tap_slice(v), np.float32(weight)) for (u, v), weight in np.ndenumerate(weights) if weight]
    for top in range(0, rows.out, STRIP_ROWS):
        strip = result[top : top + STRIP_ROWS]
        beneath = x[top * rows.stride :]
        for u, across, weight in taps:
            window = beneath[rows.tap_slice(u, len(strip)), across]
            strip += np.multiply(window, weight, out=product[: len(strip)])
    return result


def most_changed_pixel(
    result: Result, padded: NDArray[np.generic], weights: Weights, layer: FilterSettings
) -> tuple[int, int]:
    """The pixel (row, column) of a `result` that differs most from what the kernel makes of a flat area.

    `padded` is the picture the windows were read from. Pixels near the border are left out where there are others.
    """
    rows, columns = result.shape[:2]
    top, left = ((layer.kernel_reach(side) - 1) // 2 for side in weights.shape)
    stride = layer.stride
    beneath = padded[top : top + (rows - 1) * stride + 1 : stride, left : left + (columns - 1) * stride + 1 : stride]
    flat = np.float32(weights.sum()) * beneath.astype(np.float32) + np.float32(layer.bias)
    change = np.abs(result - flat).reshape(rows, columns, -1).sum(axis=-1)
    edge = max(layer.kernel_reach(side) for side in weights.shape)
    if min(rows, columns) > 4 * edge:
        inner = np.zeros_like(change)
        inner[edge:-edge, edge:-edge] = change[edge:-edge, edge:-edge]
        change = inner
    row, column = divmod(int(np.argmax(change)), columns) if change.any() else (rows // 2, columns // 2)
    return row, column

"""Filter pictures with a kernel, as a convolutional layer does."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cnn_core.checks import one_of
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
"""What of an RGB picture can be filtered; the last three in the order of its channels."""
STRIP_ROWS = 32
"""Rows filtered at a time: so few that they stay in the processor's cache, which is four times as fast at 11 × 11."""


@dataclass(frozen=True)
class FilterSettings:
    """How a picture is filtered: y = relu(Σ w·x + bias), with the stride, dilation and padding of a convolution.

    `flip` rotates the kernel by 180° first; without `relu` negative results stay.

    >>> apply_kernel(np.array([[1, 2, 4]]), np.array([[-1.0, 1.0]]), FilterSettings(padding_mode="valid", relu=True))
    array([[1., 2.]], dtype=float32)
    """

    stride: int = 1
    dilation: int = 1
    padding_mode: str = "zeros"
    flip: bool = False
    bias: float = 0.0
    relu: bool = False

    def kernel_reach(self, side: int) -> int:
        """Return the pixels from the first to the last weight of a kernel with `side` weights: d(k − 1) + 1."""
        return effective_kernel(side, self.dilation)

    def windows(self, size: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[Window, Window]:
        """Return the windows of a kernel along the height and the width of a picture of `size`, already padded."""
        rows, columns = (
            Window(axis, side, self.stride, dilation=self.dilation) for axis, side in zip(size, kernel, strict=True)
        )
        return rows, columns

    def orient_kernel(self, weights: Weights) -> Weights:
        """Return the weights as they are multiplied with the picture: rotated by 180° with `flip`."""
        return weights[::-1, ::-1] if self.flip else weights


def check_weights(weights: Weights) -> Weights:
    """Return `weights` as float64. Raises ValueError unless they are finite, two-dimensional and not empty."""
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
    """Select what is filtered of an RGB picture (height, width, 3): its brightness, all three channels, or one of them.

    Returns (height, width), or (height, width, 3) for "colour". Raises ValueError for a name that is not in CHANNELS.
    """
    one_of("channels", channels, CHANNELS)
    if channels == "grey":
        return to_grey(image)
    return image if channels == "colour" else image[..., CHANNELS.index(channels) - 2]


def padding_margins(weights: Weights, settings: FilterSettings) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return ((top, bottom), (left, right)): the pixels added around a picture so that stride 1 keeps its size.

    When their number is odd, the extra row and column are added at the bottom and at the right, as "same" does in
    PyTorch and TensorFlow. Raises ValueError for an unknown padding mode.
    """
    one_of("padding_mode", settings.padding_mode, PADDING_MODES)
    if PADDING_MODES[settings.padding_mode] is None:
        return (0, 0), (0, 0)
    rows, columns = (same_padding(side, dilation=settings.dilation) for side in weights.shape)
    return rows, columns


def pad_image(image: NDArray[Pixel], weights: Weights, settings: FilterSettings) -> NDArray[Pixel]:
    """Pad `image` (height, width) or (height, width, 3) by `padding_margins`, filled as the padding mode says.

    Raises ValueError for an unknown padding mode, and when nothing is padded and the kernel is larger than the image.
    """
    rows, columns = padding_margins(weights, settings)
    mode = PADDING_MODES[settings.padding_mode]
    if mode is not None:
        padded: NDArray[Pixel] = np.pad(image, [rows, columns, (0, 0)][: image.ndim], mode=mode)
        return padded
    height, width = (settings.kernel_reach(side) for side in weights.shape)
    if height > image.shape[0] or width > image.shape[1]:
        raise ValueError(
            f"The kernel reaches over {height} × {width} pixels and the picture has {image.shape[0]} × "
            f"{image.shape[1]}: without padding it does not fit. Choose a padding, or a smaller kernel."
        )
    return image


def apply_kernel(image: NDArray[np.generic], weights: Weights, settings: FilterSettings = FilterSettings()) -> Result:
    """Filter a picture (height, width) or (height, width, 3), each channel separately.

    Returns float32 in the picture's units. The operation is cross-correlation, which deep learning calls convolution;
    with `settings.flip` the kernel is rotated by 180° first, which makes it the convolution of mathematics. Stride s
    keeps every s-th pixel, ⌈size / s⌉ of them with padding.
    Raises ValueError for weights that are not finite, an unknown padding mode, a kernel that does not fit, and results
    beyond float32.

    >>> apply_kernel(np.array([[1, 2, 4]]), np.array([[-1.0, 0.0, 1.0]])).tolist()
    [[2.0, 3.0, -2.0]]
    """
    padded = pad_image(image, check_weights(weights), settings)
    return apply_to_padded(padded, weights, settings)


def apply_to_padded(padded: NDArray[np.generic], weights: Weights, settings: FilterSettings) -> Result:
    """Filter a picture that `pad_image` has padded already. Raises ValueError for results beyond float32."""
    planes = padded[None] if padded.ndim == 2 else np.moveaxis(padded, -1, 0)
    with np.errstate(over="ignore", invalid="ignore"):  # infinite results are refused below
        filtered = np.stack(
            [_filter_plane(plane.astype(np.float32), settings.orient_kernel(weights), settings) for plane in planes]
        )
    filtered += np.float32(settings.bias)
    if not np.isfinite(filtered).all():
        raise ValueError("The results grow beyond what 32-bit numbers hold: use smaller weights.")
    if settings.relu:
        np.maximum(filtered, 0, out=filtered)
    return filtered[0] if padded.ndim == 2 else np.moveaxis(filtered, 0, -1)


def _filter_plane(x: Result, weights: Weights, settings: FilterSettings) -> Result:
    """Add up one shifted copy of the picture (H, W) for each weight, strip by strip."""
    rows, columns = settings.windows(x.shape, weights.shape)
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
    result: Result, padded: NDArray[np.generic], weights: Weights, settings: FilterSettings
) -> tuple[int, int]:
    """Find the pixel (row, column) of `result` that differs most from what the kernel makes of a flat area.

    `padded` is the picture from which the windows were read. Pixels near the border count only in small results.
    """
    rows, columns = result.shape[:2]
    top, left = ((settings.kernel_reach(side) - 1) // 2 for side in weights.shape)
    stride = settings.stride
    beneath = padded[top : top + (rows - 1) * stride + 1 : stride, left : left + (columns - 1) * stride + 1 : stride]
    flat = np.float32(weights.sum()) * beneath.astype(np.float32) + np.float32(settings.bias)
    change = np.abs(result - flat).reshape(rows, columns, -1).sum(axis=-1)
    border = max(settings.kernel_reach(side) for side in weights.shape)
    if min(rows, columns) > 4 * border:
        inner = np.zeros_like(change)
        inner[border:-border, border:-border] = change[border:-border, border:-border]
        change = inner
    row, column = divmod(int(np.argmax(change)), columns) if change.any() else (rows // 2, columns // 2)
    return row, column


@dataclass(frozen=True, eq=False)
class FilteredPicture:
    """A padded picture, the result of filtering it, and the pixel (row, column) of the result that changed most."""

    padded: NDArray[np.uint8]
    result: Result
    most_changed: tuple[int, int]


def filter_picture(image: NDArray[np.uint8], weights: Weights, settings: FilterSettings) -> FilteredPicture:
    """Pad and filter a picture (height, width) or (height, width, 3), and find its most interesting pixel.

    Raises ValueError as `apply_kernel` does.

    >>> edge = np.array([[0, 0, 9, 9]], dtype=np.uint8)
    >>> filtered = filter_picture(edge, np.array([[-1.0, 1.0]]), FilterSettings(padding_mode="replicate"))
    >>> filtered.result.tolist(), filtered.most_changed
    ([[0.0, 9.0, 0.0, 0.0]], (0, 1))
    """
    padded = pad_image(image, check_weights(weights), settings)
    result = apply_to_padded(padded, weights, settings)
    return FilteredPicture(padded, result, most_changed_pixel(result, padded, weights, settings))

"""Kernels of image processing by name and family, and filtering with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.float64]
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
PADDING_MODES: tuple[PaddingMode, ...] = get_args(PaddingMode)
SIZES = (3, 5)
# The names of PyTorch's padding modes → those of scipy.ndimage; "reflect" does not repeat the edge pixel in either.
_SCIPY_MODES = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


@dataclass(frozen=True)
class Kernel:
    """A named kernel: `weights(size)` makes it for an odd size; `formula` is LaTeX; `sees` says what it answers to."""

    name: str
    family: str
    formula: str
    sees: str
    weights: Callable[[int], Array]


def apply_kernel(
    image: NDArray[np.floating], weights: Array, *, padding_mode: PaddingMode = "zeros"
) -> NDArray[np.float32]:
    """Cross-correlate each channel of `image`, (H, W) or (H, W, C), with `weights`; the size is kept.

    Beyond the edge: zeros, or the picture reflected, its edge repeated, or the picture again. This is what deep
    learning calls a convolution; for that of mathematics pass the weights rotated by 180°.
    Raises ValueError when the kernel is larger than the picture or holds a value that is not finite.
    """
    if not np.isfinite(weights).all():
        raise ValueError("The kernel holds a value that is not a finite number: every cell needs one.")
    if weights.shape[0] > image.shape[0] or weights.shape[1] > image.shape[1]:
        raise ValueError(
            f"The kernel is {weights.shape[0]} × {weights.shape[1]}, the picture only {image.shape[0]} × "
            f"{image.shape[1]}: choose a smaller kernel or a larger picture."
        )
    planes = image.astype(np.float32) if image.ndim == 3 else image.astype(np.float32)[..., np.newaxis]
    mode = _SCIPY_MODES[padding_mode]
    results = [ndimage.correlate(planes[..., c], weights, np.float32, mode) for c in range(planes.shape[-1])]
    return np.stack(results, axis=-1).reshape(image.shape)


def resized(weights: Array, size: int) -> Array:
    """`weights` cut or padded with zeros to (size, size) around its centre."""
    result = np.zeros((size, size))
    rows, columns = (min(size, n) for n in weights.shape)
    top, left = (weights.shape[0] - rows) // 2, (weights.shape[1] - columns) // 2
    to_top, to_left = (size - rows) // 2, (size - columns) // 2
    result[to_top : to_top + rows, to_left : to_left + columns] = weights[top : top + rows, left : left + columns]
    return result


def _axis(size: int) -> Array:
    return np.arange(size, dtype=np.float64) - size // 2


def _delta(size: int, row: int = 0, column: int = 0) -> Array:
    weights = np.zeros((size, size))
    weights[size // 2 + row, size // 2 + column] = 1
    return weights


def _gaussian(size: int) -> Array:
    """Binomial weights, the whole-number neighbours of a Gaussian with σ = √(size − 1) / 2."""
    row = np.array([1.0])
    for _ in range(size - 1):
        row = np.convolve(row, [1, 1])
    weights: Array = np.outer(row, row) / row.sum() ** 2
    return weights


def _slope(size: int, across: float) -> Array:
    """Differences along the row, smoothed down the column: `across` is the middle weight of the 3 × 3 smoothing."""
    smooth, slope = np.array([1.0, across, 1.0]), np.array([-1.0, 0.0, 1.0])
    for _ in range((size - 3) // 2):
        smooth, slope = np.convolve(smooth, [1, 2, 1]), np.convolve(slope, [1, 2, 1])
    return np.outer(smooth, slope)


def _prewitt(size: int) -> Array:
    return np.tile(np.sign(_axis(size)), (size, 1))


def _laplacian(size: int) -> Array:
    weights = np.zeros((size, size))
    weights[size // 2, :] = weights[:, size // 2] = 1
    weights[size // 2, size // 2] = -2 * (size - 1)
    return weights


def _sharpen(size: int) -> Array:
    return _delta(size) - _laplacian(size)


def _log(size: int) -> Array:
    """Laplacian of Gaussian with σ = size / 5, made to sum to 0, its middle made 1."""
    squares = np.add.outer(_axis(size) ** 2, _axis(size) ** 2) / (2 * (size / 5) ** 2)
    weights = (1 - squares) * np.exp(-squares)
    weights -= weights.mean()
    rounded: Array = np.round(weights / weights[size // 2, size // 2], 4)
    return rounded


def _emboss(size: int) -> Array:
    weights = np.add.outer(_axis(size), _axis(size))
    weights[size // 2, size // 2] = 1
    return weights


def _lines(size: int) -> Array:
    """A bright row between dark ones; sums to 0."""
    weights = -np.ones((size, size))
    weights[size // 2] = size - 1
    return weights


KERNELS = (
    Kernel("Identity", "Copy", r"y = x", "Nothing: the picture stays as it is.", _delta),
    Kernel(
        "Shift left",
        "Copy",
        r"y_{i,j} = x_{i,j+1}",
        "Every pixel takes its right neighbour's place.",
        lambda n: _delta(n, 0, 1),
    ),
    Kernel(
        "Box blur",
        "Blur",
        r"w = \tfrac{1}{k^2}",
        "The mean of the neighbourhood: detail goes, square blotches stay.",
        lambda n: np.full((n, n), 1 / n**2),
    ),
    Kernel(
        "Gaussian blur",
        "Blur",
        r"w \propto e^{-(u^2+v^2)/2\sigma^2}",
        "A mean that trusts near pixels more: the smooth blur.",
        _gaussian,
    ),
    Kernel(
        "Motion blur",
        "Blur",
        r"w_{u,u} = \tfrac{1}{k}",
        "The mean along a diagonal, as if the camera had moved.",
        lambda n: np.eye(n) / n,
    ),
    Kernel(
        "Sharpen",
        "Sharpen",
        r"w = \delta - \nabla^2",
        "What differs from its neighbours is made to differ more.",
        _sharpen,
    ),
    Kernel(
        "Unsharp mask",
        "Sharpen",
        r"w = 2\delta - \text{blur}",
        "The picture plus all that a blur takes from it.",
        lambda n: 2 * _delta(n) - _gaussian(n),
    ),
    Kernel(
        "Sobel: vertical edges",
        "Edges",
        r"w = (1\;2\;1)^\top (-1\;0\;1)",
        "Brightness that changes from left to right.",
        lambda n: _slope(n, 2),
    ),
    Kernel(
        "Sobel: horizontal edges",
        "Edges",
        r"w = (-1\;0\;1)^\top (1\;2\;1)",
        "Brightness that changes from top to bottom.",
        lambda n: _slope(n, 2).T,
    ),
    Kernel(
        "Prewitt: vertical edges",
        "Edges",
        r"w = (1\;1\;1)^\top (-1\;0\;1)",
        "As Sobel, all rows counted alike.",
        _prewitt,
    ),
    Kernel(
        "Prewitt: horizontal edges",
        "Edges",
        r"w = (-1\;0\;1)^\top (1\;1\;1)",
        "As Sobel, all columns counted alike.",
        lambda n: _prewitt(n).T,
    ),
    Kernel(
        "Scharr: vertical edges",
        "Edges",
        r"w = (3\;10\;3)^\top (-1\;0\;1)",
        "As Sobel, but equally strong for edges at any angle.",
        lambda n: 3 * _slope(n, 10 / 3),
    ),
    Kernel(
        "Scharr: horizontal edges",
        "Edges",
        r"w = (-1\;0\;1)^\top (3\;10\;3)",
        "As Sobel, but equally strong for edges at any angle.",
        lambda n: 3 * _slope(n, 10 / 3).T,
    ),
    Kernel(
        "Laplacian",
        "Second derivative",
        r"w = \nabla^2",
        "Pixels that differ from the mean of their neighbours, in any direction.",
        _laplacian,
    ),
    Kernel(
        "Laplacian of Gaussian",
        "Second derivative",
        r"w = -\nabla^2 e^{-(u^2+v^2)/2\sigma^2}",
        "Blobs of its own size, and edges where the sign changes.",
        _log,
    ),
    Kernel("Emboss", "Relief", r"w_{u,v} = u + v", "Light that falls in from one corner.", _emboss),
    Kernel(
        "Horizontal lines",
        "Lines",
        r"w_{0,v} = k-1,\; \text{else } -1",
        "Thin bright lines that run left to right.",
        _lines,
    ),
    Kernel(
        "Vertical lines",
        "Lines",
        r"w_{u,0} = k-1,\; \text{else } -1",
        "Thin bright lines that run top to bottom.",
        lambda n: _lines(n).T,
    ),
)

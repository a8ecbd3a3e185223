"""Compute the weights of image kernels from formulas, for a size and the parameters of each family."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]

SIZES = tuple(range(1, 12))
"""Rows (and columns) that kernels can have."""


@dataclass(frozen=True)
class Parameter:
    """A number that a family takes: its label, range, step, default value and unit."""

    label: str
    low: float
    high: float
    step: float
    default: float
    unit: str = ""


PARAMETERS = {
    "right": Parameter("To the right", -5, 5, 1, 1, "px"),
    "down": Parameter("Down", -5, 5, 1, 0, "px"),
    "sigma": Parameter("Width σ", 0.3, 4, 0.1, 1, "px"),
    "ratio": Parameter("Ratio of the widths", 1.1, 4, 0.1, 1.6),
    "amount": Parameter("Amount", 0, 5, 0.1, 1),
    "angle": Parameter("Angle θ", -180, 180, 5, 0, "°"),
    "wavelength": Parameter("Wavelength λ", 2, 12, 0.5, 4, "px"),
    "phase": Parameter("Phase φ", -180, 180, 15, 0, "°"),
    "seed": Parameter("Seed", 0, 99, 1, 0),
}


@dataclass(frozen=True, eq=False)
class Family:
    """Kernels of one kind: name, group, formula (LaTeX), and a line on what such a kernel responds to.

    `make_weights(size, **values)` returns weights (size, size); `defaults` has the default of every parameter it takes.
    Below `smallest_size` the formula makes no such kernel.
    """

    name: str
    group: str
    formula: str
    description: str
    make_weights: Callable[..., Weights]
    defaults: dict[str, float] = field(default_factory=dict)
    smallest_size: int = 1
    default_size: int = 3


def middle_cell(size: int) -> int:
    """Return the index of the cell that lies on the pixel: the middle one, or the earlier of the two in the middle.

    So "same" padding adds the extra row and column after the picture, as PyTorch does.
    """
    return (size - 1) // 2


def round_weights(values: Weights) -> Weights:
    """Round the weights to five digits of the largest, so that every number fits its cell on the screen."""
    largest = float(np.abs(values).max(initial=0)) or 1.0
    decimals = min(max(4 - int(np.floor(np.log10(largest))), 0), 12)
    rounded: Weights = np.round(values, decimals) + 0.0
    return rounded


def balance_weights(values: Weights, total: float) -> Weights:
    """Round the weights so that they add up to `total`: the rounding error goes to the largest of them."""
    rounded = round_weights(values)
    at = np.unravel_index(np.abs(values).argmax(), values.shape)
    rounded[at] = np.round(rounded[at] + total - rounded.sum(), 12)
    return rounded


def gaussian_kernel(size: int, sigma: float) -> Weights:
    """Sample a Gaussian of width `sigma` (pixels) around the middle of `size` × `size` cells; adds up to 1."""
    return balance_weights(_gaussian_bell(size, sigma), total=1)


def laplacian_of_gaussian(size: int, sigma: float) -> Weights:
    """Sample the Laplacian of a Gaussian of width `sigma` (pixels) on `size` × `size` cells.

    (r² − 2σ²)/(2πσ⁶)·exp(−r²/2σ²) (Marr and Hildreth, 1980), minus its mean so that the weights add up to 0.
    """
    y, x = _cell_offsets(size)
    r2 = x**2 + y**2
    return _remove_mean(((r2 - 2 * sigma**2) / (2 * np.pi * sigma**6)) * np.exp(-r2 / (2 * sigma**2)))


def difference_of_gaussians(size: int, sigma: float, ratio: float) -> Weights:
    """Subtract a Gaussian `ratio` times as wide from one of `sigma`, a band-pass filter; adds up to 0."""
    return _remove_mean(_gaussian_bell(size, sigma) - _gaussian_bell(size, sigma * ratio))


def gaussian_derivative(size: int, sigma: float, angle: float) -> Weights:
    """Sample the derivative of a Gaussian in the direction of `angle` (degrees; 0 to the right, 90 down)."""
    along, _ = _rotated_offsets(size, angle)
    return _remove_mean(along * _gaussian_bell(size, sigma) / sigma**2)


def gabor_kernel(size: int, sigma: float, angle: float, wavelength: float, phase: float) -> Weights:
    """Sample waves of `wavelength` (pixels) along `angle` under a Gaussian of `sigma`: exp(−r²/2σ²)·cos(2πx′/λ + φ).

    `angle` and `phase` are in degrees. A multiple of the Gaussian is subtracted so that the weights add up to 0:
    receptive fields of the eye do not respond to uniform brightness (Daugman, 1985).
    """
    along, _ = _rotated_offsets(size, angle)
    bell = _gaussian_bell(size, sigma)
    wave = np.cos(2 * np.pi * along / wavelength + np.deg2rad(phase))
    values = bell * (wave - (bell * wave).sum() / bell.sum())
    largest = np.abs(values).max()
    return balance_weights(values / largest if largest > 1e-9 else values * 0, total=0)


def motion_blur(size: int, angle: float) -> Weights:
    """Average along a line of `size` pixels at `angle` (degrees), with soft sides; adds up to 1."""
    along, across = _rotated_offsets(size, angle)
    line = np.clip(1 - np.abs(across), 0, 1) * (np.abs(along) <= size / 2)
    return balance_weights(line / line.sum(), total=1)


def sobel_kernel(size: int, angle: float) -> Weights:
    """Take a difference along `angle`, smoothed across by binomial numbers; from 5 × 5 on the kernels are OpenCV's."""
    smooth = _binomial_row(size)
    return _steer_slope(np.outer(smooth, np.convolve([-1.0, 1.0], _binomial_row(size - 1))), angle)


def prewitt_kernel(size: int, angle: float) -> Weights:
    """Combine a plain mean across `angle` with a ramp along it."""
    ramp = np.arange(size) * 2.0 - (size - 1)
    return _steer_slope(np.outer(np.ones(size), ramp / (2 if size % 2 else 1)), angle)


def scharr_kernel(size: int, angle: float) -> Weights:
    """Place Scharr's 3 × 3 kernel, nearly exact at every angle, in the middle of `size` × `size` cells."""
    return _steer_slope(centre_kernel(np.outer([3.0, 10.0, 3.0], [-1.0, 0.0, 1.0]), size), angle)


def emboss_kernel(size: int, angle: float) -> Weights:
    """Add the slope along `angle` to the pixel itself."""
    y, x = np.indices((3, 3)) - 1.0
    turn = np.deg2rad(angle)
    values = np.round(np.sqrt(2) * (x * np.cos(turn) + y * np.sin(turn)), 4)
    values[1, 1] = 1
    return centre_kernel(values + 0.0, size)


def line_kernel(size: int, angle: float) -> Weights:
    """Detect bright lines one pixel wide at `angle`, rounded to 45°: 2 along the line, −1 beside it."""
    flat = np.array([[-1.0, -1, -1], [2, 2, 2], [-1, -1, -1]])
    falling = 3 * np.eye(3) - 1
    forms = {0: flat, 45: falling, 90: flat.T, 135: falling[:, ::-1]}
    return centre_kernel(forms[round(angle / 45) % 4 * 45], size)


def corner_kernel(size: int, angle: float) -> Weights:
    """Set one quarter, in the direction of `angle` (rounded to 90°), to 3, the others to −1, and 0 between them."""
    y, x = _cell_offsets(size)
    sides = np.sign(x) * np.sign(y)
    quarter = np.where((x > 0) & (y > 0), 3.0, np.where(sides == 0, 0.0, -1.0))
    return np.rot90(quarter, -round(angle / 90)) + 0.0


def saddle_kernel(size: int) -> Weights:
    """Approximate ∂²I/∂x∂y by four quarters of alternating sign."""
    y, x = _cell_offsets(size)
    return np.sign(x) * np.sign(y) + 0.0


def random_kernel(size: int, seed: float) -> Weights:
    """Draw initial weights of a layer: normal, with variance 2 over the number of weights (He et al., 2015)."""
    drawn = np.random.default_rng(int(seed)).normal(0, np.sqrt(2) / size, (size, size))
    return np.round(drawn, 2) + 0.0


def unsharp_kernel(size: int, sigma: float, amount: float) -> Weights:
    """Compute I + a·(I − G∗I), the picture plus its difference from a blurred copy; adds up to 1."""
    return balance_weights((1 + amount) * identity_kernel(size) - amount * _gaussian_bell(size, sigma), total=1)


def sharpen_kernel(size: int, amount: float) -> Weights:
    """Compute I − a·∇²I in the middle of `size` × `size` cells; adds up to 1."""
    return balance_weights(identity_kernel(size) - amount * centre_kernel(LAPLACE_4, size), total=1)


def identity_kernel(size: int) -> Weights:
    """Put a 1 on the pixel itself and 0 elsewhere."""
    return shift_kernel(size, 0, 0)


def shift_kernel(size: int, right: float, down: float) -> Weights:
    """Move the picture by whole pixels, at most as far as the kernel reaches."""
    at = middle_cell(size)
    row, column = (int(np.clip(at - round(by), 0, size - 1)) for by in (down, right))
    values = np.zeros((size, size))
    values[row, column] = 1
    return values


def box_kernel(size: int) -> Weights:
    """Average all cells equally."""
    return np.full((size, size), 1 / size**2)


def centre_kernel(core: Weights, size: int) -> Weights:
    """Pad a kernel (3, 3) with zeros to `size` × `size` (at least 3), its middle on the `middle_cell`."""
    before = middle_cell(size) - 1
    after = size - 3 - before
    return np.pad(core, (before, after))


LAPLACE_4 = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
"""The discrete Laplacian of four neighbours."""
LAPLACE_8 = np.array([[1.0, 1, 1], [1, -8, 1], [1, 1, 1]])
"""The discrete Laplacian of eight neighbours."""


def _cell_offsets(size: int) -> tuple[Weights, Weights]:
    """Return row and column offsets (size, size) from the middle, which lies between two cells when `size` is even."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    return y, x


def _rotated_offsets(size: int, angle: float) -> tuple[Weights, Weights]:
    """Return the offsets along the direction `angle` (degrees) and across it, each (size, size)."""
    y, x = _cell_offsets(size)
    turn = np.deg2rad(angle)
    return x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)


def _gaussian_bell(size: int, sigma: float) -> Weights:
    y, x = _cell_offsets(size)
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    return np.asarray(bell / bell.sum())


def _remove_mean(values: Weights) -> Weights:
    """Subtract the mean, so that the kernel ignores brightness."""
    return balance_weights(values - values.mean(), total=0)


def _binomial_row(size: int) -> Weights:
    """Return a row of Pascal's triangle: 1; 1 1; 1 2 1; 1 3 3 1 …"""
    row = np.ones(1)
    for _ in range(size - 1):
        row = np.convolve(row, [1.0, 1.0])
    return row


def _steer_slope(x: Weights, angle: float) -> Weights:
    """Steer a slope along x to `angle`: cos θ · x + sin θ · xᵀ (Freeman and Adelson, 1991)."""
    turn = np.deg2rad(angle)
    return round_weights(np.cos(turn) * x + np.sin(turn) * x.T)

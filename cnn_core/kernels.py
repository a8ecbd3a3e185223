"""Image kernels by name, filtering a photograph with one, and showing signed results honestly."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cnn_core.images import to_grey
from cnn_core.ops.windows import NUMPY_MODES

Weights = NDArray[np.float64]
Result = NDArray[np.float32]
Pixel = TypeVar("Pixel", bound=np.generic)

SIZES = (3, 5)
PADDING_MODES = {**NUMPY_MODES, "valid": None}
"""PyTorch's name of a padding mode → NumPy's; "valid" pads nothing, so the result is smaller."""
SIGMAS = tuple(round(0.4 + 0.1 * step, 1) for step in range(17))
"""The widths offered for Gaussian kernels, 0.4 … 2.0 pixels."""


@dataclass(frozen=True, eq=False)
class Kernel:
    """A named kernel: its family, its formula (LaTeX), in one line what it sees, its weights (k, k), its σ if any."""

    name: str
    family: str
    formula: str
    sees: str
    weights: Weights
    sigma: float | None = None


def gaussian(size: int, sigma: float) -> Weights:
    """Gaussian of width `sigma` (pixels), sampled on `size` × `size`; rounded to 4 decimals, adding up to 1."""
    squares = np.square(np.arange(size) - size // 2)
    bell = np.exp(-np.add.outer(squares, squares) / (2 * sigma**2))
    return _balanced(bell / bell.sum(), total=1)


def laplacian_of_gaussian(size: int, sigma: float) -> Weights:
    """Laplacian of a Gaussian of width `sigma` (pixels), (r² − 2σ²)/(2πσ⁶)·exp(−r²/2σ²) (Marr and Hildreth, 1980).

    Sampled on `size` × `size`, rounded to 4 decimals, its mean taken off so that the weights add up to 0.
    """
    squares = np.square(np.arange(size) - size // 2)
    r2 = np.add.outer(squares, squares)
    values = (r2 - 2 * sigma**2) / (2 * np.pi * sigma**6) * np.exp(-r2 / (2 * sigma**2))
    return _balanced(values - values.mean(), total=0)


def _balanced(values: Weights, total: float) -> Weights:
    """Rounded to 4 decimals; what rounding leaves over goes to the middle weight."""
    rounded = np.round(values, 4)
    middle = len(values) // 2
    rounded[middle, middle] = np.round(rounded[middle, middle] + total - rounded.sum(), 4)
    return rounded


def _matrix(text: str, divisor: float = 1) -> Weights:
    return np.array([[float(word) for word in row.split()] for row in text.split(";")]) / divisor


def _slope(name: str, middle: int, side: int, remark: str) -> list[Kernel]:
    """A smoothed difference along x and along y."""
    x = _matrix(f"{-side} 0 {side}; {-middle} 0 {middle}; {-side} 0 {side}")
    smooth = rf"\begin{{bmatrix}}{side}\\{middle}\\{side}\end{{bmatrix}}"
    across = rf"\begin{{bmatrix}}{side}&{middle}&{side}\end{{bmatrix}}"
    formula_x = rf"{smooth}\begin{{bmatrix}}-1&0&1\end{{bmatrix}} \approx \partial I/\partial x"
    formula_y = rf"\begin{{bmatrix}}-1\\0\\1\end{{bmatrix}}{across} \approx \partial I/\partial y"
    family = "Edges"
    sees_x = f"Vertical edges: positive where it gets brighter to the right. {remark}"
    sees_y = f"Horizontal edges: positive where it gets brighter downwards. {remark}"
    return [
        Kernel(f"{name} x", family, formula_x, sees_x, x),
        Kernel(f"{name} y", family, formula_y, sees_y, x.T.copy()),
    ]


def _plain() -> list[Kernel]:
    return [
        Kernel("Identity", "Unchanged", "y = I", "Nothing: every pixel is kept.", _matrix("0 0 0; 0 1 0; 0 0 0")),
        Kernel(
            "Shift",
            "Unchanged",
            r"y_{i,j} = I_{i,\,j-1}",
            "Every pixel's left neighbour: the picture moves one pixel to the right.",
            _matrix("0 0 0; 1 0 0; 0 0 0"),
        ),
    ]


def _blurs(sigma: float) -> list[Kernel]:
    bell = rf"w_{{u,v}} \propto e^{{-(u^2+v^2)/2\sigma^2}},\quad \sigma = {sigma:g}"
    soft = "The mean of the neighbourhood, near pixels counting more: noise and fine detail go."
    box = "The plain mean of the neighbourhood: noise goes, edges smear."
    return [
        Kernel("Box blur 3 × 3", "Blur", r"w = \tfrac{1}{9}", box, np.full((3, 3), 1 / 9)),
        Kernel("Box blur 5 × 5", "Blur", r"w = \tfrac{1}{25}", box, np.full((5, 5), 1 / 25)),
        Kernel("Gaussian 3 × 3", "Blur", bell, soft, gaussian(3, sigma), sigma),
        Kernel("Gaussian 5 × 5", "Blur", bell, soft, gaussian(5, sigma), sigma),
        Kernel(
            "Motion blur",
            "Blur",
            r"w_{u,v} = \tfrac{1}{5}\;[u = v]",
            "The mean along a diagonal, as if the camera had moved.",
            np.eye(5) / 5,
        ),
    ]


def _sharpeners() -> list[Kernel]:
    binomial = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    twice = 2 * np.pad([[1.0]], 2)
    return [
        Kernel(
            "Sharpen",
            "Sharpen",
            r"y = I - \nabla^2 I",
            "The picture with its fine detail added once more.",
            _matrix("0 -1 0; -1 5 -1; 0 -1 0"),
        ),
        Kernel(
            "Unsharp mask",
            "Sharpen",
            r"y = I + (I - G * I) = 2I - G * I",
            "The picture plus its difference from a blurred copy, as printers did with film.",
            twice - binomial,
        ),
        Kernel(
            "Emboss",
            "Sharpen",
            r"y = I + \partial I/\partial d",
            "Relief: slopes along the diagonal become light and shade.",
            _matrix("-2 -1 0; -1 1 1; 0 1 2"),
        ),
    ]


def _curvature(sigma: float) -> list[Kernel]:
    second = r"y \approx \partial^2 I/\partial x^2 + \partial^2 I/\partial y^2"
    log = rf"y = \nabla^2 (G_\sigma * I),\quad \sigma = {sigma:g}"
    return [
        Kernel(
            "Laplacian",
            "Spots and outlines",
            second,
            "Changes of slope in every direction; it doubles at an edge and is loud in noise.",
            _matrix("0 1 0; 1 -4 1; 0 1 0"),
        ),
        Kernel(
            "Laplacian, 8 neighbours",
            "Spots and outlines",
            second,
            "As the Laplacian, with the diagonals: outlines of any direction.",
            _matrix("1 1 1; 1 -8 1; 1 1 1"),
        ),
        Kernel(
            "Laplacian of Gaussian",
            "Spots and outlines",
            log,
            "Spots about 1.4 σ in radius: blurred first, so noise is quieter.",
            laplacian_of_gaussian(5, sigma),
            sigma,
        ),
    ]


def _lines() -> list[Kernel]:
    def line(name: str, text: str) -> Kernel:
        sees = f"Bright {name} lines one pixel wide; dark ones come out negative."
        return Kernel(f"{name.capitalize()} line", "Lines", r"\textstyle\sum w = 0", sees, _matrix(text))

    return [
        line("horizontal", "-1 -1 -1; 2 2 2; -1 -1 -1"),
        line("vertical", "-1 2 -1; -1 2 -1; -1 2 -1"),
        line("rising", "-1 -1 2; -1 2 -1; 2 -1 -1"),
        line("falling", "2 -1 -1; -1 2 -1; -1 -1 2"),
    ]


@lru_cache(maxsize=len(SIGMAS) + 1)
def library(sigma: float = 1.0) -> tuple[Kernel, ...]:
    """Every named kernel, family by family; the Gaussian ones of width `sigma` (pixels)."""
    return (
        *_slope("Sobel", 2, 1, "Smoothed along the edge."),
        *_slope("Prewitt", 1, 1, "A plain mean along the edge."),
        *_slope("Scharr", 10, 3, "Weighted so that slanted edges come out right."),
        *_curvature(sigma),
        *_lines(),
        *_blurs(sigma),
        *_sharpeners(),
        *_plain(),
    )


KERNELS = library()


def named(name: str, sigma: float = 1.0) -> Kernel:
    """The kernel called `name`, of width `sigma` if it has one. Raises ValueError for a name that is not in KERNELS."""
    for kernel in library(sigma):
        if kernel.name == name:
            return kernel
    raise ValueError(f"There is no kernel “{name}”: choose {', '.join(kernel.name for kernel in KERNELS)}.")


def recognise(weights: Weights) -> Kernel | None:
    """The named kernel that has exactly these weights, of whatever σ of SIGMAS; zeros around it do not count."""
    core = resize(weights, 3) if weights.shape == (5, 5) else weights
    forms = [weights, core] if np.count_nonzero(core) == np.count_nonzero(weights) else [weights]
    candidates = [*KERNELS, *(kernel for sigma in SIGMAS for kernel in library(sigma) if kernel.sigma)]
    for form in forms:
        for kernel in candidates:
            if np.array_equal(kernel.weights, form):
                return kernel
    return None


def resize(weights: Weights, size: int) -> Weights:
    """The same centre on `size` × `size` cells (odd): zeros added around, or the border cut off."""
    grow = (size - len(weights)) // 2
    return np.pad(weights, grow) if grow >= 0 else weights[-grow:grow, -grow:grow]


def check_weights(weights: Weights) -> Weights:
    """`weights` as float64, unchanged. Raises ValueError unless finite, two-dimensional and of odd height and width."""
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 2 or not (values.shape[0] % 2 and values.shape[1] % 2):
        shape = " × ".join(map(str, values.shape))
        raise ValueError(f"The kernel is {shape}: give it an odd number of rows and columns, so that it has a middle.")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        what = "is empty" if np.isnan(values[row, column]) else "is infinite"
        raise ValueError(f"The kernel's row {row + 1}, column {column + 1} {what}: type a number.")
    return values


def pad_image(image: NDArray[Pixel], weights: Weights, padding_mode: str) -> NDArray[Pixel]:
    """`image` (height, width) or (height, width, 3) with the border that keeps its size under `weights`, filled in.

    Raises ValueError for an unknown `padding_mode`, and when nothing is padded and the kernel is larger.
    """
    if padding_mode not in PADDING_MODES:
        raise ValueError(f"padding_mode is “{padding_mode}”: choose {', '.join(PADDING_MODES)}.")
    mode = PADDING_MODES[padding_mode]
    height, width = weights.shape
    if mode is None:
        if height > image.shape[0] or width > image.shape[1]:
            raise ValueError(
                f"The kernel is {height} × {width} and the picture {image.shape[0]} × {image.shape[1]}: "
                "without padding the kernel does not fit. Choose a padding, or a smaller kernel."
            )
        return image
    borders = [(height // 2, height // 2), (width // 2, width // 2), (0, 0)]
    return np.pad(image, borders[: image.ndim], mode=mode)


def apply_kernel(
    image: NDArray[np.generic],
    weights: Weights,
    *,
    per_channel: bool = False,
    padding_mode: str = "zeros",
    flip: bool = False,
) -> Result:
    """Filter a picture (height, width) or (height, width, 3) with one kernel; float32, in the picture's own units.

    Cross-correlation, what deep learning calls convolution; `flip` turns the kernel by 180° first, which makes it
    the convolution of mathematics. The result is (height, width) of the grey picture, or (height, width, 3) with
    `per_channel`, where the same kernel filters red, green and blue each by itself. Raises ValueError for weights
    that are not finite or have no middle, and for an unknown `padding_mode`.
    """
    w = check_weights(weights)
    if flip:
        w = w[::-1, ::-1]
    grey = image.ndim == 2 or not per_channel
    planes = to_grey(image)[None] if grey else np.moveaxis(image, -1, 0)  # type: ignore[arg-type]
    padded = np.stack([pad_image(plane, w, padding_mode) for plane in planes]).astype(np.float32)
    rows, columns = padded.shape[1] - w.shape[0] + 1, padded.shape[2] - w.shape[1] + 1
    result = np.zeros((len(planes), rows, columns), dtype=np.float32)
    for (u, v), weight in np.ndenumerate(w):
        if weight:  # one shifted copy a weight: few, whole-picture steps
            result += np.float32(weight) * padded[:, u : u + rows, v : v + columns]
    return result[0] if grey else np.moveaxis(result, 0, -1)


def most_changed(result: Result, padded: NDArray[np.generic], weights: Weights) -> tuple[int, int]:
    """The pixel (row, column) of a `result` that differs most from what the kernel makes of a flat area.

    `padded` is the picture the windows were read from. Pixels near the border are left out where there are others.
    """
    rows, columns = result.shape[:2]
    top, left = (side // 2 for side in weights.shape)
    middle = padded[top : top + rows, left : left + columns].astype(np.float32)
    change = np.abs(result - np.float32(weights.sum()) * middle).reshape(rows, columns, -1).sum(axis=-1)
    if min(rows, columns) > 4 * max(weights.shape):
        edge = max(weights.shape)
        inner = np.zeros_like(change)
        inner[edge:-edge, edge:-edge] = change[edge:-edge, edge:-edge]
        change = inner
    row, column = divmod(int(np.argmax(change)), columns) if change.any() else (rows // 2, columns // 2)
    return row, column


def on_balance(weights: Weights) -> str:
    """What the sum of the weights tells of flat areas of a picture, in one sentence."""
    total = float(np.sum(weights))
    if abs(total) < 1e-9 * max(1.0, float(np.abs(weights).sum())):
        return "The weights add up to 0: flat areas become 0, only changes are seen."
    if abs(total - 1) < 1e-9:
        return "The weights add up to 1: flat areas keep their brightness."
    return f"The weights add up to {total:.4g}: flat areas come out {total:.4g} times as bright.".replace("-", "−")


def usual_view(weights: Weights) -> str:
    """The view that suits a kernel: "signed" when the weights add up to 0 or less, else "clamp"."""
    return "clamp" if float(np.sum(weights)) > 1e-6 else "signed"

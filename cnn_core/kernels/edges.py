"""Compute the strength and the direction of edges from two slopes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.checks import one_of
from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings, Result, apply_kernel
from cnn_core.kernels.notation import make_kernel, make_recipe

OPERATORS = ("Sobel", "Prewitt", "Scharr", "Gaussian derivative")
"""Families of kernels that estimate a slope."""


@dataclass(frozen=True, eq=False)
class EdgeGradient:
    """Slopes of a grey picture along x and y, both (height, width).

    Brightness grows in the `direction`, and the more steeply the larger the `magnitude`.
    """

    x: Result
    y: Result

    @property
    def magnitude(self) -> Result:
        """The strength of the edge at each pixel, √(x² + y²)."""
        return np.hypot(self.x, self.y)

    @property
    def direction(self) -> Result:
        """The angle in degrees in which the picture gets brighter, −180 … 180: 0 to the right, 90 downwards."""
        return np.rad2deg(np.arctan2(self.y, self.x))


def slope_kernels(operator: str, size: int = 3) -> tuple[Weights, Weights]:
    """Return the kernels of the slopes across and down by an operator of OPERATORS, each `size` × `size`.

    Raises ValueError for another operator.
    """
    one_of("operator", operator, OPERATORS)
    across, down = (make_kernel(make_recipe(operator, size, angle=angle)).weights for angle in (0, 90))
    return across, down


def edge_gradient(grey: NDArray[np.generic], operator: str, settings: FilterSettings, size: int = 3) -> EdgeGradient:
    """Compute both slopes of a picture (height, width) by an operator of OPERATORS at `size`, without bias and ReLU.

    Raises ValueError for another operator, and for a kernel that does not fit.

    >>> ramp = np.tile(np.arange(5.0), (5, 1))
    >>> slopes = edge_gradient(ramp, "Sobel", FilterSettings())
    >>> float(slopes.magnitude[2, 2]), float(slopes.direction[2, 2])
    (8.0, 0.0)
    """
    across, down = slope_kernels(operator, size)
    linear = FilterSettings(settings.stride, settings.dilation, settings.padding_mode)
    return EdgeGradient(apply_kernel(grey, across, linear), apply_kernel(grey, down, linear))


def strongest_edge(slopes: EdgeGradient, border: int) -> tuple[int, int]:
    """Find the pixel (row, column) of the strongest edge, at least `border` pixels inside where there is room."""
    strength = slopes.magnitude
    if min(strength.shape) <= 4 * border:
        border = 0
    inner = strength[border : len(strength) - border, border : strength.shape[1] - border]
    row, column = divmod(int(np.argmax(inner)), inner.shape[1])
    return row + border, column + border


def direction_rgb(slopes: EdgeGradient) -> NDArray[np.uint8]:
    """Draw direction as hue and strength as brightness, (height, width, 3): flat areas are black."""
    magnitude = slopes.magnitude
    largest = float(magnitude.max(initial=0)) or 1.0
    return _hue_rgb(slopes.direction, np.sqrt(magnitude / largest))


def direction_wheel(side: int = 120) -> NDArray[np.uint8]:
    """Draw the legend of `direction_rgb`: a disc (side, side, 4) with each hue in its direction."""
    y, x = np.indices((side, side)) - (side - 1) / 2
    disc = _hue_rgb(np.rad2deg(np.arctan2(y, x)), np.clip(np.hypot(x, y) / (side / 2), 0, 1))
    alpha = np.where(np.hypot(x, y) <= side / 2, 255, 0).astype(np.uint8)
    return np.dstack([disc, alpha])


def _hue_rgb(degrees: NDArray[np.floating], value: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return the colours (…, 3) of hues given as angles and of brightnesses 0 … 1: cosines a third of a turn apart."""
    turns = np.deg2rad(degrees)[..., None] - np.deg2rad([0, 120, 240])
    rgb: NDArray[np.uint8] = np.rint((0.5 + 0.5 * np.cos(turns)) * value[..., None] * 255).astype(np.uint8)
    return rgb

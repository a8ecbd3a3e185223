"""Edge strength and direction from two slopes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.kernels.families import Weights
from cnn_core.kernels.filtering import FilterSettings, Result, apply_kernel
from cnn_core.kernels.notation import make_kernel, make_recipe

OPERATORS = ("Sobel", "Prewitt", "Scharr", "Gaussian derivative")


@dataclass(frozen=True, eq=False)
class EdgeGradient:
    """Slopes of a grey picture along x and y, both (height, width).

    `magnitude` is √(x² + y²), `direction` the angle in degrees towards which it gets brighter, −180 … 180, 0 to the
    right and 90 downwards.
    """

    x: Result
    y: Result

    @property
    def magnitude(self) -> Result:
        """How steep."""
        return np.hypot(self.x, self.y)

    @property
    def direction(self) -> Result:
        """Which way."""
        return np.rad2deg(np.arctan2(self.y, self.x))


def slope_kernels(operator: str, size: int = 3) -> tuple[Weights, Weights]:
    """The kernels across and down of an operator of OPERATORS at `size`. Raises ValueError for another operator."""
    if operator not in OPERATORS:
        raise ValueError(f"operator is “{operator}”: choose {', '.join(OPERATORS)}.")
    across, down = (make_kernel(make_recipe(operator, size, angle=angle)).weights for angle in (0, 90))
    return across, down


def edge_gradient(grey: NDArray[np.generic], operator: str, layer: FilterSettings, size: int = 3) -> EdgeGradient:
    """Both slopes of a picture (height, width), by an operator of OPERATORS at `size`; bias and ReLU are left out.

    Raises ValueError for another operator, and for a kernel that does not fit.
    """
    across, down = slope_kernels(operator, size)
    plain = FilterSettings(layer.stride, layer.dilation, layer.padding_mode)
    return EdgeGradient(apply_kernel(grey, across, plain), apply_kernel(grey, down, plain))


def direction_rgb(slopes: EdgeGradient) -> NDArray[np.uint8]:
    """Direction as hue and strength as brightness (height, width, 3): flat areas are black."""
    magnitude = slopes.magnitude
    largest = float(magnitude.max(initial=0)) or 1.0
    return _hue_rgb(slopes.direction, np.sqrt(magnitude / largest))


def direction_wheel(side: int = 120) -> NDArray[np.uint8]:
    """The legend: a disc (side, side, 4) on which every hue stands where its direction points; clear outside."""
    y, x = np.indices((side, side)) - (side - 1) / 2
    disc = _hue_rgb(np.rad2deg(np.arctan2(y, x)), np.clip(np.hypot(x, y) / (side / 2), 0, 1))
    alpha = np.where(np.hypot(x, y) <= side / 2, 255, 0).astype(np.uint8)
    return np.dstack([disc, alpha])


def _hue_rgb(degrees: NDArray[np.floating], value: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Hue from an angle, full saturation, brightness 0 … 1: cosines a third of a turn apart."""
    turns = np.deg2rad(degrees)[..., None] - np.deg2rad([0, 120, 240])
    rgb: NDArray[np.uint8] = np.rint((0.5 + 0.5 * np.cos(turns)) * value[..., None] * 255).astype(np.uint8)
    return rgb

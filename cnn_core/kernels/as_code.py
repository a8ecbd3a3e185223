"""Write a filter as a learner would: as lines of PyTorch and of SciPy."""

from cnn_core.kernels.filtering import FilterSettings

TORCH_PADS = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
"""Padding mode → the `mode` of torch.nn.functional.pad."""
SCIPY_PADS = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}
"""Padding mode → the `mode` of scipy.ndimage.correlate."""


def torch_code(size: tuple[int, int], settings: FilterSettings) -> str:
    """Return PyTorch code that filters `x` (N, 1, H, W) with `w` of `size` (rows, columns) as `apply_kernel` does."""
    lines = ["import torch.nn.functional as F", "", f"# x: (N, 1, H, W)   w: {size}, both of float"]
    height, width = (settings.kernel_reach(side) - 1 for side in size)
    if settings.padding_mode != "valid":
        sides = (width // 2, width - width // 2, height // 2, height - height // 2)
        lines.append(f'x = F.pad(x, {sides}, mode="{TORCH_PADS[settings.padding_mode]}")')
    rotated = "w.flip(0, 1)" if settings.flip else "w"
    arguments = [f"{name}={value}" for name in ("stride", "dilation") if (value := getattr(settings, name)) != 1]
    call = ", ".join(["x", f"{rotated}[None, None]", *arguments])
    lines.append(f"y = F.conv2d({call}){_format_bias(settings.bias)}")
    if settings.relu:
        lines.append("y = F.relu(y)")
    return "\n".join(lines)


def scipy_code(size: tuple[int, int], settings: FilterSettings) -> str:
    """Return SciPy code that filters `x` (H, W) with `w` of `size` (rows, columns) as `apply_kernel` does."""
    lines = ["import numpy as np", "from scipy import ndimage", "", f"# x: (H, W)   w: {size}, both of float"]
    if settings.flip:
        lines.append("w = w[::-1, ::-1]")
    if settings.dilation > 1:
        lines += [
            f"spread = np.zeros({tuple(settings.kernel_reach(side) for side in size)})",
            f"spread[::{settings.dilation}, ::{settings.dilation}] = w",
            "w = spread",
        ]
    reach = [settings.kernel_reach(side) for side in size]
    # SciPy places the middle of an even kernel one cell further than PyTorch does.
    origin = ", origin=" + str(tuple(side % 2 - 1 for side in reach)) if any(side % 2 == 0 for side in reach) else ""
    mode = SCIPY_PADS.get(settings.padding_mode, "constant")
    lines.append(f'y = ndimage.correlate(x, w, mode="{mode}"{origin}){_format_bias(settings.bias)}')
    if settings.padding_mode == "valid":
        (top, bottom), (left, right) = (((side - 1) // 2, side // 2) for side in reach)
        lines.append(
            f"y = y[{top} : len(y) - {bottom}, {left} : y.shape[1] - {right}]  # where the whole kernel lies inside"
        )
    if settings.stride > 1:
        lines.append(f"y = y[::{settings.stride}, ::{settings.stride}]")
    if settings.relu:
        lines.append("y = np.maximum(y, 0)")
    return "\n".join(lines)


def _format_bias(bias: float) -> str:
    return f" {'+' if bias > 0 else '-'} {abs(bias):g}" if bias else ""

"""A filter as a learner would write it: the same settings as lines of PyTorch and of SciPy."""

from cnn_core.kernels.filtering import FilterSettings

TORCH_PADS = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
SCIPY_PADS = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


def torch_code(size: tuple[int, int], layer: FilterSettings) -> str:
    """PyTorch that filters `x` (N, 1, H, W) with `w` (rows, columns of `size`) as `apply_kernel` does."""
    lines = ["import torch.nn.functional as F", "", f"# x: (N, 1, H, W)   w: {size}, both of float"]
    height, width = (layer.kernel_reach(side) - 1 for side in size)
    if layer.padding_mode != "valid":
        sides = (width // 2, width - width // 2, height // 2, height - height // 2)
        lines.append(f'x = F.pad(x, {sides}, mode="{TORCH_PADS[layer.padding_mode]}")')
    turned = "w.flip(0, 1)" if layer.flip else "w"
    settings = [f"{name}={value}" for name in ("stride", "dilation") if (value := getattr(layer, name)) != 1]
    call = ", ".join(["x", f"{turned}[None, None]", *settings])
    lines.append(f"y = F.conv2d({call}){_format_bias(layer.bias)}")
    if layer.relu:
        lines.append("y = F.relu(y)")
    return "\n".join(lines)


def scipy_code(size: tuple[int, int], layer: FilterSettings) -> str:
    """SciPy that filters `x` (H, W) with `w` (rows, columns of `size`) as `apply_kernel` does."""
    lines = ["import numpy as np", "from scipy import ndimage", "", f"# x: (H, W)   w: {size}, both of float"]
    if layer.flip:
        lines.append("w = w[::-1, ::-1]")
    if layer.dilation > 1:
        lines += [
            f"spread = np.zeros({tuple(layer.kernel_reach(side) for side in size)})",
            f"spread[::{layer.dilation}, ::{layer.dilation}] = w",
            "w = spread",
        ]
    reach = [layer.kernel_reach(side) for side in size]
    # SciPy's middle of an even kernel is one further than PyTorch's
    origin = ", origin=" + str(tuple(side % 2 - 1 for side in reach)) if any(side % 2 == 0 for side in reach) else ""
    mode = SCIPY_PADS.get(layer.padding_mode, "constant")
    lines.append(f'y = ndimage.correlate(x, w, mode="{mode}"{origin}){_format_bias(layer.bias)}')
    if layer.padding_mode == "valid":
        (top, bottom), (left, right) = (((side - 1) // 2, side // 2) for side in reach)
        lines.append(f"y = y[{top} : len(y) - {bottom}, {left} : y.shape[1] - {right}]  # where all of it lies inside")
    if layer.stride > 1:
        lines.append(f"y = y[::{layer.stride}, ::{layer.stride}]")
    if layer.relu:
        lines.append("y = np.maximum(y, 0)")
    return "\n".join(lines)


def _format_bias(bias: float) -> str:
    return f" {'+' if bias > 0 else '-'} {abs(bias):g}" if bias else ""

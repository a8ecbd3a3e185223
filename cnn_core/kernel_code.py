"""A filter as a learner would write it: the same settings as lines of PyTorch and of SciPy."""

TORCH_PADS = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
SCIPY_PADS = {"zeros": "constant", "reflect": "mirror", "replicate": "nearest", "circular": "wrap"}


def torch_code(padding_mode: str, flip: bool) -> str:
    """PyTorch that filters `x` (N, 1, H, W) with `w` (k, k), k odd, as `apply_kernel` does."""
    lines = ["import torch.nn.functional as F", "", "# x: (N, 1, H, W)   w: (k, k), both of float"]
    if padding_mode != "valid":
        lines += ["a = w.shape[0] // 2", f'x = F.pad(x, (a, a, a, a), mode="{TORCH_PADS[padding_mode]}")']
    turned = "w.flip(0, 1)" if flip else "w"
    lines.append(f"y = F.conv2d(x, {turned}[None, None])")
    return "\n".join(lines)


def scipy_code(padding_mode: str, flip: bool) -> str:
    """SciPy that filters `x` (H, W) with `w` (k, k), k odd, as `apply_kernel` does."""
    call = "convolve" if flip else "correlate"
    lines = ["from scipy import ndimage", "", "# x: (H, W)   w: (k, k), both of float"]
    lines.append(f'y = ndimage.{call}(x, w, mode="{SCIPY_PADS.get(padding_mode, "constant")}")')
    if padding_mode == "valid":
        lines += ["a = w.shape[0] // 2", "y = y[a:-a, a:-a]  # only where the whole kernel lies on the picture"]
    return "\n".join(lines)

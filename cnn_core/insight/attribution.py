"""How much each pixel contributed to the score of a class: gradients, integrated gradients, occlusion. Needs torch.

All explain the logit of one class for one image (C, H, W), normalised as in training, and return float32 (C, H, W):
positive where a value speaks for the class, negative where it speaks against it. The model runs in evaluation mode and
is left as it was found. Each raises ValueError for an image that is not three-dimensional and for a class that the
network does not have.
"""

from itertools import product

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from cnn_core.checks import whole
from cnn_core.insight.activations import as_image_batch, evaluation_mode

Attribution = NDArray[np.float32]
BATCH_SIZE = 64
"""Images that run through the network together: enough to use the processor, few enough for its memory."""


def input_gradient(model: nn.Module, image: ArrayLike, target: int) -> Attribution:
    """Compute the gradient of the logit of `target` with respect to each value.

    Simonyan, Vedaldi and Zisserman 2014, https://arxiv.org/abs/1312.6034.
    """
    return _to_numpy(_logit_gradients(model, as_image_batch(model, image), target)[0])


def gradient_times_input(model: nn.Module, image: ArrayLike, target: int) -> Attribution:
    """Compute the gradient times the value itself: for a linear network, the exact contribution beside the bias."""
    batch = as_image_batch(model, image)
    return _to_numpy(_logit_gradients(model, batch, target)[0] * batch[0])


def integrated_gradients(
    model: nn.Module, image: ArrayLike, target: int, baseline: ArrayLike, *, steps: int = 50
) -> Attribution:
    """Compute the mean gradient on the line from `baseline` (C, H, W) to the image, times the difference of the two.

    Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365; the integral by Gauss-Legendre quadrature at
    `steps` points. The sum over all values is the logit of the image minus that of the baseline, up to the error of the
    quadrature. Also raises ValueError when the baseline has another shape than the image, or `steps` is not positive.
    """
    whole("steps", steps, 1)
    end, start = as_image_batch(model, image), as_image_batch(model, baseline)
    if start.shape != end.shape:
        raise ValueError(f"The baseline has shape {tuple(start.shape[1:])}: the image has {tuple(end.shape[1:])}.")
    places, widths = np.polynomial.legendre.leggauss(steps)  # from −1 to 1
    shares, weights = torch.from_numpy((places + 1) / 2).to(end), torch.from_numpy(widths / 2).to(end)
    total = torch.zeros_like(end[0])
    for share, weight in zip(torch.split(shares, BATCH_SIZE), torch.split(weights, BATCH_SIZE), strict=True):
        between = start + share[:, None, None, None] * (end - start)
        total += (_logit_gradients(model, between, target) * weight[:, None, None, None]).sum(0)
    return _to_numpy(total * (end - start)[0])


def occlusion_map(
    model: nn.Module, image: ArrayLike, target: int, baseline: ArrayLike, *, window: int, stride: int
) -> Attribution:
    """Compute how far the logit of `target` falls when a square of the image is replaced by `baseline` (C, H, W).

    Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901. Squares of `window` pixels stand `stride` apart, the last
    one cut off at the edge; each pixel gets the mean over the squares that cover it.
    Also raises ValueError when the window does not fit the image, or the stride is not from 1 to the window.
    """
    batch, base = as_image_batch(model, image), as_image_batch(model, baseline)
    height, width = batch.shape[2:]
    if not 1 <= window <= min(height, width):
        raise ValueError(f"Window is {window}: the image takes one of 1 to {min(height, width)} pixels.")
    if not 1 <= stride <= window:
        raise ValueError(f"Stride is {stride}: it must be from 1 to the window, {window}, to leave no pixel out.")
    whole = _class_logits(model, batch, target)
    corners = list(product(_window_starts(height, window, stride), _window_starts(width, window, stride)))
    falls, covered = torch.zeros_like(batch[0, 0]), torch.zeros_like(batch[0, 0])
    for start in range(0, len(corners), BATCH_SIZE):
        squares = [_square_mask(height, width, top, left, window) for top, left in corners[start : start + BATCH_SIZE]]
        hidden = torch.stack(squares).to(batch)[:, None]
        fall = whole - _class_logits(model, batch * (1 - hidden) + base * hidden, target)
        falls += torch.einsum("n,nhw->hw", fall, hidden[:, 0])
        covered += hidden[:, 0].sum(0)
    return _to_numpy((falls / covered.clamp_min(1)).expand(batch.shape[1:]))


def class_logit(model: nn.Module, image: ArrayLike, target: int) -> float:
    """Compute the logit of `target` for one image (C, H, W)."""
    return float(_class_logits(model, as_image_batch(model, image), target)[0])


def _window_starts(size: int, window: int, stride: int) -> range:
    """Where windows begin, so that the last one reaches the edge."""
    return range(0, -(-(size - window) // stride) * stride + 1, stride)


def _square_mask(height: int, width: int, top: int, left: int, window: int) -> Tensor:
    mask = torch.zeros(height, width)
    mask[top : top + window, left : left + window] = 1
    return mask


def _logit_gradients(model: nn.Module, batch: Tensor, target: int) -> Tensor:
    """Of the logit of each image of the batch with respect to that image."""
    batch = batch.detach().requires_grad_()
    with evaluation_mode(model), torch.enable_grad():
        logits = model(batch)
        _check_target(logits, target)
        (gradients,) = torch.autograd.grad(logits[:, target].sum(), batch)
    return gradients.detach()


def _class_logits(model: nn.Module, batch: Tensor, target: int) -> Tensor:
    """The logit of `target` for each image."""
    with evaluation_mode(model), torch.no_grad():
        logits: Tensor = model(batch)
    _check_target(logits, target)
    return logits[:, target]


def _check_target(logits: Tensor, target: int) -> None:
    if not 0 <= target < logits.shape[1]:
        raise ValueError(f"Target is {target}: the network has the classes 0 … {logits.shape[1] - 1}.")


def _to_numpy(values: Tensor) -> Attribution:
    attribution: Attribution = values.detach().float().cpu().numpy()
    return np.ascontiguousarray(attribution)

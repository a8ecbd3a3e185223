"""Activation maximisation: a picture is changed step by step so that a unit responds more strongly. Needs torch.

Erhan et al. 2009; with the regularisers that make such pictures readable: Yosinski et al. 2015,
https://arxiv.org/abs/1506.06579 (decay, blur), Mahendran & Vedaldi 2016, https://arxiv.org/abs/1512.02017 (total
variation, jitter).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.checks import real, whole
from cnn_core.insight.activations import evaluation_mode

MID_GREY = 127.5
"""The middle of 0 … 255, to which decay draws every value."""
PICTURE_COUNT = 9
"""Pictures of the ascent that are kept, the first and the last among them: one row on a laptop."""


@dataclass(frozen=True)
class AscentSettings:
    """How to climb. Raises ValueError for a setting outside its range.

    steps       changes of the picture
    rate        the size of a change in grey values (root mean square over the picture)
    decay       the share of its distance from mid-grey that every value loses at each step, below 1
    variation   the weight of total variation, which makes neighbours alike, beside the unit's own gradient
    blur_every  steps from one light blur to the next; 0 for no blur
    jitter      the most pixels by which the picture is shifted before each step, and back after it
    seed        seed of the shifts
    """

    steps: int = 64
    rate: float = 8.0
    decay: float = 0.0
    variation: float = 0.0
    blur_every: int = 0
    jitter: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        whole("steps", self.steps, 1)
        real("rate", self.rate, above=0)
        real("decay", self.decay, 0, below=1)
        real("variation", self.variation, 0)
        whole("blur_every", self.blur_every, 0)
        whole("jitter", self.jitter, 0)


@dataclass(frozen=True, eq=False)
class AscentResult:
    """Pictures of the ascent uint8 (k, C, H, W), the steps after which they were kept, and the unit's values.

    `values` has one for the start and one after each step.
    """

    pictures: NDArray[np.uint8]
    steps: tuple[int, ...]
    values: tuple[float, ...]


def maximise_unit(
    model: nn.Module,
    normalise: Callable[[Tensor], Tensor],
    layer: str,
    unit: int,
    start: NDArray[np.uint8],
    settings: AscentSettings | None = None,
) -> AscentResult:
    """Change the stored picture `start` uint8 (C, H, W) so that map or unit `unit` of the module `layer` grows.

    The value of a map is the mean over its places. `normalise` prepares pictures (N, C, H, W), 0 … 255, as in training;
    the picture stays within 0 … 255. The model runs in evaluation mode and is left as it was found, as is torch's
    random state. Raises ValueError when there is no such layer or unit, or when the value or its gradient is not a
    finite number.
    """
    settings = settings or AscentSettings()
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    picture = torch.from_numpy(start.copy()).to(device, torch.float32)[None]
    generator = torch.Generator().manual_seed(settings.seed)
    kept_steps = sorted({round(step) for step in np.linspace(0, settings.steps, PICTURE_COUNT)})
    pictures, values = [_to_stored_picture(picture)], []
    with evaluation_mode(model), torch.enable_grad():
        for step in range(1, settings.steps + 1):
            shift = torch.randint(-settings.jitter, settings.jitter + 1, (2,), generator=generator).tolist()
            value, gradient = _value_and_gradient(model, normalise, layer, unit, picture.roll(shift, (2, 3)))
            values.append(value)
            picture = _take_step(picture, gradient.roll([-s for s in shift], (2, 3)), step, settings)
            if step in kept_steps:
                pictures.append(_to_stored_picture(picture))
        values.append(_value_and_gradient(model, normalise, layer, unit, picture)[0])
    return AscentResult(np.stack(pictures), tuple(kept_steps), tuple(values))


def _take_step(picture: Tensor, gradient: Tensor, step: int, settings: AscentSettings) -> Tensor:
    """The picture after one step."""
    direction = _normalise_gradient(gradient)
    if settings.variation:
        direction = direction - settings.variation * _normalise_gradient(_variation_gradient(picture))
    picture = picture + settings.rate * direction
    picture = MID_GREY + (picture - MID_GREY) * (1 - settings.decay)
    if settings.blur_every and step % settings.blur_every == 0:
        picture = _blur_picture(picture)
    return picture.clamp(0, 255)


def _value_and_gradient(
    model: nn.Module, normalise: Callable[[Tensor], Tensor], layer: str, unit: int, picture: Tensor
) -> tuple[float, Tensor]:
    """The unit's value for the picture, and its gradient with respect to it."""
    modules = dict(model.named_modules())
    if not layer or layer not in modules:
        raise ValueError(f"Layer is {layer!r}: the layers are {', '.join(name for name in modules if name)}.")
    picture = picture.detach().requires_grad_()
    outputs: list[Tensor] = []
    handle = modules[layer].register_forward_hook(lambda _module, _inputs, output: outputs.append(output.clone()))
    try:
        model(normalise(picture))
    finally:
        handle.remove()
    output = outputs[-1]
    if not 0 <= unit < output.shape[1]:
        raise ValueError(f"Unit is {unit}: {layer} has the maps or units 0 … {output.shape[1] - 1}.")
    value = output[0, unit].mean()
    (gradient,) = torch.autograd.grad(value, picture)
    if not (value.isfinite() and gradient.isfinite().all()):
        raise ValueError("The unit's value is infinite or not a number: choose an earlier checkpoint.")
    return float(value.detach()), gradient


def _normalise_gradient(gradient: Tensor) -> Tensor:
    """The gradient with a root mean square of 1, so that steps have the same size in every layer; zeros stay zeros."""
    size = gradient.square().mean().sqrt()
    return gradient / size if size > 0 else gradient


def _variation_gradient(picture: Tensor) -> Tensor:
    """The gradient of half the sum of squared differences between neighbours: each value minus those beside it."""
    padded = F.pad(picture, (1, 1, 1, 1), mode="replicate")
    neighbours = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1] + padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:]
    return 4 * picture - neighbours


def _blur_picture(picture: Tensor) -> Tensor:
    """The picture blurred by the binomial kernel (1 2 1) / 4 along both axes."""
    along = picture.new_tensor([1.0, 2.0, 1.0]) / 4
    kernel = torch.outer(along, along).expand(picture.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(picture, (1, 1, 1, 1), mode="replicate"), kernel, groups=picture.shape[1])


def _to_stored_picture(picture: Tensor) -> NDArray[np.uint8]:
    stored: NDArray[np.uint8] = picture[0].detach().round().to(torch.uint8).cpu().numpy()
    return stored

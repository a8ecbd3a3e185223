"""Which images a unit responds to most, and where: the largest value of each map for every image. Needs torch."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.insight.activations import evaluation_mode

BATCH_SIZE = 256
"""Images that run through the network together: only the largest value of each map is kept."""


@dataclass(frozen=True, eq=False)
class Peaks:
    """The largest value of each map of a layer for each image, (N, maps), and its row and column, (N, maps, 2).

    Of equal values it is the first. The units of a flat layer are maps of one value at (0, 0).
    """

    values: NDArray[np.float32]
    positions: NDArray[np.int32]

    def top_images(self, unit: int, count: int) -> NDArray[np.intp]:
        """Return the indices of the `count` images with the largest values of `unit`, the largest first.

        Images with equal values keep their order.
        """
        return np.argsort(-self.values[:, unit], kind="stable")[:count]


def find_peaks(model: nn.Module, images: NDArray[np.uint8], normalise: Callable[[Tensor], Tensor], layer: str) -> Peaks:
    """Compute the peaks of the module called `layer` for stored images uint8 (N, C, H, W), normalised by `normalise`.

    The model runs in evaluation mode and is left as it was found.
    Raises ValueError when there is no such layer, or no image.
    """
    modules = dict(model.named_modules())
    if not layer or layer not in modules:
        raise ValueError(f"Layer is {layer!r}: the layers are {', '.join(name for name in modules if name)}.")
    if not len(images):
        raise ValueError("There is no image: at least one is needed.")
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    batch_peaks: list[tuple[Tensor, Tensor]] = []
    handle = modules[layer].register_forward_hook(
        lambda _module, _inputs, output: batch_peaks.append(_map_peaks(output))
    )
    try:
        with evaluation_mode(model), torch.inference_mode():
            for batch in torch.split(torch.from_numpy(images), BATCH_SIZE):
                model(normalise(batch.to(device)))
    finally:
        handle.remove()
    values, places = (torch.cat(part).cpu().numpy() for part in zip(*batch_peaks, strict=True))
    return Peaks(values, places)


def _map_peaks(output: Tensor) -> tuple[Tensor, Tensor]:
    """The largest values (n, C) of a layer's output (n, C, H, W) or (n, C), and their places (n, C, 2)."""
    flat = output.detach().float().flatten(2) if output.ndim == 4 else output.detach().float()[:, :, None]
    values, place = flat.max(2)
    width = output.shape[3] if output.ndim == 4 else 1
    return values, torch.stack((place // width, place % width), 2).int()

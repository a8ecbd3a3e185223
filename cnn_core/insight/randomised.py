"""The sanity check of attributions: do they change when the network forgets what it learned? Needs torch.

Adebayo et al. 2018, https://arxiv.org/abs/1810.03292: an explanation that looks the same for a network with random
weights does not explain what the network learned; it draws the edges of the picture.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


def layers_with_weights(model: nn.Module) -> tuple[str, ...]:
    """The names of the modules that hold weights of their own, from the first to the last."""
    return tuple(name for name, module in model.named_modules() if _has_own_weights(module))


def randomise_last_layers(model: nn.Module, layers: int, seed: int) -> nn.Module:
    """A copy of the network whose last `layers` layers have new random weights, as before any training.

    Batch norms count: theirs go back to mean 0 and variance 1. The model itself and torch's random state stay as they
    are. Raises ValueError when there are not so many layers.
    """
    names = layers_with_weights(model)
    if not 0 <= layers <= len(names):
        raise ValueError(f"layers is {layers}: the network has {len(names)} with weights.")
    twin = copy.deepcopy(model)
    modules = dict(twin.named_modules())
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name in names[len(names) - layers :]:
            modules[name].reset_parameters()
    return twin.eval()


@dataclass(frozen=True)
class MapSimilarity:
    """How alike two maps are: Spearman's rank correlation of their magnitudes (None where one is constant) and SSIM."""

    rank_correlation: float | None
    ssim: float


def compare_maps(one: NDArray[np.floating], other: NDArray[np.floating]) -> MapSimilarity:
    """Compare two maps (H, W) by magnitude, each brought to a largest value of 1: their sizes do not count.

    SSIM with windows of 7, smaller for smaller maps. Raises ValueError when the shapes differ.
    """
    from scipy.stats import spearmanr
    from skimage.metrics import structural_similarity

    if one.shape != other.shape:
        raise ValueError(f"the maps have the shapes {one.shape} and {other.shape}: they must be the same.")
    first, second = (_scale_to_one(np.abs(np.asarray(values, dtype=np.float64))) for values in (one, other))
    constant = np.ptp(first) == 0 or np.ptp(second) == 0
    rank = None if constant else float(spearmanr(first, second, axis=None).statistic)
    side = min(7, *first.shape)
    side -= 1 - side % 2
    if side < 3:  # too small for a window
        return MapSimilarity(rank, float(np.array_equal(first, second)))
    similarity = structural_similarity(first, second, win_size=side, data_range=1.0)  # type: ignore[no-untyped-call]
    return MapSimilarity(rank, float(similarity))


def _scale_to_one(values: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = values.max()
    return values / largest if largest > 0 else values


def _has_own_weights(module: nn.Module) -> bool:
    return hasattr(module, "reset_parameters") and any(True for _ in module.parameters(recurse=False))

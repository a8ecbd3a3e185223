"""The sanity check of attributions: do they change when the network's weights are made random? Needs torch.

Adebayo et al. 2018, https://arxiv.org/abs/1810.03292: an explanation that looks the same for a network with random
weights does not explain what the network learned; often it draws the edges of the picture.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

SSIM_WINDOW = 7
"""Pixels a side: scikit-image's default."""


def layers_with_weights(model: nn.Module) -> tuple[str, ...]:
    """Return the names of the modules that hold weights themselves, from the first to the last."""
    return tuple(name for name, module in model.named_modules() if _has_own_weights(module))


def randomise_last_layers(model: nn.Module, layers: int, seed: int) -> nn.Module:
    """Copy a network and give its last `layers` layers new random weights, as before any training.

    Batch norms count as layers: theirs go back to mean 0 and variance 1. The model itself and torch's random state are
    not changed. Raises ValueError when the network has fewer layers with weights.
    """
    names = layers_with_weights(model)
    if not 0 <= layers <= len(names):
        raise ValueError(f"The number of layers is {layers}: the network has {len(names)} with weights.")
    twin = copy.deepcopy(model)
    modules = dict(twin.named_modules())
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for name in names[len(names) - layers :]:
            modules[name].reset_parameters()
    return twin.eval()


@dataclass(frozen=True)
class MapSimilarity:
    """How similar two maps are: Spearman's rank correlation of their magnitudes, and structural similarity (SSIM).

    The rank correlation is None where a map is constant.
    """

    rank_correlation: float | None
    ssim: float


def compare_maps(one: NDArray[np.floating], other: NDArray[np.floating]) -> MapSimilarity:
    """Compare the magnitudes of two maps (H, W), each scaled to a largest value of 1.

    SSIM (Wang et al. 2004) has windows of SSIM_WINDOW, smaller ones for smaller maps. Maps below 3 × 3 have an SSIM of
    1 where they are equal, else 0. Raises ValueError when the shapes differ.
    """
    from scipy.stats import spearmanr
    from skimage.metrics import structural_similarity

    if one.shape != other.shape:
        raise ValueError(f"The maps have the shapes {one.shape} and {other.shape}: they must be the same.")
    first, second = (_scale_to_one(np.abs(np.asarray(values, dtype=np.float64))) for values in (one, other))
    constant = np.ptp(first) == 0 or np.ptp(second) == 0
    rank = None if constant else float(spearmanr(first, second, axis=None).statistic)
    side = min(SSIM_WINDOW, *first.shape)
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

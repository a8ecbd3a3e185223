"""The features of an image: what the last layer of a network decides by. Needs torch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.insight.vectors import unit_vectors
from cnn_core.training.inference import CPU_BATCH, logit_batches


@dataclass(frozen=True, eq=False)
class Features:
    """Features of N images: `values` (N, D), float32, and a `description` such as "the input of fc2, 128 values"."""

    values: NDArray[np.float32]
    description: str


def penultimate_features(
    model: nn.Module, images: NDArray[np.uint8], normalise: Callable[[Tensor], Tensor], *, batch_size: int = CPU_BATCH
) -> Features:
    """Compute the input of the last linear layer for stored images uint8 (N, C, H, W), normalised by `normalise`.

    For a network without linear layers, the features are the mean of each of its last feature maps. `batch_size` images
    run through the network together. Raises ValueError when there is neither, when there is no image, and when a value
    is infinite or not a number.
    """
    if not len(images):
        raise ValueError("There are no images: features need at least one.")
    with _capture_features(model) as latest:
        batches = logit_batches(model, torch.from_numpy(images), normalise, batch_size)
        batches_of_features = [next(iter(latest.values())) for _ in batches if latest]
    if not batches_of_features:
        raise ValueError("This network has neither a linear layer nor feature maps: it has no features to compare.")
    values = torch.cat(batches_of_features).numpy()
    if not np.isfinite(values).all():
        raise ValueError("The features of this checkpoint are no longer numbers: the training diverged.")
    return Features(values, f"{next(iter(latest))}, {values.shape[1]:,} values")


@contextmanager
def _capture_features(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Yield a dictionary that holds one entry after each batch: a description of the features → features (n, D)."""
    latest: dict[str, Tensor] = {}

    def make_input_hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def store_input(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            latest[f"the input of {name}"] = inputs[0].flatten(1).float().cpu()

        return store_input

    def make_map_hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def store_map_means(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if output.ndim == 4:
                latest.clear()
                latest[f"the mean of each map of {name}"] = output.float().mean(dim=(2, 3)).cpu()

        return store_map_means

    leaves = [(name, module) for name, module in model.named_modules() if not any(module.children())]
    linear = [(name, module) for name, module in leaves if isinstance(module, nn.Linear)]
    handles = [module.register_forward_pre_hook(make_input_hook(name)) for name, module in linear[-1:]]
    if not linear:
        handles = [module.register_forward_hook(make_map_hook(name)) for name, module in leaves]
    try:
        yield latest
    finally:
        for handle in handles:
            handle.remove()


def nearest_neighbours(
    queries: NDArray[np.floating], features: NDArray[np.floating], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Find the `count` rows of `features` (N, D) most similar to each row of `queries` (Q, D).

    Returns their indices and their cosines, both (Q, min(count, N)), the most similar first. The cosine of the angle
    between two rows is 1 for the same direction; it counts as 0 where a row is all zeros.
    Raises ValueError when the rows of the two differ in length.

    >>> indices, cosines = nearest_neighbours(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0], [3.0, 0.0]]), 1)
    >>> indices.tolist(), cosines.tolist()
    ([[1]], [[1.0]])
    """
    if queries.ndim != 2 or features.ndim != 2 or queries.shape[1] != features.shape[1]:
        raise ValueError(
            f"The queries have shape {queries.shape} and features {features.shape}: rows must be equally long."
        )
    cosines = unit_vectors(queries) @ unit_vectors(features).T
    places = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    return places, np.take_along_axis(cosines, places, axis=1)

"""What a network has made of an image just before it decides: the features of its penultimate layer. Needs torch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.training.inference import CPU_BATCH, logit_batches


@dataclass(frozen=True, eq=False)
class Features:
    """Features (N, D) of N images, float32, and in words what they are: "the input of fc2, 128 values"."""

    values: NDArray[np.float32]
    description: str


def penultimate_features(
    model: nn.Module, images: NDArray[np.uint8], normalise: Callable[[Tensor], Tensor], *, batch_size: int = CPU_BATCH
) -> Features:
    """What goes into the last linear layer for images (N, C, H, W), which `normalise` makes ready as in training.

    A network without linear layers: the mean of each of its last feature maps. Raises ValueError when there is neither,
    when there is no image, and when a value is infinite or no number.
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
    """After each batch one entry: in words where the features come from → features (n, D)."""
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
    """The `count` rows of `features` (N, D) most like each row of `queries` (Q, D): places and cosines, (Q, count).

    Likeness is the cosine of the angle between two rows, 1 for the same direction; 0 where a row is all zeros. The most
    alike comes first. Fewer than `count` rows give fewer. Raises ValueError when the rows differ in length.
    """
    if queries.ndim != 2 or features.ndim != 2 or queries.shape[1] != features.shape[1]:
        raise ValueError(f"queries has shape {queries.shape} and features {features.shape}: rows must be equally long.")
    cosines = _unit_rows(queries) @ _unit_rows(features).T
    places = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    return places, np.take_along_axis(cosines, places, axis=1)


def _unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rows of length 1; those of length 0 stay so."""
    values = rows.astype(np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit: NDArray[np.float64] = values / np.where(lengths > 0, lengths, 1.0)
    return unit

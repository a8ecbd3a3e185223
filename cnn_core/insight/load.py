"""A stored network brought back to life. Needs torch."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnn_core.datasets import Dataset
from cnn_core.insight.activations import FeatureMaps, feature_maps
from cnn_core.networks import NetworkSpec
from cnn_core.training.config import TrainConfig
from cnn_core.training.inference import make_normaliser


def load_network(spec: NetworkSpec, weights: Mapping[str, NDArray[Any]]) -> nn.Module:
    """The module of `spec` with the state_dict `weights` (as arrays), on the CPU and in eval mode.

    Raises ValueError when the weights are not those of this network.
    """
    model = spec.build(seed=0)
    try:
        model.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    except RuntimeError as error:
        raise ValueError(f"weights do not fit the network {spec.name!r}: they must be its own state_dict.") from error
    return model.eval()


def stored_image_maps(
    model: nn.Module, image: NDArray[np.uint8], data: Dataset, config: TrainConfig | None = None
) -> FeatureMaps:
    """`feature_maps` of a stored image uint8 (C, H, W) of `data`, made ready as in training with `config`."""
    batch = make_normaliser(data, torch.device("cpu"), config)(torch.from_numpy(image[np.newaxis]))
    return feature_maps(model, batch[0].numpy())

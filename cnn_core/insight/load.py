"""A network built from its description and stored weights. Needs torch."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnn_core.networks import NetworkSpec


def load_network(spec: NetworkSpec, weights: Mapping[str, NDArray[Any]]) -> nn.Module:
    """Build the module of `spec` with the state_dict `weights` (as arrays), on the CPU and in evaluation mode.

    Raises ValueError when the weights are not those of this network.
    """
    model = spec.build(seed=0)
    try:
        model.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    except RuntimeError as error:
        raise ValueError(
            f"The weights do not fit the network {spec.name!r}: they must be its own state_dict."
        ) from error
    return model.eval()

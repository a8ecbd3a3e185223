"""Filters whose maps are zero for every image. Needs torch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.insight.activations import evaluation_mode
from cnn_core.insight.graph import Graph
from cnn_core.networks import BatchNorm, ReLU, ReLU6

BATCH_SIZE = 64
"""Images that run through the network together."""


def following_relu(nodes: Graph, name: str) -> str | None:
    """Return the name of the ReLU behind a layer, directly or after a batch norm; None when there is none."""
    while True:
        after = [node for node in nodes.values() if name in node.inputs]
        if len(after) != 1:
            return None
        if isinstance(after[0].layer, ReLU | ReLU6):
            return after[0].name
        if not isinstance(after[0].layer, BatchNorm):
            return None
        name = after[0].name


def find_silent_maps(model: nn.Module, nodes: Graph, name: str, images: Tensor) -> NDArray[np.bool_] | None:
    """Find the maps of the layer `name` that are 0 everywhere behind its ReLU, for all of `images`.

    `images` are normalised (N, C, H, W). Returns bool (filters,), or None when no ReLU follows.
    The model is left in the mode it was in.
    """
    relu = following_relu(nodes, name)
    if relu is None:
        return None
    silent = np.ones(nodes[relu].map_count, dtype=bool)

    def mark_active_maps(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        silent[(output != 0).transpose(0, 1).flatten(1).any(dim=1).numpy()] = False

    handle = dict(model.named_modules())[relu].register_forward_hook(mark_active_maps)
    try:
        with evaluation_mode(model), torch.no_grad():
            for start in range(0, len(images), BATCH_SIZE):
                model(images[start : start + BATCH_SIZE])
    finally:
        handle.remove()
    return silent

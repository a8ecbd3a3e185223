"""The first weights of a network."""

import torch
from torch import nn


def initialise_weights(model: nn.Module, scheme: str, seed: int) -> None:
    """Draw the weights of convolutions and fully connected layers again; biases become 0. "pytorch" keeps all as built.

    "he"      normal, variance 2 / inputs: He et al. 2015, https://arxiv.org/abs/1502.01852
    "xavier"  uniform, variance 2 / (inputs + outputs): Glorot & Bengio 2010
    "normal"  normal with deviation 0.01, whatever the layer
    "equal"   every weight 1 / inputs: all units of a layer compute the same, and always will

    Torch's global random state is left alone. Raises ValueError for another scheme.
    """
    if scheme == "pytorch":
        return
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                _draw_weights(module.weight, scheme)
                if module.bias is not None:
                    module.bias.zero_()


def _draw_weights(weight: torch.Tensor, scheme: str) -> None:
    match scheme:
        case "he":
            nn.init.kaiming_normal_(weight, nonlinearity="relu")
        case "xavier":
            nn.init.xavier_uniform_(weight)
        case "normal":
            nn.init.normal_(weight, std=0.01)
        case "equal":
            weight.fill_(1 / weight[0].numel())
        case _:
            raise ValueError(f"Initialisation is {scheme!r}: there is no such scheme.")

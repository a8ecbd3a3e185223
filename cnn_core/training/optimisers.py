"""The optimisers, and their state as plain arrays."""

import torch
from torch import nn

from cnn_core.training.config import TrainConfig
from cnn_core.training.events import Arrays


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Build the optimiser that `config` names, over the model's parameters that are not frozen."""
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            weights, lr=rate, momentum=config.momentum, nesterov=config.nesterov, weight_decay=decay, fused=True
        )
    make = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    return make(weights, lr=rate, weight_decay=decay, fused=True)


def optimizer_state(optimizer: torch.optim.Optimizer) -> Arrays:
    """Return copies of its state for each parameter: "3.exp_avg" is the average of the fourth parameter's gradients."""
    return {
        f"{number}.{name}": value.detach().cpu().contiguous().numpy().copy()
        for number, kept in optimizer.state_dict()["state"].items()
        for name, value in kept.items()
        if isinstance(value, torch.Tensor)
    }


def load_optimizer_state(optimizer: torch.optim.Optimizer, arrays: Arrays) -> None:
    """Restore what `optimizer_state` returned; empty `arrays` change nothing."""
    if not arrays:
        return
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, array in arrays.items():
        number, name = key.split(".", 1)
        state.setdefault(int(number), {})[name] = _match_layout(torch.from_numpy(array.copy()), parameters[int(number)])
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _match_layout(kept: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """Return `kept` with the parameter's memory layout, which a fused optimiser assumes without a check."""
    return torch.empty_like(parameter).copy_(kept).detach() if kept.shape == parameter.shape else kept

"""Signs of how well a network learns, beside loss and accuracy: gradient norm and dead ReLUs."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def gradient_norm(model: nn.Module) -> Tensor:
    """Compute the length of all gradients as one vector, a scalar on the model's device; 0 without gradients."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    return torch.nn.utils.get_total_norm(gradients) if gradients else torch.zeros(())


def dead_relu_share(model: nn.Module, images: Tensor, normalise: Callable[[Tensor], Tensor]) -> float | None:
    """Compute the share of the ReLUs' channels that are 0 everywhere in each of `images`; None without ReLUs.

    `images` are uint8 (N, C, H, W). The model answers in evaluation mode; its mode is restored.
    """
    dead: list[Tensor] = []

    def note_dead_channels(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        dead.append((output <= 0).movedim(1, 0).flatten(1).all(1))

    hooks = [m.register_forward_hook(note_dead_channels) for m in model.modules() if isinstance(m, nn.ReLU | nn.ReLU6)]
    if not hooks:
        return None
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            model(normalise(images))
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    return float(torch.cat(dead).float().mean())


def first_convolution(model: nn.Module) -> nn.Conv2d | None:
    """Return the convolution that sees the image; None where there is none."""
    return next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)

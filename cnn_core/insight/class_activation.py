"""Where the evidence for a class lies in the image: Grad-CAM. Needs torch."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from cnn_core.insight.activations import as_image_batch, evaluation_mode


def grad_cam(model: nn.Module, image: ArrayLike, target_class: int, layer: str) -> NDArray[np.float32]:
    """Compute Grad-CAM of one class at one layer: float32 (h, w), of the layer's own size, no value below 0.

    Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391: each channel of the layer is weighted by the mean gradient
    of the class's logit over its positions; the weighted channels are summed, and negative sums set to 0. `image` is
    (C, H, W), normalised as in training; `layer` is a name of `model.named_modules()`. The model runs in evaluation
    mode and is left as it was found. A map of zeros is a result: nothing in this layer speaks for that class.
    Raises ValueError when the layer does not exist or its output has no height and width, or the class does not exist.

    >>> import numpy as np
    >>> from cnn_core.networks import preset
    >>> heat = grad_cam(preset("Tiny CNN").build(seed=0), np.ones((1, 8, 8)), target_class=3, layer="relu2")
    >>> heat.shape, bool((heat >= 0).all())
    ((4, 4), True)
    """
    modules = dict(model.named_modules())
    if not layer or layer not in modules:
        raise ValueError(f"Layer is {layer!r}: the layers are {', '.join(name for name in modules if name)}.")
    activation, logits = _run_with_layer_output(model, modules[layer], as_image_batch(model, image))
    if activation.ndim != 4:
        raise ValueError(f"Layer is {layer!r}: its output has no height and width; choose one before the flatten.")
    if not 0 <= target_class < logits.shape[1]:
        raise ValueError(f"Target class is {target_class}: the network has the classes 0 … {logits.shape[1] - 1}.")
    (gradient,) = torch.autograd.grad(logits[0, target_class], activation)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    heat = torch.relu((weights * activation).sum(dim=1)[0])
    heat_map: NDArray[np.float32] = heat.detach().float().cpu().numpy()
    return heat_map


def _run_with_layer_output(model: nn.Module, layer: nn.Module, batch: Tensor) -> tuple[Tensor, Tensor]:
    """(the layer's output, the logits), connected by the graph even when every parameter is frozen."""
    outputs: list[Tensor] = []

    def keep_output(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        # The copy passed on keeps a later in-place activation from overwriting the output that is explained.
        outputs.append(output)
        return output.clone()

    handle = layer.register_forward_hook(keep_output)
    try:
        with evaluation_mode(model), torch.enable_grad():
            logits: Tensor = model(batch.requires_grad_())
    finally:
        handle.remove()
    return outputs[-1], logits

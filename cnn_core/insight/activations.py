"""What every layer makes of one image."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

# An empty Sequential, such as a shortcut without layers, has no children but is no layer either.
_IGNORED_MODULES = (nn.Dropout, nn.Dropout2d, nn.Identity, nn.Sequential)
FeatureMaps = dict[str, NDArray[np.float32]]


def feature_maps(model: nn.Module, image: ArrayLike) -> FeatureMaps:
    """The output of every layer that still has channels × height × width, for one image, in the order of running.

    `image` is (C, H, W), normalised as in training. Returns layer name → float32 (C, H, W). The model runs in eval
    mode without gradients and is left in the mode it was in. Dropout is left out (it passes values on unchanged in
    eval mode), as are containers. A layer that runs more than once keeps its last output.
    Raises ValueError when `image` is not three-dimensional.
    """
    names = [
        name
        for name, module in model.named_modules()
        if not any(module.children()) and not isinstance(module, _IGNORED_MODULES)
    ]
    return {name: values for name, values in layer_outputs(model, image, names).items() if values.ndim == 3}


def layer_outputs(model: nn.Module, image: ArrayLike, names: Collection[str]) -> FeatureMaps:
    """What the modules called `names` give for one image, blocks and flat layers too: float32 (C, H, W) or (n,).

    In the order of running; otherwise as `feature_maps`.
    """
    batch = as_image_batch(model, image)
    outputs: FeatureMaps = {}

    def make_hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def store_output(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
            outputs.pop(name, None)
            # A copy, because a later in-place activation would overwrite what is kept here.
            outputs[name] = output[0].detach().float().cpu().numpy().copy()

        return store_output

    handles = [
        module.register_forward_hook(make_hook(name))
        for name, module in model.named_modules()
        if name and name in names
    ]
    try:
        with evaluation_mode(model), torch.no_grad():
            model(batch)
    finally:
        for handle in handles:
            handle.remove()
    return outputs


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Eval mode inside, and afterwards every submodule in the mode it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread inside: a single small image is through before a new thread's helpers have started."""
    threads_before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads_before)


def as_image_batch(model: nn.Module, image: ArrayLike) -> Tensor:
    """`image` (C, H, W) as a batch of one, of the model's dtype and on its device; ValueError for another shape."""
    tensor = torch.as_tensor(np.asarray(image))
    if tensor.ndim != 3:
        raise ValueError(f"image has shape {tuple(tensor.shape)}: it must be channels × height × width.")
    weight = next(model.parameters(), torch.zeros(1))
    return tensor.to(device=weight.device, dtype=weight.dtype)[None]

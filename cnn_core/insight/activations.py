"""What every layer of a network computes for one image. Needs torch."""

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
    """Return the output of every layer that keeps height and width for one image, in the order in which they run.

    `image` is (C, H, W), normalised as in training. Returns layer name → float32 (C, H, W). The model runs in
    evaluation mode without gradients, and each of its modules is left in the mode it was in. Dropout is left out, as it
    passes values on unchanged in evaluation mode, and so are containers. Of a layer that runs more than once the last
    output is kept. Raises ValueError when `image` is not three-dimensional.

    >>> import numpy as np
    >>> from cnn_core.networks import preset
    >>> maps = feature_maps(preset("Tiny CNN").build(seed=0), np.zeros((1, 8, 8)))
    >>> {name: values.shape for name, values in maps.items()}["pool2"]
    (32, 2, 2)
    """
    names = [
        name
        for name, module in model.named_modules()
        if not any(module.children()) and not isinstance(module, _IGNORED_MODULES)
    ]
    return {name: values for name, values in layer_outputs(model, image, names).items() if values.ndim == 3}


def layer_outputs(model: nn.Module, image: ArrayLike, names: Collection[str]) -> FeatureMaps:
    """Return the outputs of the modules called `names`, blocks and flat layers too: float32 (C, H, W) or (n,).

    They stand in the order in which they run; arguments and errors as for `feature_maps`.
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
    """Put a model into evaluation mode, and afterwards each of its modules back into the mode it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread: for a single small image, starting more takes longer than the computation."""
    threads_before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads_before)


def as_image_batch(model: nn.Module, image: ArrayLike) -> Tensor:
    """Turn an image (C, H, W) into a batch (1, C, H, W) of the model's dtype on its device.

    Raises ValueError when `image` is not three-dimensional.
    """
    tensor = torch.as_tensor(np.asarray(image))
    if tensor.ndim != 3:
        raise ValueError(f"The image has shape {tuple(tensor.shape)}: it must be channels × height × width.")
    weight = next(model.parameters(), torch.zeros(1))
    return tensor.to(device=weight.device, dtype=weight.dtype)[None]

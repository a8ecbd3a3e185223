"""A network's answers: logits for many images, and their loss and accuracy. Evaluation mode, no gradients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.datasets import Dataset, Split, channel_statistics
from cnn_core.training.config import TrainConfig
from cnn_core.training.objective import Objective

EVALUATION_BATCH = 256
"""Images a batch in evaluation: enough to keep a GPU busy, few enough for its memory."""
CPU_BATCH = 64
"""Images a batch on a CPU: their feature maps fit its cache, which is up to a third faster on CIFAR-10 than 256."""
IMAGENET_STATISTICS = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]], np.float32) * 255
"""Mean and deviation of ImageNet's channels, with which torchvision's pretrained networks were trained."""


def to_tensor(array: NDArray[Any]) -> Tensor:
    """Return the array as a tensor that shares its memory; a read-only one is copied, as no tensor is read-only.

    (`torch.from_numpy` would share it, and warn.)
    """
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def make_normaliser(
    data: Dataset, device: torch.device, config: TrainConfig | None = None
) -> Callable[[Tensor], Tensor]:
    """Return a function uint8 (N, C, H, W) → float32 that gives each channel of the train split mean 0 and deviation 1.

    With the `config` of the run, images are resized as it says, and for pretrained networks normalised with ImageNet's
    statistics, which gives grey images three channels.
    """
    stats = IMAGENET_STATISTICS if config and config.pretrained else channel_statistics(data)
    mean, deviation = (torch.from_numpy(stat).to(device).view(1, -1, 1, 1) for stat in stats)
    side = config.resize if config else 0
    return lambda images: torch.sub(_resize_images(images.to(device), side), mean).div_(deviation)


def _resize_images(images: Tensor, side: int) -> Tensor:
    """Resize images (N, C, H, W) to (N, C, side, side), bilinear; 0 leaves them as they are."""
    return F.interpolate(images.float(), (side, side), mode="bilinear", antialias=True) if side else images


def logit_batches(
    model: nn.Module, images: Tensor, normalise: Callable[[Tensor], Tensor], batch_size: int = EVALUATION_BATCH
) -> Iterator[Tensor]:
    """Yield the model's logits (n, classes), batch by batch, in evaluation mode; its mode is restored afterwards."""
    on_cpu = _model_device(model).type == "cpu"
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for batch in torch.split(images, batch_size):
                ready = normalise(batch)
                # A CPU convolves a fifth to a half faster when the channels of a pixel lie side by side.
                yield model(ready.contiguous(memory_format=torch.channels_last) if on_cpu else ready)
    finally:
        model.train(was_training)


def predict_logits(
    model: nn.Module, images: NDArray[np.uint8], data: Dataset, config: TrainConfig | None = None
) -> NDArray[np.float32]:
    """Compute logits (N, classes) for uint8 images (N, C, H, W), prepared as in training on `data` with `config`."""
    device = _model_device(model)
    size = CPU_BATCH if device.type == "cpu" else EVALUATION_BATCH
    batches = logit_batches(model, to_tensor(images), make_normaliser(data, device, config), size)
    return torch.cat([batch.cpu() for batch in batches]).numpy()


@dataclass(frozen=True)
class SplitMetrics:
    """Mean loss and accuracy over a split, and its confusion matrix (K, K), rows true."""

    loss: float
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]


def measure_split(
    model: nn.Module,
    split: Split,
    normalise: Callable[[Tensor], Tensor],
    should_stop: Callable[[], bool],
    objective: Objective = F.cross_entropy,
) -> SplitMetrics | None:
    """Measure loss, accuracy and confusion over `split`; None when `should_stop` returned True between two batches."""
    device = _model_device(model)
    answers: list[Tensor] = []
    for logits in logit_batches(model, to_tensor(split.images).to(device), normalise):
        if should_stop():
            return None
        answers.append(logits.float())  # evaluated together: a GPU would stop and wait at every batch
    logits, labels = torch.cat(answers), to_tensor(split.labels).to(device)
    classes = logits.shape[1]
    counts = torch.bincount(labels * classes + logits.argmax(1), minlength=classes**2).view(classes, classes).tolist()
    right = sum(row[number] for number, row in enumerate(counts))
    return SplitMetrics(objective(logits, labels).item(), right / len(labels), tuple(map(tuple, counts)))


def _model_device(model: nn.Module) -> torch.device:
    return next((p.device for p in model.parameters()), torch.device("cpu"))

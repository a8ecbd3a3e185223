"""What a network answers: logits for many images, and their loss and accuracy. Evaluation mode, no gradients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.datasets import Dataset, Split, normalisation
from cnn_core.training.objective import Objective

EVALUATION_BATCH = 256


def normaliser(data: Dataset, device: torch.device) -> Callable[[Tensor], Tensor]:
    """A function uint8 (N, C, H, W) → float32, each channel with the train split's mean 0 and deviation 1."""
    mean, deviation = (torch.from_numpy(stat).to(device).view(1, -1, 1, 1) for stat in normalisation(data))
    return lambda images: (images.to(device, torch.float32) - mean) / deviation


def logit_batches(
    model: nn.Module, images: Tensor, normalise: Callable[[Tensor], Tensor], batch_size: int = EVALUATION_BATCH
) -> Iterator[Tensor]:
    """The model's logits (n, classes), batch by batch, in evaluation mode; its mode is put back afterwards."""
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for batch in torch.split(images, batch_size):
                yield model(normalise(batch))
    finally:
        model.train(was_training)


def predict_logits(model: nn.Module, images: NDArray[np.uint8], data: Dataset) -> NDArray[np.float32]:
    """Logits (N, classes) for uint8 images (N, C, H, W), normalised as in training on `data`."""
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    batches = logit_batches(model, torch.from_numpy(images), normaliser(data, device))
    return torch.cat([batch.cpu() for batch in batches]).numpy()


@dataclass(frozen=True)
class Measured:
    """Mean loss and accuracy over a split, and how often which class was taken for which: rows true, (K, K)."""

    loss: float
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]


def measure(
    model: nn.Module,
    split: Split,
    normalise: Callable[[Tensor], Tensor],
    should_stop: Callable[[], bool],
    objective: Objective = F.cross_entropy,
) -> Measured | None:
    """The mean `objective` and the answers over `split`; None when `should_stop` said so between two batches."""
    labels = torch.from_numpy(split.labels)
    loss, seen, counts = 0.0, 0, torch.zeros((), dtype=torch.int64)
    for logits in logit_batches(model, torch.from_numpy(split.images), normalise):
        if should_stop():
            return None
        wanted = labels[seen : seen + len(logits)].to(logits.device)
        loss += objective(logits.float(), wanted).item() * len(logits)
        classes = logits.shape[1]
        counted = torch.bincount(wanted * classes + logits.argmax(1), minlength=classes**2).view(classes, classes)
        counts = counts.to(counted.device) + counted
        seen += len(logits)
    confusion = tuple(tuple(int(n) for n in row) for row in counts.tolist())
    return Measured(loss / seen, float(counts.diagonal().sum()) / seen, confusion)

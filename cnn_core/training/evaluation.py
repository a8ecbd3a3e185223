"""What a network answers: logits for many images, and their loss and accuracy. Evaluation mode, no gradients."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.datasets import Dataset, Split, normalisation

EVALUATION_BATCH = 256


def pick_device(name: str) -> torch.device:
    """The device called "cpu", "cuda" or "auto" (the GPU when there is one).

    Raises ValueError for "cuda" on a machine without a GPU that torch can use.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda': torch finds no GPU here; choose 'auto' or 'cpu'.")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


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


def measure(
    model: nn.Module, split: Split, normalise: Callable[[Tensor], Tensor], should_stop: Callable[[], bool]
) -> tuple[float, float] | None:
    """Mean cross-entropy and accuracy over `split`; None when `should_stop` said so between two batches."""
    labels = torch.from_numpy(split.labels)
    loss, correct, seen = 0.0, 0, 0
    for logits in logit_batches(model, torch.from_numpy(split.images), normalise):
        if should_stop():
            return None
        wanted = labels[seen : seen + len(logits)].to(logits.device)
        loss += F.cross_entropy(logits, wanted, reduction="sum").item()
        correct += int((logits.argmax(1) == wanted).sum())
        seen += len(logits)
    return loss / seen, correct / seen

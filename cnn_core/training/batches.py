"""The training images in batches: shuffled, on the device, and augmented where the settings say so."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cnn_core.datasets import Split
from cnn_core.training.config import TrainConfig
from cnn_core.training.inference import to_tensor
from cnn_core.training.random_streams import derive_seed


class Batches:
    """The train split on its device as uint8, so that a batch is one look-up: no file, no process, no decoding."""

    def __init__(self, split: Split, config: TrainConfig, device: torch.device) -> None:
        self.images = to_tensor(split.images).to(device)
        self.labels = to_tensor(split.labels).to(device)
        self.config, self.device = config, device
        self.classes = int(split.labels.max()) + 1

    @property
    def steps_per_epoch(self) -> int:
        """The number of steps in an epoch."""
        return len(batch_sizes(len(self.labels), self.config.batch_size))

    def first_indices(self, count: int) -> Tensor:
        """Return the indices (count,) of the first images of the first epoch, on the CPU."""
        return self._epoch_order(1)[:count]

    def epoch_batches(self, epoch: int) -> tuple[Tensor, ...]:
        """Return the indices of the images of each batch, on the device. One copy: a GPU waits for every copy."""
        order = self._epoch_order(epoch).to(self.device)
        return torch.split(order, batch_sizes(len(order), self.config.batch_size))

    def gather_batch(self, indices: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return images (n, C, H, W), 0 … 255, labels (n,), and targets: the labels, or (n, K) for mixed images.

        `step`, from 1, selects the random stream of the augmentations. The label of two mixed images is that of the
        larger share.
        """
        images, labels = self.images.index_select(0, indices), self.labels.index_select(0, indices)
        return self._augment_batch(images, labels, step) if self.config.augmentation else (images, labels, labels)

    def _epoch_order(self, epoch: int) -> Tensor:
        return shuffled_order(len(self.labels), seed=self.config.seed, epoch=epoch)

    def _augment_batch(self, images: Tensor, labels: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
        from cnn_core.training.augmentation import apply_mixup, augment_images

        names = self.config.augmentation
        generator = torch.Generator().manual_seed(derive_seed(self.config.seed, "augment", step))
        images = augment_images(images.float(), [name for name in names if name != "mixup"], generator)
        if "mixup" not in names:
            return images, labels, labels
        images, targets = apply_mixup(images, F.one_hot(labels, self.classes).float(), generator)
        return images, targets.argmax(1), targets


def balanced_subset(split: Split, count: int) -> Split:
    """Return `count` images of `split`, as many of each class as there are, in their old order; all of them for 0."""
    if not 0 < count < len(split):
        return split
    class_ranks = np.zeros(len(split), dtype=np.int64)  # how many earlier images have the same class
    for label in np.unique(split.labels):
        members = split.labels == label
        class_ranks[members] = np.arange(members.sum())
    chosen = np.sort(np.argsort(class_ranks, kind="stable")[:count])
    return Split(split.images[chosen], split.labels[chosen])


def batch_sizes(count: int, size: int) -> list[int]:
    """Return how many of `count` images each batch of an epoch has; a last single image joins the batch before it.

    Batch norm has no variance to divide by in a batch of one image.
    """
    whole, rest = divmod(count, size)
    if rest == 1 and size > 1 and whole:
        return [size] * (whole - 1) + [size + 1]
    return [size] * whole + ([rest] if rest else [])


def shuffled_order(count: int, *, seed: int, epoch: int) -> Tensor:
    """Return the indices 0 … count − 1, int64 (count,), in the random order of this epoch."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(derive_seed(seed, "shuffle", epoch)))

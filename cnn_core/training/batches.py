"""The training images in batches: shuffled, on the device, changed at random where the settings say so."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cnn_core.datasets import Split
from cnn_core.training.config import TrainConfig
from cnn_core.training.random_streams import derive_seed


class Batches:
    """The train split on its device as uint8, so that a batch is one look-up: no file, no worker, no decoding."""

    def __init__(self, split: Split, config: TrainConfig, device: torch.device) -> None:
        self.images = torch.from_numpy(split.images).to(device)
        self.labels = torch.from_numpy(split.labels).to(device)
        self.config, self.device = config, device
        self.classes = int(split.labels.max()) + 1

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch."""
        return len(batch_sizes(len(self.labels), self.config.batch_size))

    def first_indices(self, count: int) -> Tensor:
        """The numbers of the first images that the first epoch sees, on the CPU."""
        return self._epoch_order(1)[:count]

    def epoch_batches(self, epoch: int) -> tuple[Tensor, ...]:
        """The numbers of the images of each batch, on the device: all at once, as a GPU would wait for every copy."""
        order = self._epoch_order(epoch).to(self.device)
        return torch.split(order, batch_sizes(len(order), self.config.batch_size))

    def gather_batch(self, indices: Tensor, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Images (n, C, H, W), 0 … 255, labels (n,), and what is wanted: the labels, or probabilities of mixed images.

        `step` counts from 1; what changes images at random draws from it. Where two images were mixed, the label is
        that of the larger share.
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
        images, wanted = apply_mixup(images, F.one_hot(labels, self.classes).float(), generator)
        return images, wanted.argmax(1), wanted


def balanced_subset(split: Split, count: int) -> Split:
    """The first `count` images of `split`, class by class in turn, in their old order; all of them for 0."""
    if not 0 < count < len(split):
        return split
    class_ranks = np.zeros(len(split), dtype=np.int64)  # the how-manieth of its class each image is
    for label in np.unique(split.labels):
        mine = split.labels == label
        class_ranks[mine] = np.arange(mine.sum())
    chosen = np.sort(np.argsort(class_ranks, kind="stable")[:count])
    return Split(split.images[chosen], split.labels[chosen])


def batch_sizes(count: int, size: int) -> list[int]:
    """How many images each batch of an epoch has; a last one of a single image joins the batch before it."""
    whole, rest = divmod(count, size)
    if rest == 1 and size > 1 and whole:
        return [size] * (whole - 1) + [size + 1]
    return [size] * whole + ([rest] if rest else [])


def shuffled_batches(count: int, size: int, *, seed: int, epoch: int) -> list[Tensor]:
    """The image numbers 0 … count−1 in the random order of this epoch, cut into batches of `size`.

    A last batch of one image joins the batch before it, unless `size` is 1. The same seed and epoch give the same
    batches.
    """
    return list(torch.split(shuffled_order(count, seed=seed, epoch=epoch), batch_sizes(count, size)))


def shuffled_order(count: int, *, seed: int, epoch: int) -> Tensor:
    """The image numbers 0 … count−1 in the random order of this epoch."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(derive_seed(seed, "shuffle", epoch)))

"""Augmentations: training images changed at random in ways that do not change their class.

Images are tensors (N, C, H, W), uint8 or float, on the scale 0 … 255, on any device. Every draw comes from the given
generator, so the same seed gives the same pictures; pixels that move in from outside are black. torchvision's
transforms have all of these, but draw once a batch or loop over images, and use the global generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # torch takes seconds to import, and the screen needs only the names below
    import torch
    from torch import Tensor

LABELS = {
    "crop": "Random crop",
    "flip": "Mirror",
    "rotate": "Rotate",
    "colour": "Colour",
    "cutout": "Cutout",
    "mixup": "Mixup",
}
DESCRIPTIONS = {
    "crop": "shifted by up to an eighth of the side in every direction",
    "flip": "half of the images are mirrored, left to right",
    "rotate": "turned by up to 15° to either side",
    "colour": "brightness and contrast each changed by up to 30 %",
    "cutout": "a black square covers a quarter of the side, somewhere",
    "mixup": "two images blended, and their labels in the same shares",
}
NAMES = tuple(LABELS)
"""Every augmentation, in the order in which they are applied. Mixup needs a batch and its labels: `apply_mixup`."""
MAX_DEGREES = 15.0
"""Largest rotation to either side: a 6 does not yet become a 9."""
MAX_COLOUR_CHANGE = 0.3
"""Largest change of brightness and of contrast, as a share: colours stay recognisable."""
MIXUP_ALPHA = 0.2
"""Parameter of the Beta distribution of mixup: the value of Zhang et al. 2018 for ImageNet, arXiv 1710.09412."""


def flip_images(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each image left to right with probability ½; the dtype stays."""
    import torch

    count, channels, height, width = images.shape
    columns = torch.arange(width)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    chosen = torch.where(mirrored, width - 1 - columns, columns).to(images.device)
    return images.gather(3, chosen[:, None, None].expand(count, channels, height, width))


def crop_images(images: Tensor, generator: torch.Generator) -> Tensor:
    """Add a black border of an eighth of the side (4 pixels at 32), then cut out a random window of the old size."""
    import torch

    count, channels, height, width = images.shape
    high, wide = crop_border(height), crop_border(width)
    padded = torch.nn.functional.pad(images, (wide, wide, high, high))
    across = width + 2 * wide
    tops = torch.randint(2 * high + 1, (count, 1), generator=generator)
    lefts = torch.randint(2 * wide + 1, (count, 1), generator=generator)
    window = torch.arange(height)[:, None] * across + torch.arange(width)
    places = (tops * across + lefts + window.ravel()).to(images.device)
    # one gather over flattened pixels: far faster than indexing rows and columns
    taken = padded.flatten(2).gather(2, places[:, None].expand(count, channels, height * width))
    return taken.view(count, channels, height, width)


def crop_border(side: int) -> int:
    """Return by how many pixels `crop_images` may shift an image `side` pixels wide: an eighth, at least 1."""
    return max(1, round(side / 8))


def rotate_images(images: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate each image about its centre by up to 15° to either side, bilinear; the result is float32."""
    import torch

    count, _, height, width = images.shape
    angles = (torch.rand(count, generator=generator) * 2 - 1) * math.radians(MAX_DEGREES)
    cosine, sine, zero = angles.cos(), angles.sin(), torch.zeros(count)
    # the grid runs from −1 to 1 on both axes: turning an oblong needs the ratio of its sides
    rows = [cosine, -sine * height / width, zero, sine * width / height, cosine, zero]
    turned = torch.stack(rows, dim=1).view(count, 2, 3).to(images.device)
    grid = torch.nn.functional.affine_grid(turned, list(images.shape), align_corners=False)
    return torch.nn.functional.grid_sample(images.float(), grid, padding_mode="zeros", align_corners=False)


def jitter_colours(images: Tensor, generator: torch.Generator) -> Tensor:
    """Multiply brightness by 0.7 … 1.3, then contrast about the image's mean by 0.7 … 1.3; float32, cut to 0 … 255."""
    import torch

    draws = 1 + (torch.rand(2, len(images), 1, 1, 1, generator=generator) * 2 - 1) * MAX_COLOUR_CHANGE
    brightness, contrast = draws.to(images.device)
    bright = images.float() * brightness
    mean = bright.mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(mean, bright, contrast).clamp_(0, 255)


def apply_cutout(images: Tensor, generator: torch.Generator) -> Tensor:
    """Paint a black square, its side a quarter of the shorter one, somewhere inside each image.

    DeVries & Taylor 2017, arXiv 1708.04552, whose squares may also overlap the edge.
    """
    import torch

    count, _, height, width = images.shape
    side = max(1, round(min(height, width) / 4))
    tops = torch.randint(height - side + 1, (count, 1), generator=generator)
    lefts = torch.randint(width - side + 1, (count, 1), generator=generator)
    rows, columns = torch.arange(height) - tops, torch.arange(width) - lefts
    covered = ((rows >= 0) & (rows < side))[:, None, :, None] & ((columns >= 0) & (columns < side))[:, None, None]
    return images.masked_fill(covered.to(images.device), 0)


AUGMENTATIONS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "crop": crop_images,
    "flip": flip_images,
    "rotate": rotate_images,
    "colour": jitter_colours,
    "cutout": apply_cutout,
}
"""The augmentations of single images, in the order in which `augment_images` applies them."""


def augment_images(images: Tensor, names: Collection[str], generator: torch.Generator) -> Tensor:
    """Apply every augmentation in `names`, always in the order of AUGMENTATIONS, and return float32 images.

    "mixup" is left to `apply_mixup`, which needs the labels. Raises ValueError for a name that is not in NAMES.
    """
    check_augmentations(names)
    for name, change in AUGMENTATIONS.items():
        if name in names:
            images = change(images, generator)
    return images.float()


def check_augmentations(names: Collection[str]) -> None:
    """Raise ValueError with a sentence unless every name is in NAMES."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise ValueError(f"Augmentation is {unknown[0]!r:.60}: choose among {', '.join(NAMES)}.")


def apply_mixup(
    images: Tensor, labels: Tensor, generator: torch.Generator, alpha: float = MIXUP_ALPHA
) -> tuple[Tensor, Tensor]:
    """Blend each image (N, C, H, W) with another of the batch, and their one-hot labels (N, K) in the same shares.

    The shares are drawn for each pair from Beta(alpha, alpha): a small alpha leaves most pairs nearly unmixed
    (Zhang et al. 2018, arXiv 1710.09412). Both results are float32. Raises ValueError unless alpha is above 0.
    """
    import torch

    if not alpha > 0:
        raise ValueError(f"Alpha is {alpha}: it must be above 0, such as {MIXUP_ALPHA}.")
    count = len(images)
    others = torch.randperm(count, generator=generator).to(images.device)
    # torch's own beta distribution takes no generator
    draws = np.random.default_rng(int(torch.randint(2**62, (), generator=generator))).beta(alpha, alpha, count)
    shares = torch.from_numpy(draws).float().to(images.device)
    pictures, targets = images.float(), labels.float()
    mixed = torch.lerp(pictures[others], pictures, shares[:, None, None, None])
    return mixed, torch.lerp(targets[others], targets, shares[:, None])

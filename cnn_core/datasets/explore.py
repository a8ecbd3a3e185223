"""Looking at a data set before anything learns from it: counts, means, a few measures, and maps of its images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.datasets.dataset import Dataset, Indices, Split

MAX_POINTS = 600
MAX_SIDE = 32
"""Larger images are shrunk to this side before components are computed: 224 × 224 × 3 numbers each would take long."""
TSNE_INPUTS = 30
"""Components that t-SNE is given: the rest is mostly noise, and takes time."""


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of N images.

    `scores` (N, count): where each image lies along each component, on the images' scale. `shares` (count,): how much
    of all variance each explains. `directions` (count, C, H, W): each component as a picture, of length 1.
    """

    scores: NDArray[np.float64]
    shares: NDArray[np.float64]
    directions: NDArray[np.float64]


def class_counts(data: Dataset) -> NDArray[np.int64]:
    """Images of each class, (3, classes): train, validation, test."""
    count = len(data.class_names)
    return np.stack([np.bincount(part.labels, minlength=count) for part in (data.train, data.val, data.test)])


def mean_images(split: Split, classes: int) -> NDArray[np.uint8]:
    """The mean of the images of each class, (classes, C, H, W), rounded; black for a class without images."""
    means = np.zeros((classes, *split.images.shape[1:]), dtype=np.uint8)
    for label in range(classes):
        places = np.flatnonzero(split.labels == label)
        if len(places):
            means[label] = np.rint(split.images[places].mean(axis=0))
    return means


def draw_indices(split: Split, label: int, count: int, seed: int) -> Indices:
    """At most `count` places of images of the class, at random, each once."""
    places = np.flatnonzero(split.labels == label)
    return np.random.default_rng((seed, label)).permutation(places)[:count]


def sample_indices(split: Split, seed: int, count: int = MAX_POINTS) -> Indices:
    """At most `count` places at random, each once, in the order of the split."""
    chosen: Indices = np.sort(np.random.default_rng(seed).permutation(len(split))[:count])
    return chosen


def measure_images(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """A few numbers for each image (N, C, H, W), by name, each (N,) and on the scale 0 … 255.

    brightness: mean; contrast: standard deviation; edges: mean step between neighbouring pixels; and of colour images
    warmth: mean of red minus mean of blue.
    """
    values = images.astype(np.float32)
    steps = [np.abs(np.diff(values, axis=axis)).mean(axis=(1, 2, 3)) for axis in (2, 3) if values.shape[axis] > 1]
    found = {
        "brightness": values.mean(axis=(1, 2, 3)),
        "contrast": values.std(axis=(1, 2, 3)),
        "edges": np.mean(steps, axis=0) if steps else np.zeros(len(values)),
    }
    if images.shape[1] == 3:
        found["warmth"] = values[:, 0].mean(axis=(1, 2)) - values[:, 2].mean(axis=(1, 2))
    return {name: part.astype(np.float64) for name, part in found.items()}


def principal_components(images: NDArray[np.uint8], count: int) -> Components:
    """The first `count` components of the images (N, C, H, W), those larger than 32 pixels shrunk to it.

    Each points to where the image farthest from the middle lies. Fewer images or pixels give fewer components.
    Raises ValueError for fewer than two images.
    """
    small = _shrink_images(images)
    found = row_components(_flatten_images(small), count)
    return Components(found.scores, found.shares, found.directions.reshape(-1, *small.shape[1:]))


def row_components(rows: NDArray[Any], count: int) -> Components:
    """The first `count` components of any numbers (N, D), a row an image; `directions` are (count, D).

    Otherwise as `principal_components`.
    """
    if len(rows) < 2:
        raise ValueError(f"There are {len(rows)} images: components need at least two.")
    flat = rows.astype(np.float64)
    left, strengths, directions = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)
    scores = left * strengths
    farthest = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    signs = np.where(farthest < 0, -1.0, 1.0)
    total = float((strengths**2).sum())
    shares = strengths**2 / total if total else np.zeros_like(strengths)
    return Components((scores * signs)[:, :count], shares[:count], (directions * signs[:, None])[:count])


def neighbour_map(images: NDArray[np.uint8], seed: int, perplexity: float) -> NDArray[np.float64]:
    """t-SNE: places (N, 2) at which images that are alike lie near each other; far apart means nothing.

    Raises ValueError unless there are more images than `perplexity`, about how many neighbours each one is given.
    """
    return row_map(_flatten_images(_shrink_images(images)), seed, perplexity)


def row_map(rows: NDArray[Any], seed: int, perplexity: float) -> NDArray[np.float64]:
    """`neighbour_map` of any numbers (N, D), a row an image."""
    from sklearn.manifold import TSNE

    if not 1 <= perplexity < len(rows):
        raise ValueError(f"perplexity is {perplexity:g}: it must be from 1 to fewer than the {len(rows)} images.")
    scores = row_components(rows, TSNE_INPUTS).scores
    made = TSNE(perplexity=perplexity, init="pca" if scores.shape[1] > 1 else "random", random_state=seed)
    places: NDArray[np.float64] = made.fit_transform(scores.astype(np.float32)).astype(np.float64)
    return places


def _flatten_images(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return images.reshape(len(images), images[0].size if len(images) else 0)


def _shrink_images(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images (N, C, H, W) with neither side above 32, each pixel the mean of those it stands for."""
    _, channels, height, width = images.shape
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return images
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    planes = images.reshape(-1, height, width)
    small = [np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX)) for plane in planes]
    return np.stack(small).reshape(len(images), channels, size[1], size[0])

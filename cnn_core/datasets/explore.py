"""Explore a data set: class counts, mean images, simple measures, and maps of its images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.datasets.dataset import Dataset, Indices, Split

MAX_POINTS = 600
"""Images of a map: more points hide each other, and t-SNE takes long."""
MAX_SIDE = 32
"""Larger images are shrunk to this side before components are computed: 224 × 224 × 3 numbers each would take long."""
TSNE_INPUTS = 30
"""Principal components that t-SNE gets: the others are mostly noise, and take time."""


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of N images.

    `scores` (N, count): the coordinate of each image along each component, on the images' scale. `shares` (count,): the
    share of the variance that each explains. `directions` (count, C, H, W): each component as a picture of norm 1.
    """

    scores: NDArray[np.float64]
    shares: NDArray[np.float64]
    directions: NDArray[np.float64]


def class_counts(data: Dataset) -> NDArray[np.int64]:
    """Count the images of each class, (3, classes): train, validation, test."""
    count = len(data.class_names)
    return np.stack([np.bincount(part.labels, minlength=count) for part in (data.train, data.val, data.test)])


def mean_images(split: Split, classes: int) -> NDArray[np.uint8]:
    """Compute the mean image of each class, (classes, C, H, W), rounded; black for a class without images."""
    means = np.zeros((classes, *split.images.shape[1:]), dtype=np.uint8)
    for label in range(classes):
        places = np.flatnonzero(split.labels == label)
        if len(places):
            means[label] = np.rint(split.images[places].mean(axis=0))
    return means


def draw_indices(split: Split, label: int, count: int, seed: int) -> Indices:
    """Draw the indices of at most `count` images of a class at random, each once."""
    places = np.flatnonzero(split.labels == label)
    return np.random.default_rng((seed, label)).permutation(places)[:count]


def sample_indices(split: Split, seed: int, count: int = MAX_POINTS) -> Indices:
    """Draw at most `count` indices of a split at random, each once, and sort them."""
    chosen: Indices = np.sort(np.random.default_rng(seed).permutation(len(split))[:count])
    return chosen


def measure_images(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    """Measure each of the images (N, C, H, W); return name → values (N,) on the scale 0 … 255.

    brightness: mean; contrast: standard deviation; edges: mean absolute difference of neighbouring pixels; and for
    colour images warmth: mean of red minus mean of blue.
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
    """Compute the first `count` principal components of images (N, C, H, W), shrunk to at most MAX_SIDE pixels.

    The sign of each is such that the most extreme image has a positive score. Fewer images or pixels give fewer
    components. Raises ValueError for fewer than two images.
    """
    small = _shrink_images(images)
    components = row_components(_flatten_images(small), count)
    directions = components.directions.reshape(-1, *small.shape[1:])
    return Components(components.scores, components.shares, directions)


def row_components(rows: NDArray[Any], count: int) -> Components:
    """Compute the first `count` principal components of rows (N, D), one for each image, as `principal_components`.

    `directions` are (count, D). Raises ValueError for fewer than two rows.
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
    """Compute a t-SNE map of images: points (N, 2), close together for similar images; large distances mean nothing.

    `perplexity` is about the number of neighbours of each image (van der Maaten and Hinton, 2008). Raises ValueError
    unless there are more images than that.
    """
    return row_map(_flatten_images(_shrink_images(images)), seed, perplexity)


def row_map(rows: NDArray[Any], seed: int, perplexity: float) -> NDArray[np.float64]:
    """Compute the t-SNE map (N, 2) of rows (N, D), one for each image, as `neighbour_map` does."""
    from sklearn.manifold import TSNE

    if not 1 <= perplexity < len(rows):
        raise ValueError(f"Perplexity is {perplexity:g}: it must be from 1 to fewer than the {len(rows)} images.")
    scores = row_components(rows, TSNE_INPUTS).scores
    tsne = TSNE(perplexity=perplexity, init="pca" if scores.shape[1] > 1 else "random", random_state=seed)
    places: NDArray[np.float64] = tsne.fit_transform(scores.astype(np.float32)).astype(np.float64)
    return places


def _flatten_images(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return images.reshape(len(images), images[0].size if len(images) else 0)


def _shrink_images(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink images (N, C, H, W) to sides of at most MAX_SIDE; each pixel is the mean of those it replaces."""
    _, channels, height, width = images.shape
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return images
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    planes = images.reshape(-1, height, width)
    small = [np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX)) for plane in planes]
    return np.stack(small).reshape(len(images), channels, size[1], size[0])

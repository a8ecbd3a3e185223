"""A data set as a value: images and labels, split once into train, validation and test."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

SEED = 0
"""Seed of every split that comes with the library, so that results can be compared."""
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a data set: `images` uint8 (N, C, H, W), 0 … 255, and `labels` int64 (N,), class numbers from 0.

    >>> len(Split(np.zeros((5, 1, 8, 8), dtype=np.uint8), np.arange(5)))
    5
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images split into train (to learn from), val (to choose settings by) and test (to report results).

    >>> part = Split(np.zeros((5, 3, 8, 6), dtype=np.uint8), np.arange(5) % 2)
    >>> Dataset("tiny", ("cat", "dog"), part, part, part).input_shape
    (3, 8, 6)
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    val: Split
    test: Split

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width


_STATISTICS: "WeakKeyDictionary[Dataset, tuple[NDArray[np.float32], NDArray[np.float32]]]" = WeakKeyDictionary()
"""Results of `channel_statistics` while the data set lives: counting 150 million values takes a second."""


def channel_statistics(dataset: Dataset) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Compute mean and standard deviation of each channel of the train split, on the scale 0 … 255.

    Both are float32 of shape (C,). The deviation of a constant channel is 1, so that dividing by it is safe. The sums
    are exact integers from a histogram, so the result does not depend on the order of the images.

    >>> part = Split(np.array([[[[0, 200]]]], dtype=np.uint8), np.array([0]))
    >>> channel_statistics(Dataset("two pixels", ("only",), part, part, part))
    (array([100.], dtype=float32), array([100.], dtype=float32))
    """
    if dataset not in _STATISTICS:
        _STATISTICS[dataset] = _measure_channels(dataset.train.images)
    mean, deviation = _STATISTICS[dataset]
    return mean.copy(), deviation.copy()


def _measure_channels(images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    values = np.arange(256, dtype=np.float64)
    counts = [np.bincount(images[:, channel].ravel(), minlength=256) for channel in range(images.shape[1])]
    mean = np.array([np.average(values, weights=count) for count in counts])
    variance = np.array([np.average((values - m) ** 2, weights=count) for m, count in zip(mean, counts, strict=True)])
    deviation = np.where(variance > 0, np.sqrt(variance), 1.0)
    return mean.astype(np.float32), deviation.astype(np.float32)


def stratified_indices(labels: NDArray[np.int64], held_out: float, seed: int = SEED) -> tuple[Indices, Indices]:
    """Split the indices of `labels` at random into (rest, held-out part), with the same share of every class."""
    from sklearn.model_selection import train_test_split

    rest, held = train_test_split(np.arange(len(labels)), test_size=held_out, stratify=labels, random_state=seed)
    return rest, held


def stratified_split(images: NDArray[np.uint8], labels: NDArray[np.int64], held_out: float) -> tuple[Split, Split]:
    """Split images at random into (rest, held-out part), with the same share of every class in both.

    The split is always the same for the same labels.

    >>> rest, held_out = stratified_split(np.zeros((8, 1, 2, 2), dtype=np.uint8), np.arange(8) % 2, 0.5)
    >>> sorted(rest.labels.tolist()), sorted(held_out.labels.tolist())
    ([0, 0, 1, 1], [0, 0, 1, 1])
    """
    rest, held = stratified_indices(labels, held_out)
    return Split(images[rest], labels[rest]), Split(images[held], labels[held])

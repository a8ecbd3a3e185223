"""Whether a network that says 80 % is right 80 times of 100: bins of confidence, and the gap between the two."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.evaluation.metrics import accuracy_interval


@dataclass(frozen=True)
class Bin:
    """The `images` whose confidence lies in (low, high]: how many of them are right, and their mean confidence.

    The first bin holds 0 too. Of an empty bin `confidence` is its middle.
    """

    low: float
    high: float
    images: int
    right: int
    confidence: float

    @property
    def accuracy(self) -> float:
        """Share that is right; 0 for an empty bin."""
        return self.right / self.images if self.images else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy; 0 … 1 for an empty bin."""
        return accuracy_interval(self.right, self.images) if self.images else (0.0, 1.0)


@dataclass(frozen=True)
class Calibration:
    """Bins of equal width from 0 to 1; mean confidence and accuracy of all images; and how far apart they are.

    `expected_error` is the expected calibration error, Σ (images of the bin / all images) · |accuracy − confidence|
    (Naeini et al. 2015; Guo et al. 2017), `largest_error` the largest gap of a bin that holds images.
    """

    bins: tuple[Bin, ...]
    confidence: float
    accuracy: float
    expected_error: float
    largest_error: float


def calibration(probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = 10) -> Calibration:
    """How confidence, the largest of an image's probabilities (N, K), and being right, by `labels` (N,), agree.

    Raises ValueError when there is no image, not one row for each label, or less than one bin.
    """
    if not len(labels) or probabilities.ndim != 2 or len(probabilities) != len(labels):
        raise ValueError(f"probabilities has shape {probabilities.shape} for {len(labels)} labels: one row an image.")
    if bins < 1:
        raise ValueError(f"bins is {bins}: it must be at least 1.")
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence)
    images = np.bincount(place, minlength=bins)
    hits = np.bincount(place, weights=right, minlength=bins).astype(int)
    sums = np.bincount(place, weights=confidence, minlength=bins)
    middles = (edges[:-1] + edges[1:]) / 2
    means = np.where(images > 0, sums / np.maximum(images, 1), middles)
    gaps = np.where(images > 0, np.abs(hits - sums) / np.maximum(images, 1), 0.0)
    return Calibration(
        bins=tuple(
            Bin(float(low), float(high), int(n), int(h), float(mean))
            for low, high, n, h, mean in zip(edges[:-1], edges[1:], images, hits, means, strict=True)
        ),
        confidence=float(confidence.mean()),
        accuracy=float(right.mean()),
        expected_error=float((gaps * images).sum() / len(labels)),
        largest_error=float(gaps.max()),
    )


def calibration_sentence(found: Calibration) -> str:
    """In words, in Markdown: how sure the network is on average, how often it is right, and what that makes it."""
    gap = found.confidence - found.accuracy
    verdict = "about as sure as it should be"
    if abs(gap) >= 0.01:
        verdict = f"{'too sure' if gap > 0 else 'not sure enough'}, by {abs(gap) * 100:.1f} points"
    return (
        f"On average the network is **{found.confidence:.1%}** sure and **{found.accuracy:.1%}** right: {verdict}. "
        f"Bin by bin the two differ by {found.expected_error * 100:.1f} points "
        f"(ECE = {found.expected_error:.3f}, {len(found.bins)} bins of equal width)."
    )

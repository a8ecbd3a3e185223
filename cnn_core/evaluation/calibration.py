"""Whether a network that is 80 % sure is right 80 times in 100: bins of confidence, and the gap between the two."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.checks import whole
from cnn_core.evaluation.metrics import accuracy_interval


@dataclass(frozen=True)
class ConfidenceBin:
    """The `images` whose confidence lies in (low, high]: how many of them are right, and their mean confidence.

    The first bin includes 0. The `confidence` of an empty bin is its middle.
    """

    low: float
    high: float
    images: int
    correct: int
    confidence: float

    @property
    def accuracy(self) -> float:
        """The share of its images that is right; 0 for an empty bin."""
        return self.correct / self.images if self.images else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy; 0 … 1 for an empty bin."""
        return accuracy_interval(self.correct, self.images) if self.images else (0.0, 1.0)


@dataclass(frozen=True)
class Calibration:
    """Bins of equal width from 0 to 1; mean confidence and accuracy of all images; and how far apart they are.

    `expected_error` is the expected calibration error, Σ (images of the bin / all images) · |accuracy − confidence|
    (Naeini et al. 2015; Guo et al. 2017), `largest_error` the largest gap of a bin that holds images.
    """

    bins: tuple[ConfidenceBin, ...]
    confidence: float
    accuracy: float
    expected_error: float
    largest_error: float


def measure_calibration(
    probabilities: NDArray[np.floating], labels: NDArray[np.integer], bins: int = 10
) -> Calibration:
    """Compare the confidence of answers with how often they are right.

    The confidence is the largest of an image's `probabilities` (N, K); `labels` (N,) are the true classes.
    scikit-learn's `calibration_curve` bins the same way, but returns neither empty bins nor the counts that intervals
    and the expected error need.
    Raises ValueError when there is no image, not one row for each label, or less than one bin.

    >>> import numpy as np
    >>> result = measure_calibration(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1]))
    >>> print(f"{result.confidence:.0%} sure, {result.accuracy:.0%} right: error {result.expected_error:.2f}")
    90% sure, 50% right: error 0.40
    """
    if not len(labels) or probabilities.ndim != 2 or len(probabilities) != len(labels):
        raise ValueError(
            f"The probabilities have shape {probabilities.shape} for {len(labels)} labels: one row an image."
        )
    whole("bins", bins, 1)
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence)
    images = np.bincount(place, minlength=bins)
    hits = np.bincount(place, weights=correct, minlength=bins).astype(int)
    sums = np.bincount(place, weights=confidence, minlength=bins)
    middles = (edges[:-1] + edges[1:]) / 2
    means = np.where(images > 0, sums / np.maximum(images, 1), middles)
    gaps = np.where(images > 0, np.abs(hits - sums) / np.maximum(images, 1), 0.0)
    return Calibration(
        bins=tuple(
            ConfidenceBin(float(low), float(high), int(n), int(h), float(mean))
            for low, high, n, h, mean in zip(edges[:-1], edges[1:], images, hits, means, strict=True)
        ),
        confidence=float(confidence.mean()),
        accuracy=float(correct.mean()),
        expected_error=float((gaps * images).sum() / len(labels)),
        largest_error=float(gaps.max()),
    )

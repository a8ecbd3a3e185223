"""Two networks that answered the same images: which of them is better, and whether that may be chance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.evaluation.metrics import Z_95


@dataclass(frozen=True)
class PairedComparison:
    """How many images both networks classify rightly, only the first, only the second, and neither.

    `p_value` is McNemar's exact two-sided p-value: how probable a split at least as uneven as `only_first` to
    `only_second` is, if each of these images is equally likely to fall on either side.
    """

    both_right: int
    only_first: int
    only_second: int
    neither_right: int
    p_value: float

    @property
    def image_count(self) -> int:
        """The number of images compared."""
        return self.both_right + self.only_first + self.only_second + self.neither_right

    @property
    def accuracy_gain(self) -> float:
        """The accuracy of the second network minus that of the first."""
        return (self.only_second - self.only_first) / self.image_count

    @property
    def gain_interval(self) -> tuple[float, float]:
        """The 95 % interval of the gain: gain ± 1.96·√(b + c − (b − c)²/n)/n for paired shares (Agresti 2013, 11.1)."""
        b, c, n = self.only_first, self.only_second, self.image_count
        half = Z_95 * math.sqrt(b + c - (b - c) ** 2 / n) / n
        return max(-1.0, self.accuracy_gain - half), min(1.0, self.accuracy_gain + half)


def compare_answers(
    labels: NDArray[np.integer], first: NDArray[np.integer], second: NDArray[np.integer]
) -> PairedComparison:
    """Compare the predicted classes (N,) of two networks on the same images, whose true classes are `labels` (N,).

    McNemar (1947), the exact form: a binomial test with ½ on the images that only one of them classifies rightly.
    Raises ValueError when there is no image or the three differ in length.

    >>> import numpy as np
    >>> compare_answers(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 1]), np.array([0, 1, 1, 1]))
    PairedComparison(both_right=2, only_first=0, only_second=1, neither_right=1, p_value=1.0)
    """
    from scipy.stats import binomtest

    if not len(labels) or not len(labels) == len(first) == len(second):
        sizes = f"{len(labels)}, {len(first)} and {len(second)}"
        raise ValueError(f"Labels, first and second hold {sizes} values: all three need one for each image.")
    a, b = first == labels, second == labels
    only_first, only_second = int((a & ~b).sum()), int((b & ~a).sum())
    differing = only_first + only_second
    p = float(binomtest(only_first, differing, 0.5).pvalue) if differing else 1.0
    return PairedComparison(int((a & b).sum()), only_first, only_second, int((~a & ~b).sum()), p)

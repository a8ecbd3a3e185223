"""Two networks that answered the same images: which of them is better, and whether that can be chance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.evaluation.metrics import Z_95

SIGNIFICANCE_LEVEL = 0.05


@dataclass(frozen=True)
class PairedComparison:
    """How many images both networks took rightly, only the first, only the second, and neither.

    `p` is McNemar's exact two-sided p-value: how probable a split of `only_first` and `only_second` at least as uneven
    is where each of these images falls to either side alike.
    """

    both_right: int
    only_first: int
    only_second: int
    neither_right: int
    p_value: float

    @property
    def image_count(self) -> int:
        """All of them."""
        return self.both_right + self.only_first + self.only_second + self.neither_right

    @property
    def accuracy_gain(self) -> float:
        """Accuracy of the second minus that of the first."""
        return (self.only_second - self.only_first) / self.image_count

    @property
    def gain_interval(self) -> tuple[float, float]:
        """95 % interval of the gain: gain ± 1.96·√(b + c − (b − c)²/n)/n for paired shares (Agresti 2013, 11.1)."""
        b, c, n = self.only_first, self.only_second, self.image_count
        half = Z_95 * math.sqrt(b + c - (b - c) ** 2 / n) / n
        return max(-1.0, self.accuracy_gain - half), min(1.0, self.accuracy_gain + half)


def compare_answers(
    labels: NDArray[np.integer], first: NDArray[np.integer], second: NDArray[np.integer]
) -> PairedComparison:
    """Compare the predicted classes (N,) of two networks on the same images, whose true classes are `labels` (N,).

    McNemar (1947), the exact form: a binomial test with ½ on the images that only one of them took rightly.
    Raises ValueError when there is no image or the three differ in length.
    """
    from scipy.stats import binomtest

    if not len(labels) or not len(labels) == len(first) == len(second):
        sizes = f"{len(labels)}, {len(first)} and {len(second)}"
        raise ValueError(f"labels, first and second hold {sizes} values: all three need one for each image.")
    a, b = first == labels, second == labels
    only_first, only_second = int((a & ~b).sum()), int((b & ~a).sum())
    differing = only_first + only_second
    p = float(binomtest(only_first, differing, 0.5).pvalue) if differing else 1.0
    return PairedComparison(int((a & b).sum()), only_first, only_second, int((~a & ~b).sum()), p)


def comparison_verdict(comparison: PairedComparison, first: str, second: str) -> str:
    """What the comparison says, in plain words and Markdown; `first` and `second` are what the networks are called."""
    differing = comparison.only_first + comparison.only_second
    if not differing:
        return (
            f"Both are right on the same {comparison.both_right:,} of {comparison.image_count:,} images: "
            "no difference at all."
        )
    better, worse = (second, first) if comparison.accuracy_gain > 0 else (first, second)
    wins = max(comparison.only_first, comparison.only_second)
    counts_sentence = (
        f"Of {comparison.image_count:,} images, {comparison.both_right:,} are taken rightly by both and "
        f"{comparison.neither_right:,} by neither. The other {differing:,} decide: {comparison.only_first:,} are "
        f"right only with {first}, {comparison.only_second:,} only with {second}. "
    )
    if comparison.accuracy_gain == 0:
        return counts_sentence + "As many on either side: these images do not tell the two apart."
    chance = "less than 0.1 %" if comparison.p_value < 0.001 else f"{comparison.p_value:.1%}"
    p = "< 0.001" if comparison.p_value < 0.001 else f"= {comparison.p_value:.3f}"
    odds = (
        f"Were both equally good, a split at least as uneven as {wins:,} to {differing - wins:,} would come by chance "
        f"in {chance} of such test sets (McNemar's exact test, p {p}). "
    )
    if comparison.p_value < SIGNIFICANCE_LEVEL:
        return (
            counts_sentence + odds + f"So **{better} is better** than {worse} on images like these, and hardly by luck."
        )
    return (
        counts_sentence + odds + f"So this is **no proof** that {better} is better than {worse}: it may well be luck."
    )

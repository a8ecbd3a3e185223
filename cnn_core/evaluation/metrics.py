"""How good predictions are, counted: confusion matrix, scores of each class, intervals, confused pairs.

scikit-learn and SciPy have most of this, and the tests compare with them. Here it is written out because a screen that
shows an accuracy must not import scikit-learn (half a second) or scipy.stats (as long), and because scikit-learn counts
answers, seventy times more slowly, where a stored run has its matrix only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.checks import whole
from cnn_core.words import capitalize_first

Z_95 = NormalDist().inv_cdf(0.975)
"""The normal quantile of a two-sided 95 % interval: 1.96."""


@dataclass(frozen=True)
class Scores:
    """Precision, recall and F1 of one class or an average of classes; `support` counts its true images.

    A score whose denominator is 0 is given as 0, as scikit-learn does, and named in `undefined`.
    """

    precision: float
    recall: float
    f1: float
    support: int
    undefined: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClassReport:
    """Scores of every class, their plain mean (`macro`) and their mean weighted by support (`weighted`)."""

    classes: tuple[Scores, ...]
    macro: Scores
    weighted: Scores
    accuracy: float


@dataclass(frozen=True)
class ConfusedPair:
    """`count` images of class `true` were taken for `predicted`: the part `share` of all images of that class."""

    true: int
    predicted: int
    count: int
    share: float


def confusion_matrix(labels: ArrayLike, predictions: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Count each pair of true and predicted class: int64 (classes, classes), rows true, columns predicted.

    `labels` and `predictions` hold N class numbers each, 0 … classes − 1. Raises ValueError when they do not.

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2).tolist()
    [[1, 1], [0, 1]]
    """
    classes = whole("classes", classes, 1)
    true, predicted = _class_numbers("labels", labels, classes), _class_numbers("predictions", predictions, classes)
    if len(true) != len(predicted):
        raise ValueError(f"The predictions hold {len(predicted)} values and labels {len(true)}: they must match.")
    counts = np.bincount(true * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def _class_numbers(name: str, values: ArrayLike, classes: int) -> NDArray[np.int64]:
    numbers = np.asarray(values)
    if numbers.size == 0:
        return np.zeros(0, dtype=np.int64)
    if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(
            f"{capitalize_first(name)} have shape {numbers.shape} of {numbers.dtype}: "
            "they must be a list of whole numbers."
        )
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f"{capitalize_first(name)} go from {low} to {high}: class numbers must lie in 0 … {classes - 1}."
        )
    return numbers.astype(np.int64)


def per_class_report(matrix: NDArray[np.integer]) -> ClassReport:
    """Compute precision TP/(TP+FP), recall TP/(TP+FN) and F1 2TP/(2TP+FP+FN) of every class of a confusion matrix.

    `matrix` is (K, K), rows true, columns predicted. Averages and 0/0 are those of scikit-learn's
    `classification_report` with all K classes as labels.
    Raises ValueError when the matrix is not square or has negative counts.

    >>> import numpy as np
    >>> report = per_class_report(np.array([[3, 1], [0, 4]]))
    >>> report.classes[0]
    Scores(precision=1.0, recall=0.75, f1=0.8571428571428571, support=4, undefined=())
    >>> report.accuracy
    0.875
    """
    counts = _checked_matrix(matrix)
    hits, support, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    rows = tuple(_class_scores(int(h), int(s), int(p)) for h, s, p in zip(hits, support, predicted, strict=True))
    total = int(support.sum())
    return ClassReport(
        rows,
        macro=_average_scores(rows, np.ones(len(rows)), total),
        weighted=_average_scores(rows, support.astype(np.float64), total),
        accuracy=_safe_ratio(int(hits.sum()), total),
    )


def _checked_matrix(matrix: NDArray[np.integer]) -> NDArray[np.int64]:
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ValueError(
            f"The matrix has shape {counts.shape}: a confusion matrix is square, one row and column a class."
        )
    if not np.issubdtype(counts.dtype, np.integer) or counts.min() < 0:
        raise ValueError("The matrix holds values that are not counts: it must hold whole numbers of at least 0.")
    return counts.astype(np.int64)


def _safe_ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _class_scores(hits: int, support: int, predicted: int) -> Scores:
    denominators = {"precision": predicted, "recall": support, "F1": support + predicted}
    return Scores(
        precision=_safe_ratio(hits, predicted),
        recall=_safe_ratio(hits, support),
        f1=_safe_ratio(2 * hits, support + predicted),
        support=support,
        undefined=tuple(name for name, denominator in denominators.items() if not denominator),
    )


def _average_scores(rows: Sequence[Scores], weights: NDArray[np.float64], support: int) -> Scores:
    if not weights.any():
        return Scores(0.0, 0.0, 0.0, support, ("precision", "recall", "F1"))
    table = np.array([[row.precision, row.recall, row.f1] for row in rows])
    precision, recall, f1 = (float(mean) for mean in np.average(table, axis=0, weights=weights))
    return Scores(precision, recall, f1, support)


def accuracy_interval(correct: int, total: int, *, z: float = Z_95) -> tuple[float, float]:
    """Compute Wilson's score interval for a share of `correct` out of `total`: what the accuracy on more images may be.

    Wilson (1927): (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Unlike p ± z·√(p(1−p)/n) it stays inside 0 … 1
    and has a width even when every image was right. SciPy's
    `binomtest(correct, total).proportion_ci(method="wilson")` gives the same for z = Z_95 but computes a p-value first,
    and scipy.stats takes half a second to import.
    Raises ValueError unless 0 ≤ correct ≤ total and total > 0.

    >>> low, high = accuracy_interval(90, 100)
    >>> print(f"{low:.3f} … {high:.3f}")
    0.826 … 0.945
    """
    if total < 1 or not 0 <= correct <= total:
        raise ValueError(
            f"Correct is {correct} and total {total}: there must be at least one image, and 0 ≤ correct ≤ total."
        )
    share = correct / total
    centre = share + z**2 / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    # Rounding would put the ends of 0 % and 100 % a hair beside them.
    return 0.0 if correct == 0 else (centre - half) / scale, 1.0 if correct == total else (centre + half) / scale


def confused_pairs(matrix: NDArray[np.integer], *, top: int = 5) -> list[ConfusedPair]:
    """Return the `top` most frequent mistakes of a confusion matrix (K, K), most images first, then the larger share.

    Raises ValueError when the matrix is not square or has negative counts.

    >>> import numpy as np
    >>> confused_pairs(np.array([[3, 1], [0, 4]]))
    [ConfusedPair(true=0, predicted=1, count=1, share=0.25)]
    """
    counts = _checked_matrix(matrix)
    support = counts.sum(axis=1)
    pairs = [
        ConfusedPair(
            int(true), int(predicted), int(counts[true, predicted]), float(counts[true, predicted] / support[true])
        )
        for true, predicted in np.argwhere(counts)
        if true != predicted
    ]
    return sorted(pairs, key=lambda pair: (-pair.count, -pair.share, pair.true, pair.predicted))[:top]


def cross_entropy(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Return the mean of `image_losses`.

    Raises ValueError when there is no image, or not one row of logits for each label.

    >>> import numpy as np
    >>> round(cross_entropy(np.zeros((5, 10)), np.arange(5)), 4)  # ln 10: every class is equally probable
    2.3026
    """
    return float(image_losses(logits, labels).mean())


def image_losses(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Compute −ln(softmax probability of the true class) of every image, from logits (N, K) and class numbers (N,).

    The result is float64 (N,). Raises ValueError when there is no image, or not one row of logits for each label.

    >>> import numpy as np
    >>> image_losses(np.array([[0.0, 0.0], [0.0, 9.0]]), np.array([0, 0])).round(4).tolist()
    [0.6931, 9.0001]
    """
    from scipy.special import log_softmax

    _check_logits(logits, labels)
    log_probabilities = log_softmax(logits.astype(np.float64), axis=1)
    losses: NDArray[np.float64] = -log_probabilities[np.arange(len(labels)), labels]
    return losses


def _check_logits(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
    if not len(labels) or logits.ndim != 2 or len(logits) != len(labels):
        raise ValueError(
            f"The logits have shape {logits.shape} for {len(labels)} labels: they must be (images, classes)."
        )


def loss_interval(losses: NDArray[np.floating], *, z: float = Z_95) -> tuple[float, float]:
    """Compute what the mean loss on many more images may be, from the losses of N images: mean ± z·s/√N, never below 0.

    s is the standard deviation with N − 1: the normal approximation, by the central limit theorem. A few very large
    losses make it wide. Raises ValueError for fewer than two images, which say nothing about the spread.

    >>> import numpy as np
    >>> low, high = loss_interval(np.array([0.1, 0.2, 0.3, 0.4]))
    >>> print(f"{low:.3f} … {high:.3f}")
    0.123 … 0.377
    """
    if len(losses) < 2:
        raise ValueError(f"The losses hold {len(losses)} values: an interval needs at least two images.")
    mean, half = float(losses.mean()), z * float(losses.std(ddof=1)) / math.sqrt(len(losses))
    return max(0.0, mean - half), mean + half


def top_k_curve(logits: NDArray[np.floating], labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Compute the share of images whose true class is among the k largest logits, for k = 1 … K: float64 (K,).

    The first entry is the accuracy: of equal logits the class with the smaller number comes first, as in `argmax`.
    Raises ValueError when there is no image, or not one row of logits for each label.

    >>> import numpy as np
    >>> top_k_curve(np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]), np.array([0, 1])).tolist()
    [0.5, 1.0, 1.0]
    """
    _check_logits(logits, labels)
    true_logits = np.take_along_axis(logits, labels[:, None], axis=1)
    earlier = np.arange(logits.shape[1]) < labels[:, None]
    ranks = (logits > true_logits).sum(axis=1) + ((logits == true_logits) & earlier).sum(axis=1)
    counts = np.bincount(ranks, minlength=logits.shape[1])
    curve: NDArray[np.float64] = counts.cumsum() / len(labels)
    return curve


def pick_examples(
    labels: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    *,
    true: int | None = None,
    predicted: int | None = None,
) -> NDArray[np.intp]:
    """Return the indices of the images in one cell of the confusion matrix, the surest answers first.

    `labels` is (N,), `probabilities` (N, K). With only `true` or `predicted`, the whole row or column counts; with
    neither, all mistakes.

    >>> import numpy as np
    >>> pick_examples(np.array([0, 0, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])).tolist()
    [1, 2]
    """
    answers = probabilities.argmax(axis=1)
    chosen = answers != labels if true is None and predicted is None else np.ones(len(labels), dtype=bool)
    if true is not None:
        chosen &= labels == true
    if predicted is not None:
        chosen &= answers == predicted
    places = np.flatnonzero(chosen)
    return places[np.argsort(-probabilities[places].max(axis=1), kind="stable")]

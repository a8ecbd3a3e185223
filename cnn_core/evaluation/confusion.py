"""A confusion matrix read in different ways: shares of rows or columns, classes in another order, few of many."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

ClassOrder = Literal["class", "confusion", "clustering"]


def confusion_shares(matrix: NDArray[np.integer], axis: Literal["row", "column"] = "row") -> NDArray[np.float64]:
    """Return the counts of a confusion matrix (K, K), rows true, as shares of their row or column; 0 where it is empty.

    The diagonal holds the recall of each class for rows, the precision for columns.

    >>> import numpy as np
    >>> confusion_shares(np.array([[3, 1], [0, 4]])).tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    totals = matrix.sum(axis=1 if axis == "row" else 0, keepdims=True)
    ratios: NDArray[np.float64] = matrix / np.maximum(totals, 1)
    return ratios


def class_order(matrix: NDArray[np.integer], by: ClassOrder) -> list[int]:
    """Return the classes of a confusion matrix (K, K), rows true, in another order.

    "class": as they are. "confusion": the largest share of mistakes first, classes without images last.
    "clustering": classes that are taken for each other stand side by side. They are the leaves of average-linkage
    clustering with the distance 1 − (share i for j + share j for i) / 2, ordered so that neighbours are close
    (Bar-Joseph et al. 2001).
    Raises ValueError for another `by`.

    >>> import numpy as np
    >>> class_order(np.array([[9, 1, 0], [0, 5, 5], [0, 2, 8]]), "confusion")
    [1, 2, 0]
    """
    count = len(matrix)
    if by == "class":
        return list(range(count))
    if by == "confusion":
        wrong = np.where(matrix.sum(axis=1) > 0, 1 - confusion_shares(matrix).diagonal(), -1.0)
        return [int(place) for place in np.argsort(-wrong, kind="stable")]
    if by != "clustering":
        raise ValueError(f"The order (by) is {by!r}: classes are ordered by 'class', 'confusion' or 'clustering'.")
    return _clustering_order(matrix) if count > 2 else list(range(count))


def _clustering_order(matrix: NDArray[np.integer]) -> list[int]:
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    row_shares = confusion_shares(matrix)
    distance = 1 - (row_shares + row_shares.T) / 2
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method="average", optimal_ordering=True)
    return [int(leaf) for leaf in leaves_list(tree)]


def most_confused_classes(matrix: NDArray[np.integer], count: int) -> list[int]:
    """Return at most `count` classes of a confusion matrix (K, K), ascending, with the most mistakes among them.

    Greedy: the two classes that are confused most often, then repeatedly the class with the most mistakes with those
    already chosen.

    >>> import numpy as np
    >>> most_confused_classes(np.array([[9, 1, 0], [0, 5, 5], [0, 2, 8]]), 2)
    [1, 2]
    """
    mixed = (matrix + matrix.T).astype(np.int64)
    np.fill_diagonal(mixed, 0)
    if count >= len(matrix):
        return list(range(len(matrix)))
    chosen = [int(place) for place in np.unravel_index(int(mixed.argmax()), mixed.shape)]
    chosen = list(dict.fromkeys(chosen))[:count]
    while len(chosen) < count:
        gain = mixed[chosen].sum(axis=0)
        gain[chosen] = -1
        chosen.append(int(gain.argmax()))
    return sorted(chosen)

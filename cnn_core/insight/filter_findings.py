"""Measures of filters: whether one is noisy, coloured, dead or like another; and orders to sort filters by.

Filters are arrays (filters, channels, height, width). NumPy and SciPy only. `cnn_core.insight.explain` says in words
what each finding means.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

from cnn_core.insight.vectors import unit_vectors

ORDERS = ("network", "norm", "colour", "similarity")

# Thresholds: from here on a measure is a finding.
NOISY_LIMIT = 0.9
"""Geary's C: independent weights have 1 on average."""
SMOOTH_LIMIT = 0.5
"""Geary's C: half the variance of independent weights between neighbours."""
COLOUR_LIMIT = 0.5
"""The share of Σw² in colour: more colour than brightness."""
SIMILARITY_LIMIT = 0.9
"""Cosine: an angle of 26° or less."""
DEAD_LIMIT = 0.01
"""The norm's share of the largest: on one scale with it, such a filter is drawn white."""
SLOPE_LIMIT = 0.7
"""R² of a plane: the eye sees one slope."""
MAX_PAIRED_FILTERS = 1024
"""Pairs are not sought among more filters than this: the table of their cosines would be large."""
TINY = 1e-300
"""Divides in place of a norm of 0."""
ROUNDING = 1e-24
"""The square of a rounding error of weights near 1, with room: (10⁻¹²)²."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """Filters (counted from 0, the clearest first) that a measure picked, and the measure of each.

    `letter` names the measure and marks the filters in a picture; `cnn_core.insight.explain` says what it stands for.
    `partners` holds the other filter of each pair, for the letter P.
    """

    letter: str
    filters: tuple[int, ...]
    values: tuple[float, ...]
    partners: tuple[int, ...] = ()


def filter_norms(filters: NDArray[np.floating]) -> Array:
    """Compute the L2 norm of every filter, √Σw²: (filters,)."""
    flat = np.asarray(filters, np.float64).reshape(len(filters), -1)
    lengths: Array = np.sqrt((flat**2).sum(axis=1))
    return lengths


def filter_roughness(filters: NDArray[np.floating]) -> Array:
    """Compute Geary's C of every filter over neighbours above, below, left and right, channels pooled: (filters,).

    C = (N − 1) Σ(wᵢ − wⱼ)² / (2W Σ(wᵢ − w̄)²), summed over the W ordered pairs of neighbours (Geary 1954, The contiguity
    ratio). It is near 0 where weights hardly change from cell to cell, about 1 for weights drawn independently, and
    towards 2 for a large checkerboard. A constant filter has 0; a kernel of 1 × 1, without neighbours, has NaN.
    """
    w = np.asarray(filters, np.float64)
    height, width = w.shape[2:]
    pairs = 2 * (height * (width - 1) + width * (height - 1))
    if not pairs:
        return np.full(len(w), np.nan)
    steps = (np.diff(w, axis=2) ** 2).sum(axis=(1, 2, 3)) + (np.diff(w, axis=3) ** 2).sum(axis=(1, 2, 3))
    spread = ((w - w.mean(axis=(2, 3), keepdims=True)) ** 2).sum(axis=(1, 2, 3))
    return _divide_safely((height * width - 1) * 2 * steps, 2 * pairs * spread)


def filter_colourfulness(filters: NDArray[np.floating]) -> Array:
    """Compute the share of Σw² in differences between a filter's channels: (filters,), 0 grey … 1 opposite colours.

    The share is Σ(w − mean over channels)² / Σw². Raises ValueError unless there are three channels.
    """
    w = np.asarray(filters, np.float64)
    if w.shape[1] != 3:
        raise ValueError(f"The filters have {w.shape[1]} channels: colour needs red, green and blue.")
    return _divide_safely(((w - w.mean(axis=1, keepdims=True)) ** 2).sum(axis=(1, 2, 3)), (w**2).sum(axis=(1, 2, 3)))


def channel_similarity(filters: NDArray[np.floating]) -> Array:
    """Compute the mean cosine over all pairs of a filter's channels: (filters,), NaN with fewer than two channels.

    A channel of zeros counts as cosine 0.
    """
    count, channels = filters.shape[:2]
    if channels < 2:
        return np.full(count, np.nan)
    total = unit_vectors(np.asarray(filters, np.float64).reshape(count, channels, -1))
    alike = (total.sum(axis=1) ** 2).sum(axis=1) - (total**2).sum(axis=(1, 2))  # Σ over i ≠ j of uᵢ·uⱼ
    mean_cosines: Array = alike / (channels * (channels - 1))
    return mean_cosines


def pairwise_cosines(filters: NDArray[np.floating]) -> Array:
    """Compute the cosine between every two filters: (filters, filters); 0 with a filter of zeros."""
    flat = unit_vectors(np.asarray(filters, np.float64).reshape(len(filters), -1))
    table: Array = flat @ flat.T
    return table


def fit_slopes(filters: NDArray[np.floating]) -> tuple[Array, Array]:
    """Fit a plane to every filter, its channels averaged: how well it fits, and where it rises, both (filters,).

    The first is the share of variance that the plane explains (R² of least squares), the second its direction in
    degrees, 0° to the right and 90° downwards. Both are NaN where there are fewer than two rows or columns.
    """
    w = np.asarray(filters, np.float64).mean(axis=1)
    height, width = w.shape[1:]
    if min(height, width) < 2:
        return np.full(len(w), np.nan), np.full(len(w), np.nan)
    rows, columns = np.indices((height, width)) - np.array([height - 1, width - 1])[:, None, None] / 2
    down, right = (w * rows).sum(axis=(1, 2)) / (rows**2).sum(), (w * columns).sum(axis=(1, 2)) / (columns**2).sum()
    plane = down**2 * (rows**2).sum() + right**2 * (columns**2).sum()
    spread = ((w - w.mean(axis=(1, 2), keepdims=True)) ** 2).sum(axis=(1, 2))
    return _divide_safely(plane, spread), np.rad2deg(np.arctan2(down, right))


def order_filters(filters: NDArray[np.floating], by: str) -> NDArray[np.intp]:
    """Sort filters `by` one of ORDERS; returns their indices.

    "norm" and "colour" begin with the largest. "similarity" puts similar filters side by side: average linkage over
    1 − cosine, its tree turned so that neighbours differ least (Bar-Joseph, Gifford and Jaakkola 2001).
    Raises ValueError for another name.
    """
    if by == "network":
        return np.arange(len(filters))
    if by == "norm":
        return np.argsort(-filter_norms(filters), kind="stable")
    if by == "colour":
        return np.argsort(-filter_colourfulness(filters), kind="stable")
    if by == "similarity":
        return _similarity_order(filters)
    raise ValueError(f"There is no order {by!r}: choose {', '.join(ORDERS)}.")


def _similarity_order(filters: NDArray[np.floating]) -> NDArray[np.intp]:
    if len(filters) < 3:
        return np.arange(len(filters))
    upper = np.triu_indices(len(filters), 1)
    distances = np.clip(1 - pairwise_cosines(filters)[upper], 0, 2)
    tree = linkage(distances, "average")
    if len(filters) <= MAX_PAIRED_FILTERS // 2:
        tree = optimal_leaf_ordering(tree, distances)
    return np.asarray(leaves_list(tree), np.intp)


def collect_findings(filters: NDArray[np.floating], silent: NDArray[np.bool_] | None = None) -> tuple[Finding, ...]:
    """Return what the filters show, each with the filters that show it; without those that no filter shows.

    `silent` (filters,) says of each filter whether its map was 0 everywhere on all images that were tried; None when
    that is unknown.

    >>> ramp = np.tile(np.arange(5.0), (1, 1, 5, 1))
    >>> [finding.letter for finding in collect_findings(ramp)]
    ['E', 'G']
    """
    norms = filter_norms(filters)
    shares_of_largest = norms / max(float(norms.max(initial=0)), TINY)
    alive = shares_of_largest > DEAD_LIMIT
    roughness = np.where(alive, filter_roughness(filters), np.nan)
    slopes, _ = fit_slopes(filters)
    candidates = [
        _finding_above("N", roughness, NOISY_LIMIT),
        _finding_below("E", roughness, SMOOTH_LIMIT),
        _finding_above("G", np.where(alive, slopes, np.nan), SLOPE_LIMIT),
        *_channel_findings(filters, alive),
        _pair_finding(filters, alive),
        _finding_below("D", shares_of_largest, DEAD_LIMIT),
    ]
    if silent is not None:
        places = tuple(int(i) for i in np.flatnonzero(silent))
        candidates.append(Finding("Z", places, (0.0,) * len(places)))
    return tuple(finding for finding in candidates if finding.filters)


def _channel_findings(filters: NDArray[np.floating], alive: NDArray[np.bool_]) -> list[Finding]:
    """How a filter's channels relate to each other."""
    colour: list[Finding] = []
    if filters.shape[1] == 3:
        colour = [_finding_above("C", np.where(alive, filter_colourfulness(filters), np.nan), COLOUR_LIMIT)]
    alike = np.where(alive, channel_similarity(filters), np.nan)
    return [*colour, _finding_above("S", alike, SIMILARITY_LIMIT)]


def _pair_finding(filters: NDArray[np.floating], alive: NDArray[np.bool_]) -> Finding:
    """Pairs of filters that are nearly the same or nearly opposites, each pair once."""
    pairs: list[tuple[int, int, float]] = []
    if filters[0].size > 1 and len(filters) <= MAX_PAIRED_FILTERS:
        table = pairwise_cosines(filters)
        close = np.argwhere(np.triu(np.abs(table) >= SIMILARITY_LIMIT, 1) & alive[:, None] & alive[None, :])
        pairs = sorted(((int(i), int(j), float(table[i, j])) for i, j in close), key=lambda pair: -abs(pair[2]))
    firsts, seconds, figures = (tuple(part) for part in zip(*pairs, strict=True)) if pairs else ((), (), ())
    return Finding("P", firsts, figures, seconds)


def _finding_above(letter: str, values: Array, limit: float) -> Finding:
    places = [int(i) for i in np.argsort(-values, kind="stable") if values[i] >= limit]
    return Finding(letter, tuple(places), tuple(float(values[i]) for i in places))


def _finding_below(letter: str, values: Array, limit: float) -> Finding:
    places = [int(i) for i in np.argsort(values, kind="stable") if values[i] <= limit]
    return Finding(letter, tuple(places), tuple(float(values[i]) for i in places))


def finding_marks(all_findings: tuple[Finding, ...], count: int) -> list[str]:
    """Return for each of `count` filters the letters of its findings, such as "NC", in the order of the findings."""
    return [
        "".join(finding.letter for finding in all_findings if i in finding.filters or i in finding.partners)
        for i in range(count)
    ]


def extreme_weights(kernel: NDArray[np.floating]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Find the largest and the smallest weight of a filter (channels, height, width): (channel, row, column) each."""
    top, bottom = (np.unravel_index(int(at), kernel.shape) for at in (np.argmax(kernel), np.argmin(kernel)))
    return (int(top[0]), int(top[1]), int(top[2])), (int(bottom[0]), int(bottom[1]), int(bottom[2]))


def _divide_safely(part: Array, whole: Array) -> Array:
    """part / whole; 0 where the whole is a sum of squares of rounding errors only."""
    ratio: Array = np.divide(part, whole, out=np.zeros_like(part), where=whole > ROUNDING)
    return ratio

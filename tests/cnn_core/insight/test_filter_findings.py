"""How filters are read: hand-made filters that each measure must pick, and oracles for the measures."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cosine

from cnn_core.insight.filter_findings import (
    ORDERS,
    channel_similarity,
    collect_findings,
    extreme_weights,
    filter_colourfulness,
    filter_norms,
    filter_roughness,
    finding_marks,
    fit_slopes,
    order_filters,
    pairwise_cosines,
)

DRAW = np.random.default_rng(0)


def ramp(angle: float, size: int = 5) -> NDArray[np.float64]:
    """A plane that rises in the direction `angle` (degrees, 90 downwards)."""
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    plane: NDArray[np.float64] = np.cos(np.deg2rad(angle)) * columns + np.sin(np.deg2rad(angle)) * rows
    return plane


def geary(cells: NDArray[np.float64]) -> float:
    """Geary's C as its definition reads, cell by cell."""
    total, pairs = 0.0, 0
    for (r, c), value in np.ndenumerate(cells):
        for s, d in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if 0 <= s < cells.shape[0] and 0 <= d < cells.shape[1]:
                total += (value - cells[s, d]) ** 2
                pairs += 1
    return float((cells.size - 1) * total / (2 * pairs * ((cells - cells.mean()) ** 2).sum()))


@pytest.mark.parametrize("size", [(3, 3), (5, 2), (1, 4)])
def test_roughness_is_gearys_c(size: tuple[int, int]) -> None:
    cells = DRAW.normal(size=size)
    assert filter_roughness(cells[None, None])[0] == pytest.approx(geary(cells))
    assert filter_roughness(np.full((1, 2, 3, 3), 0.7))[0] == 0
    assert np.isnan(filter_roughness(np.ones((1, 4, 1, 1)))[0])


def test_random_weights_are_about_one_and_slopes_far_below() -> None:
    assert filter_roughness(DRAW.normal(size=(2000, 1, 5, 5))).mean() == pytest.approx(1, abs=0.02)
    assert filter_roughness(ramp(30)[None, None])[0] < 0.3


@pytest.mark.parametrize("angle", [-135.0, -90.0, 0.0, 30.0, 90.0])
def test_a_plane_is_all_slope_and_rises_where_it_does(angle: float) -> None:
    share, degrees = fit_slopes(ramp(angle)[None, None] + 0.3)
    assert share[0] == pytest.approx(1)
    assert degrees[0] == pytest.approx(angle)
    assert fit_slopes(np.ones((1, 1, 1, 5)))[0].tolist() != [0]


def test_colour_is_the_share_in_channel_differences() -> None:
    shape = DRAW.normal(size=(5, 5))
    grey, opponent, red = (
        np.stack([shape] * 3),
        np.stack([shape, -shape, 0 * shape]),
        np.stack([shape, shape * 0, 0 * shape]),
    )
    assert filter_colourfulness(np.stack([grey, opponent, red])) == pytest.approx([0, 1, 2 / 3], abs=1e-12)
    assert filter_colourfulness(np.zeros((1, 3, 2, 2)))[0] == 0
    with pytest.raises(ValueError, match="needs red, green and blue"):
        filter_colourfulness(np.zeros((1, 4, 2, 2)))


def test_cosines_are_scipys() -> None:
    filters = DRAW.normal(size=(4, 3, 3, 3))
    flat = filters.reshape(4, -1)
    expected = [[1 - cosine(a, b) for b in flat] for a in flat]
    np.testing.assert_allclose(pairwise_cosines(filters), expected, atol=1e-12)
    one = filters[:1]
    pairs = [1 - cosine(one[0, i].ravel(), one[0, j].ravel()) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert channel_similarity(one)[0] == pytest.approx(np.mean(pairs))
    assert np.isnan(channel_similarity(filters[:, :1])).all()


def hand_made() -> NDArray[np.float64]:
    """0 an edge in grey, 1 its opposite, 2 checkerboard, 3 red against green, 4 nothing, 5 the edge, much fainter."""
    edge, check = np.stack([ramp(0)] * 3), np.stack([np.indices((5, 5)).sum(axis=0) % 2 * 2.0 - 1] * 3)
    spot = np.zeros((5, 5))
    spot[1:4, 1:4] = 1
    colour = np.stack([spot, -spot, 0 * spot])
    return np.stack([edge, -edge, check, colour, 0 * edge, 1e-6 * edge])


def test_each_finding_picks_the_filters_made_for_it() -> None:
    found = {finding.letter: finding for finding in collect_findings(hand_made())}
    assert found["N"].filters == (2,)
    assert set(found["G"].filters) == {0, 1}
    assert found["C"].filters == (3,)
    assert set(found["S"].filters) == {0, 1, 2}
    assert set(found["D"].filters) == {4, 5}
    assert (found["P"].filters, found["P"].partners) == ((0,), (1,))
    assert found["P"].values[0] == pytest.approx(-1)
    assert "Z" not in found
    assert finding_marks(tuple(found.values()), 6)[2] == "NS"


def test_silent_maps_are_a_finding_of_their_own() -> None:
    found = collect_findings(hand_made(), np.array([False, True, False, False, False, False]))
    assert found[-1].letter == "Z"
    assert found[-1].filters == (1,)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 5, 1, 1), (3, 1, 1, 7), (2, 3, 2, 2)])
@pytest.mark.parametrize("value", [0.0, 1e-30, 1e30])
def test_odd_filters_raise_nothing(shape: tuple[int, ...], value: float) -> None:
    filters = np.full(shape, value)
    for finding in collect_findings(filters):
        assert np.isfinite(finding.values).all()
        assert all(0 <= i < len(filters) for i in finding.filters)
    for by in ORDERS:
        if by != "colour" or shape[1] == 3:
            assert sorted(order_filters(filters, by)) == list(range(len(filters)))


def test_orders() -> None:
    filters = hand_made()
    assert order_filters(filters, "network").tolist() == [0, 1, 2, 3, 4, 5]
    assert (np.diff(filter_norms(filters)[order_filters(filters, "norm")]) <= 0).all()
    assert order_filters(filters, "colour")[0] == 3
    with pytest.raises(ValueError, match="There is no order"):
        order_filters(filters, "beauty")


def test_similarity_lays_families_side_by_side() -> None:
    families = DRAW.normal(size=(3, 1, 4, 4))
    members = np.concatenate([family + 0.05 * DRAW.normal(size=(4, 1, 4, 4)) for family in families])
    shuffled = DRAW.permutation(12)
    family = shuffled[order_filters(members[shuffled], "similarity")] // 4
    assert (np.diff(family) != 0).sum() == 2


def test_extremes_are_the_lightest_and_darkest_square() -> None:
    kernel = np.zeros((3, 4, 4))
    kernel[2, 1, 3], kernel[0, 2, 0] = 5, -7
    assert extreme_weights(kernel) == ((2, 1, 3), (0, 2, 0))

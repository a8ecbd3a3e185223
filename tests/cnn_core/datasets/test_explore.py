"""Counts, means, measures and maps of a data set, against sklearn and plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.datasets import Split, explore, load

DIGITS = load("digits")
SHAPES = load("shapes")


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_counts_add_up() -> None:
    counts = explore.class_counts(DIGITS)
    assert counts.shape == (3, 10)
    assert counts.sum(axis=1).tolist() == [len(DIGITS.train), len(DIGITS.val), len(DIGITS.test)]


def test_mean_images_and_a_class_without_any() -> None:
    means = explore.mean_images(SHAPES.train, 6)
    for label in range(5):
        wanted = SHAPES.train.images[SHAPES.train.labels == label].astype(float).mean(axis=0)
        assert np.abs(means[label] - wanted).max() <= 0.5 + 1e-9
    assert not means[5].any()


@given(seed=st.integers(0, 2**31 - 1), label=st.integers(0, 10), count=st.integers(0, 200))
@settings(max_examples=30, deadline=None)
def test_drawn_images_are_of_the_class_once_each_and_by_seed(seed: int, label: int, count: int) -> None:
    places = explore.draw_indices(DIGITS.train, label, count, seed)
    assert len(places) == min(count, int((DIGITS.train.labels == label).sum()))
    assert len(set(places.tolist())) == len(places)
    assert (DIGITS.train.labels[places] == label).all()
    np.testing.assert_array_equal(places, explore.draw_indices(DIGITS.train, label, count, seed))


def test_points_are_at_most_so_many_and_change_with_the_seed() -> None:
    places = explore.sample_indices(SHAPES.train, 1)
    assert len(set(places.tolist())) == 600
    assert not np.array_equal(places, explore.sample_indices(SHAPES.train, 2))
    assert len(explore.sample_indices(DIGITS.test, 1)) == 360


def test_measures_of_pictures_that_are_known() -> None:
    flat = np.full((1, 3, 4, 4), 100, dtype=np.uint8)
    warm = flat.copy()
    warm[:, 0], warm[:, 2] = 200, 50
    stripes = np.zeros((1, 3, 4, 4), dtype=np.uint8)
    stripes[..., ::2] = 200
    found = explore.measure_images(np.concatenate([flat, warm, stripes]))
    assert found["brightness"] == pytest.approx([100, 350 / 3, 100])
    assert found["contrast"] == pytest.approx([0, np.std([200, 100, 50]), 100], abs=1e-4)
    assert found["edges"] == pytest.approx([0, 0, 100])  # 200 across, 0 down
    assert found["warmth"] == pytest.approx([0, 150, 0])
    assert list(explore.measure_images(noise(3, 1, 1, 1))) == ["brightness", "contrast", "edges"]


@pytest.mark.parametrize("images", [DIGITS.train.images[:300], noise(40, 3, 6, 5), noise(5, 1, 16, 16)])
def test_components_are_sklearns(images: np.ndarray) -> None:
    from sklearn.decomposition import PCA

    count = min(4, len(images) - 1)
    found = explore.principal_components(images, count)
    theirs = PCA(count, svd_solver="full")
    scores = theirs.fit_transform(images.reshape(len(images), -1).astype(float))
    np.testing.assert_allclose(np.abs(found.scores), np.abs(scores), atol=1e-6)
    np.testing.assert_allclose(found.shares, theirs.explained_variance_ratio_, atol=1e-9)
    flat = images.reshape(len(images), -1).astype(float)
    projected = (flat - flat.mean(axis=0)) @ found.directions.reshape(count, -1).T
    np.testing.assert_allclose(projected, found.scores, atol=1e-6)
    assert (found.scores.max(axis=0) >= -found.scores.min(axis=0) - 1e-9).all()


def test_large_images_are_shrunk_to_means_and_same_images_have_no_component() -> None:
    images = noise(6, 3, 64, 128)
    found = explore.principal_components(images, 3)
    assert found.directions.shape == (3, 3, 16, 32)
    blocks = images.reshape(6, 3, 16, 4, 32, 4).astype(float).mean(axis=(3, 5))
    wanted = explore.principal_components(np.rint(blocks).astype(np.uint8), 3)
    np.testing.assert_allclose(found.shares, wanted.shares, atol=0.01)
    same = explore.principal_components(np.full((4, 1, 5, 5), 9, dtype=np.uint8), 2)
    assert not same.scores.any()
    assert not same.shares.any()


def test_tsne_keeps_groups_together_and_follows_its_seed() -> None:
    rng = np.random.default_rng(0)
    groups = np.concatenate([rng.normal(value, 5, (40, 1, 8, 8)) for value in (40, 128, 215)]).clip(0, 255)
    images = groups.astype(np.uint8)
    places = explore.neighbour_map(images, 3, 15)
    assert places.shape == (120, 2)
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert (nearest // 40 == np.arange(120) // 40).mean() > 0.98
    np.testing.assert_allclose(places, explore.neighbour_map(images, 3, 15))


def test_impossible_maps_get_a_sentence() -> None:
    with pytest.raises(ValueError, match="Perplexity is 30"):
        explore.neighbour_map(noise(10, 1, 4, 4), 0, 30)
    with pytest.raises(ValueError, match="components need at least two"):
        explore.principal_components(noise(1, 1, 4, 4), 2)


def test_a_split_without_images_has_means_all_the_same() -> None:
    empty = Split(np.zeros((0, 1, 4, 4), dtype=np.uint8), np.zeros(0, dtype=np.int64))
    assert explore.mean_images(empty, 3).shape == (3, 1, 4, 4)
    assert len(explore.sample_indices(empty, 0)) == 0

"""Normalisation by what may be known while training, and stratified splits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.datasets import (
    BUILT_IN,
    Dataset,
    Split,
    channel_statistics,
    stratified_split,
)
from tests.cnn_core.datasets.made import built_in


@pytest.mark.parametrize("name", BUILT_IN)
def test_normalisation_is_numpys_over_the_train_split(name: str) -> None:
    data = built_in(name)
    pixels = data.train.images.astype(np.float64)
    mean, deviation = channel_statistics(data)
    assert mean.dtype == deviation.dtype == np.float32
    np.testing.assert_allclose(mean, pixels.mean(axis=(0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(deviation, pixels.std(axis=(0, 2, 3)), rtol=1e-6)


def test_normalisation_knows_nothing_of_the_other_splits_and_bears_a_flat_channel() -> None:
    images = np.zeros((2, 2, 1, 1), dtype=np.uint8)
    images[:, 0, 0, 0] = 10, 30
    images[:, 1] = 200
    bright = Split(np.full((4, 2, 1, 1), 255, dtype=np.uint8), np.zeros(4, dtype=np.int64))
    mean, deviation = channel_statistics(
        Dataset("", ("a",), Split(images, np.zeros(2, dtype=np.int64)), bright, bright)
    )
    assert mean.tolist() == [(10 + 30) / 2, 200]
    assert deviation.tolist() == [(30 - 10) / 2, 1]


@given(counts=st.lists(st.integers(8, 40), min_size=2, max_size=5), held_out=st.sampled_from([0.1, 0.25, 0.5]))
@settings(max_examples=30)
def test_a_stratified_split_keeps_every_image_once_with_its_label(counts: list[int], held_out: float) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    rest, held = stratified_split(images, labels, held_out)
    both = np.concatenate([rest.images, held.images]).ravel()
    assert sorted(both.tolist()) == list(range(len(labels)))
    np.testing.assert_array_equal(labels[both], np.concatenate([rest.labels, held.labels]))
    # The split is rounded up as a whole, then shared out among the classes to within one image.
    share = len(held.labels) / len(labels) * np.array(counts)
    assert len(held.labels) == math.ceil(round(held_out * len(labels), 9))
    assert np.abs(np.bincount(held.labels, minlength=len(counts)) - share).max() < 1

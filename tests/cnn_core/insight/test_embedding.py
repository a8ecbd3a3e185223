"""Penultimate features against the network's own parts, nearest images against scikit-learn."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors
from torch import nn

from cnn_core import datasets
from cnn_core.insight.embedding import nearest_neighbours, penultimate_features
from cnn_core.networks import preset


def plain(images: torch.Tensor) -> torch.Tensor:
    return images.float() / 255


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return datasets.load("digits").test.images[:9]


def test_features_are_what_the_last_linear_layer_is_given(images: np.ndarray) -> None:
    built = preset("Tiny CNN").build(seed=1).eval()
    found = penultimate_features(built, images, plain, batch_size=4)
    head = dict(built.named_modules())["fc1"]
    with torch.no_grad():
        logits = built(plain(torch.from_numpy(images))).numpy()
    weight, bias = head.weight.detach().numpy(), head.bias.detach().numpy()
    np.testing.assert_allclose(found.values @ weight.T + bias, logits, atol=1e-5)
    assert found.values.shape == (9, 128)
    assert found.description == "the input of fc1, 128 values"


def test_a_network_without_linear_layers_gives_its_last_maps_averaged(images: np.ndarray) -> None:
    model = nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(inplace=True), nn.Flatten()).eval()
    found = penultimate_features(model, images, plain)
    with torch.no_grad():
        expected = model[1](model[0](plain(torch.from_numpy(images)))).mean(dim=(2, 3))
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    assert found.description == "the mean of each map of 1, 5 values"


def test_what_has_no_features_says_so(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="neither a linear layer nor feature maps"):
        penultimate_features(nn.Flatten(), images, plain)
    with pytest.raises(ValueError, match="no images"):
        penultimate_features(nn.Linear(1, 1), images[:0], plain)
    broken = nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.Linear(3, 2))
    broken[1].weight.data[:] = float("nan")
    with pytest.raises(ValueError, match="no longer numbers"):
        penultimate_features(broken, images, plain)
    assert not broken[2]._forward_pre_hooks


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 6), st.integers(1, 8))
@settings(max_examples=30, deadline=None)
def test_nearest_equals_scikit_learn(seed: int, images: int, width: int, count: int) -> None:
    random = np.random.default_rng(seed)
    queries, features = random.normal(size=(4, width)), random.normal(size=(images, width))
    places, cosines = nearest_neighbours(queries, features, count)
    wanted = min(count, images)
    distances, _ = NearestNeighbors(n_neighbors=wanted, metric="cosine").fit(features).kneighbors(queries)
    np.testing.assert_allclose(1 - cosines, distances, atol=1e-9)
    assert places.shape == (4, wanted)


def test_a_row_of_zeros_is_like_nothing() -> None:
    places, cosines = nearest_neighbours(np.zeros((1, 2)), np.array([[1.0, 0.0], [0.0, 0.0]]), 5)
    assert places.tolist() == [[0, 1]]
    assert cosines.tolist() == [[0, 0]]
    with pytest.raises(ValueError, match="equally long"):
        nearest_neighbours(np.zeros((1, 2)), np.zeros((1, 3)), 1)

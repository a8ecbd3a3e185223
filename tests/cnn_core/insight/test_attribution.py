"""Attributions against Captum, against a linear network by hand, and by what they promise."""

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients, Occlusion, Saliency
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnn_core.insight.attribution import (
    class_logit,
    gradient_times_input,
    input_gradient,
    integrated_gradients,
    occlusion_map,
)
from cnn_core.insight.randomised import randomise_last_layers
from cnn_core.networks import (
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    NetworkSpec,
    ReLU,
)
from tests.cnn_core.insight.examples import BLOCKS

PLAIN = NetworkSpec("plain", (1, 8, 8), (Conv2d(4, 3), ReLU(), MaxPool2d(2), Flatten(), Linear(5)))


SPECS = (PLAIN, BLOCKS)


CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def case(spec: NetworkSpec, seed: int = 0) -> tuple[nn.Module, np.ndarray, np.ndarray]:
    """(network, image, baseline)"""
    rng = np.random.default_rng(seed)
    image, baseline = rng.normal(size=(2, *spec.input_shape)).astype(np.float32)
    return spec.build(seed=seed).eval(), image, baseline


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("target", [0, 3])
def test_gradients_are_captums(spec: NetworkSpec, target: int) -> None:
    model, image, _ = case(spec)
    batch = torch.from_numpy(image)[None]
    theirs = Saliency(model).attribute(batch.clone(), target=target, abs=False)[0]
    np.testing.assert_allclose(input_gradient(model, image, target), theirs, **CLOSE)
    theirs = InputXGradient(model).attribute(batch.clone(), target=target)[0].detach()
    np.testing.assert_allclose(gradient_times_input(model, image, target), theirs, **CLOSE)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
@pytest.mark.parametrize("steps", [1, 20, 100])
def test_integrated_gradients_are_captums_and_complete(spec: NetworkSpec, steps: int) -> None:
    model, image, baseline = case(spec)
    ours = integrated_gradients(model, image, 2, baseline, steps=steps)
    batch, base = torch.from_numpy(image)[None], torch.from_numpy(baseline)[None]
    theirs = IntegratedGradients(model).attribute(batch, base, target=2, n_steps=steps)[0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
    if steps == 100:
        assert ours.sum() == pytest.approx(class_logit(model, image, 2) - class_logit(model, baseline, 2), abs=0.02)


@given(st.integers(1, 7), st.integers(1, 7), st.sampled_from(SPECS))
@settings(max_examples=15, deadline=None)
def test_occlusion_is_captums(window: int, stride: int, spec: NetworkSpec) -> None:
    stride = min(window, stride)
    model, image, baseline = case(spec)
    channels = len(image)
    ours = occlusion_map(model, image, 1, baseline, window=window, stride=stride)
    batch, base = torch.from_numpy(image)[None], torch.from_numpy(baseline)[None]
    theirs = Occlusion(model).attribute(batch, (channels, window, window), (channels, stride, stride), base, target=1)[
        0
    ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_linear_network_by_hand() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    weights = torch.tensor([[1.0, -2, 3, 0], [0, 0, 0, 1]])
    with torch.no_grad():
        model[1].weight.copy_(weights)
        model[1].bias.copy_(torch.tensor([5.0, 0]))
    image = np.array([[[1, 1], [2, 7]]], np.float32)
    base = np.array([[[0, 1], [1, 0]]], np.float32)
    np.testing.assert_array_equal(input_gradient(model, image, 0)[0], [[1, -2], [3, 0]])
    np.testing.assert_array_equal(gradient_times_input(model, image, 0)[0], [[1 * 1, -2 * 1], [3 * 2, 0 * 7]])
    # what lies between image and baseline, each times its weight
    np.testing.assert_allclose(
        integrated_gradients(model, image, 0, base, steps=3)[0], [[1 * 1, 0], [3 * 1, 0]], atol=1e-6
    )
    np.testing.assert_allclose(occlusion_map(model, image, 0, base, window=1, stride=1)[0], [[1, 0], [3, 0]], atol=1e-6)


def test_in_place_relus_and_frozen_weights_change_nothing() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(2 * 36, 3))
    image = np.random.default_rng(1).normal(size=(1, 8, 8)).astype(np.float32)
    wanted = input_gradient(model, image, 0)
    model[1].inplace = False
    model.requires_grad_(False)
    np.testing.assert_array_equal(input_gradient(model, image, 0), wanted)
    assert model.training  # left as it was found


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m, x, b: input_gradient(m, x, 5), "Target is 5: the network has the classes 0 … 4"),
        (lambda m, x, b: input_gradient(m, x[0], 0), "it must be channels × height × width"),
        (
            lambda m, x, b: integrated_gradients(m, x, 0, b, steps=0),
            "Steps is 0: it must be a whole number of at least 1",
        ),
        (lambda m, x, b: integrated_gradients(m, x, 0, b[:, :4]), r"The baseline has shape \(1, 4, 8\)"),
        (lambda m, x, b: occlusion_map(m, x, 0, b, window=9, stride=1), "Window is 9: the image takes one of 1 to 8"),
        (
            lambda m, x, b: occlusion_map(m, x, 0, b, window=3, stride=4),
            "Stride is 4: it must be from 1 to the window, 3",
        ),
        (lambda m, x, b: occlusion_map(m, x, -1, b, window=3, stride=1), "Target is -1"),
        (lambda m, x, b: randomise_last_layers(m, 3, 0), "The number of layers is 3: the network has 2 with weights"),
    ],
)
def test_what_cannot_be_is_said(call, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call(*case(PLAIN))

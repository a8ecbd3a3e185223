"""Grad-CAM against Captum and against its formula by hand."""

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn

from cnn_core.insight import grad_cam
from cnn_core.networks import preset


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(1, 8, 8)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "shape", "layers"),
    [
        ("Tiny CNN", (1, 8, 8), ("conv1", "relu1", "pool1", "conv2", "pool2")),
        ("LeNet-5", (1, 32, 32), ("conv1", "pool2")),
        ("D-resnet18", (3, 64, 64), ("conv1", "relu3", "block8.body.conv2")),
    ],
)
def test_grad_cam_equals_captum(name: str, shape: tuple[int, int, int], layers: tuple[str, ...]) -> None:
    model = preset(name, input_shape=shape).build(seed=3).eval()
    picture = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    for layer in layers:
        for target in (0, 2):
            captum = LayerGradCam(model, model.get_submodule(layer))
            expected = captum.attribute(torch.from_numpy(picture)[None], target=target, relu_attributions=True)
            found = grad_cam(model, picture, target, layer)
            np.testing.assert_allclose(found, expected[0, 0].detach().numpy(), atol=1e-4)


def test_grad_cam_by_hand() -> None:
    # logit = mean of 2·x over four positions: gradient 1/4 everywhere, so heat = relu(1/4 · 2·x).
    conv = nn.Conv2d(1, 1, 1, bias=False)
    conv.weight.data.fill_(2)
    model = nn.Sequential(conv, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.requires_grad_(False)
    x = np.array([[[1.0, -1.0], [4.0, 0.0]]])
    np.testing.assert_allclose(grad_cam(model, x, 0, "0"), np.array([[0.5, 0], [2, 0]]))


def test_nothing_for_the_class_is_a_map_of_zeros() -> None:
    conv = nn.Conv2d(1, 1, 1, bias=False)
    conv.weight.data.fill_(-1)
    model = nn.Sequential(conv, nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert not grad_cam(model, np.ones((1, 3, 3)), 0, "1").any()


@pytest.mark.parametrize(
    ("target", "layer", "message"),
    [(0, "conv9", "^Layer is 'conv9'"), (0, "fc1", "^Layer is 'fc1'"), (10, "conv1", "^Target class is 10")],
)
def test_impossible_questions_are_refused(image: np.ndarray, target: int, layer: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grad_cam(preset("Tiny CNN").build(seed=0), image, target, layer)

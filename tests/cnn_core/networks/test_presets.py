"""The ready-made networks: their parameters are those of the courses and of torchvision."""

from typing import Any

import pytest
import torch
import torchvision

from cnn_core.networks import (
    Conv2d,
    preset,
)
from tests.golden import GOLDEN


@pytest.mark.parametrize("name", GOLDEN["networks"])
def test_course_networks_have_exactly_their_parameters(name: str) -> None:
    golden, spec = GOLDEN["networks"][name], preset(name)
    assert list(spec.input_shape) == golden["input"]
    assert spec.total_parameters == golden["parameters"]
    if "per_layer" in golden:
        assert [row.parameters for row in spec.summary() if row.parameters] == golden["per_layer"]


def test_parameters_of_c_and_of_lenet() -> None:
    assert preset("C").total_parameters == (3 * 49 * 32 + 32) + (32 * 16 * 16 * 100 + 100) + (100 * 10 + 10)
    convolutions = (25 * 6 + 6) + (6 * 25 * 16 + 16)
    linear = (16 * 5 * 5 * 120 + 120) + (120 * 84 + 84) + (84 * 10 + 10)
    assert preset("LeNet-5").total_parameters == convolutions + linear


@pytest.mark.parametrize("question", GOLDEN["first_layer_questions"])
def test_first_layer_questions(question: dict[str, Any]) -> None:
    layer = Conv2d(question["filters"], question["kernel"], question["stride"], question["padding"])
    shape = tuple(question["input"])
    assert list(layer.output_shape(shape)) == question["out"]
    assert layer.parameters(shape) == question["parameters"]


@pytest.mark.parametrize(
    ("name", "torchvision_name"),
    [
        ("AlexNet", "alexnet"),
        ("VGG-11", "vgg11"),
        ("VGG-16", "vgg16"),
        ("ResNet-18", "resnet18"),
        ("ResNet-34", "resnet34"),
        ("MobileNet-V2", "mobilenet_v2"),
    ],
)
def test_classics_have_exactly_the_parameters_of_torchvision(name: str, torchvision_name: str) -> None:
    with torch.device("meta"):
        model = torchvision.models.get_model(torchvision_name, weights=None)
    assert preset(name).total_parameters == sum(p.numel() for p in model.parameters())


def test_presets_for_other_images_and_classes() -> None:
    spec = preset("Tiny CNN", input_shape=(3, 32, 32), classes=4)
    assert (spec.input_shape, spec.classes) == ((3, 32, 32), 4)
    assert spec.summary()[-1].parameters == 32 * 8 * 8 * 4 + 4
    with pytest.raises(
        ValueError, match=r"LeNet-5 does not fit 1×8×8 images: conv2: .* It fits images of 16×16 and more"
    ):
        preset("LeNet-5", input_shape=(1, 8, 8))
    assert preset("LeNet-5", input_shape=(1, 16, 16)).classes == 10
    with pytest.raises(ValueError, match="there is no such preset; there are Tiny CNN"):
        preset("LeNet-6")

"""Every preset against torch: parameters, shapes by forward hooks, operations by the flop counter; JSON both ways."""

import subprocess
import sys
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_core.networks import (
    DESCRIPTIONS,
    PRESETS,
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout2d,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    NetworkSpec,
    ReLU,
    Residual,
    preset,
    torch_line,
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


def observed(spec: NetworkSpec) -> tuple[nn.Module, dict[str, tuple[int, ...]], int]:
    """The built module on the meta device, the shape every submodule really gives, and half the flops counted."""
    shapes: dict[str, tuple[int, ...]] = {}
    with torch.device("meta"):
        module = spec.build().eval()

        def note(name: str) -> None:
            def hook(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
                shapes[name] = tuple(output.shape[1:])

            module.get_submodule(name).register_forward_hook(hook)

        for row in spec.summary():
            note(row.name)
        with FlopCounterMode(display=False) as counter:
            module(torch.zeros(1, *spec.input_shape))
    return module, shapes, counter.get_total_flops() // 2


@pytest.mark.parametrize("name", PRESETS)
def test_summary_agrees_with_the_built_module(name: str) -> None:
    spec = preset(name)
    module, shapes, macs = observed(spec)
    assert spec.total_parameters == sum(p.numel() for p in module.parameters())
    assert {row.name: row.output_shape for row in spec.summary()} == shapes
    assert spec.total_macs == macs
    assert spec.output_shape == (spec.classes,)
    tops = dict.fromkeys(row.name.split(".")[0] for row in spec.summary())
    assert [child for child, _ in module.named_children()] == list(tops)


MIXED = NetworkSpec(
    "mixed",
    (4, 19, 23),
    (
        Conv2d(8, (3, 4), padding="same", dilation=2, groups=4, bias=False),
        LeakyReLU(0.2),
        MaxPool2d(3, 2, (1, 0), ceil_mode=True),
        Residual((Conv2d(6, 3, padding=1), BatchNorm(), ReLU()), (Conv2d(6, 1),)),
        Dropout2d(0.1),
        AvgPool2d((2, 3), stride=2, count_include_pad=False),
        AdaptiveAvgPool2d((2, 3)),
        Flatten(),
        Linear(7),
        BatchNorm(),
        Linear(5, bias=False),
    ),
)


def test_every_option_of_the_layers_agrees_with_torch() -> None:
    module, shapes, macs = observed(MIXED)
    assert MIXED.total_parameters == sum(p.numel() for p in module.parameters())
    assert {row.name: row.output_shape for row in MIXED.summary()} == shapes
    assert MIXED.total_macs == macs


def test_names_of_layers() -> None:
    names = [row.name for row in preset("Tiny CNN + batch norm").summary()]
    assert names == ["conv1", "bn1", "relu1", "pool1", "conv2", "bn2", "relu2", "pool2", "flatten", "fc1"]
    blocks = [row.name for row in preset("ResNet-18").summary() if row.name.startswith("block3")]
    assert blocks[0] == "block3.body.conv1"
    assert blocks[-2:] == ["block3.shortcut.bn1", "block3"]


def test_receptive_fields() -> None:
    field = {row.name: row.receptive_field for row in preset("B-base").summary()}
    assert field["conv1"] == (5, 5)
    assert field["pool1"] == (5 + 1, 5 + 1)
    assert field["conv2"] == (6 + 4 * 2, 6 + 4 * 2)
    assert field["fc1"][0] >= 32
    rectangular = NetworkSpec("r", (1, 9, 9), (Conv2d(1, (3, 5)), Conv2d(1, 3, dilation=(1, 2))))
    assert rectangular.summary()[-1].receptive_field == (3 + 2, 5 + 4)


@pytest.mark.parametrize("name", PRESETS)
def test_json_there_and_back(name: str) -> None:
    spec = preset(name)
    assert NetworkSpec.from_json(spec.to_json()) == spec
    assert DESCRIPTIONS[name].endswith(".")


def test_json_keeps_every_option() -> None:
    assert NetworkSpec.from_json(MIXED.to_json()) == MIXED


def network(layers: str, shape: str = "[3, 32, 32]") -> str:
    return f'{{"name": "x", "input_shape": {shape}, "layers": {layers}}}'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not valid JSON"),
        ("[]", "must be an object with name, input_shape and layers"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 300_000, "at most 200,000 characters"),
        (network("[" * 900 + "]" * 900), "is no layer"),
        (network("[]"), "layers is empty"),
        (network("{}"), "layers must be a list"),
        (network("[7]"), "7 is no layer"),
        (network('[{"kind": "Exec"}]'), "is no layer: .* one of Conv2d"),
        (network('[{"kind": ["Conv2d"]}]'), "is no layer"),
        (network('[{"kind": "Conv2d", "filters": 3}]'), "Conv2d lacks its field kernel_size"),
        (network('[{"kind": "ReLU", "prefix": "x"}]'), "ReLU has no field 'prefix'"),
        (network('[{"kind": "Linear", "units": 1e9}]'), "units is 1000000000.0"),
        (network('[{"kind": "Dropout", "p": NaN}]'), "p is nan: it must be a number from 0 to 1"),
        (network('[{"kind": "Flatten"}]', "[3, 32]"), "input_shape is .*channels, height, width"),
        (network('[{"kind": "Flatten"}]', '[3, 32, "32"]'), "input_shape is '32'"),
        (network('[{"kind": "Conv2d", "filters": 60000, "kernel_size": 1}]', "[3, 4096, 4096]"), "conv1: its output"),
        (network("[" + '{"kind": "ReLU"},' * 1000 + '{"kind": "ReLU"}]'), "at most 1000"),
        (network('[{"kind": "Residual", "body": ' * 6 + "[]" + "}]" * 6), "more than 4 deep"),
        (network('[{"kind": "Conv2d", "filters": 2, "kernel_size": 3, "padding": "valid"}]'), 'a pair or "same"'),
    ],
)
def test_hostile_json_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        NetworkSpec.from_json(text)


def test_too_many_parameters_are_refused_before_anything_is_built() -> None:
    with pytest.raises(ValueError, match=r"3,691,640,000 parameters, 13\.8 GB: at most"):
        NetworkSpec("huge", (3, 64, 64), (Flatten(), *[Linear(40_000)] * 3))


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ((Linear(10),), "fc1: needs flat input, but gets 3×8×8: put a flatten before it"),
        ((Flatten(), Conv2d(4, 3)), "conv1: needs channels × height × width, but gets 192 flat values"),
        ((Conv2d(4, 9),), "conv1: kernel 9 does not fit a 8-wide input"),
        ((Residual((Conv2d(4, 3),)),), "block1: its body gives 4×6×6 and its shortcut 3×8×8"),
        ((Conv2d(4, 3, groups=2),), "conv1: groups is 2"),
    ],
)
def test_layers_that_do_not_fit_are_named(layers: tuple[Conv2d, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        NetworkSpec("x", (3, 8, 8), layers)


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


def test_seeded_weights_repeat_and_leave_the_global_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    first, second = preset("Tiny CNN").build(seed=3), preset("Tiny CNN").build(seed=3)
    assert torch.equal(before, torch.random.get_rng_state())
    for name, weights in first.state_dict().items():
        assert torch.equal(weights, second.state_dict()[name])
    other = preset("Tiny CNN").build(seed=4)
    assert not torch.equal(first.get_submodule("conv1").weight, other.get_submodule("conv1").weight)


def test_logits_come_out_with_the_initial_loss_of_guessing() -> None:
    module = preset("A").build(seed=0)
    logits = module(torch.randn(64, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    loss = nn.functional.cross_entropy(logits, torch.arange(64) % 20)
    assert loss.item() == pytest.approx(GOLDEN["initial_loss"]["20"], abs=0.1)


def test_lines_of_code_make_the_layers_of_the_module() -> None:
    spec, shape = MIXED, MIXED.input_shape
    for layer, (_, child) in zip(spec.layers, spec.build().named_children(), strict=True):
        if not isinstance(layer, Residual):
            made = eval(torch_line(layer, shape), {"nn": nn})
            assert repr(made) == repr(child)
        shape = layer.output_shape(shape)
    assert torch_line(Conv2d(36, 5, 2, 1), (3, 32, 32)) == "nn.Conv2d(3, 36, kernel_size=5, stride=2, padding=1)"


def test_importing_the_spec_imports_no_torch() -> None:
    code = "import cnn_core.networks, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

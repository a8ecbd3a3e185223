"""Every generated network, preset and block counts as torch does."""

import subprocess
import sys

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_core.networks import (
    DESCRIPTIONS,
    PRESETS,
    Conv2d,
    Flatten,
    Linear,
    NetworkSpec,
    Residual,
    preset,
)
from cnn_core.networks.blocks import block_parts
from cnn_core.networks.draft import (
    Draft,
    examine_draft,
)
from tests.cnn_core.networks.drawn import BRANCHED, MIXED, networks


def check_against_torch(spec: NetworkSpec) -> None:
    """Shapes, parameters and MACs against hooks, `numel` and torch's own counter."""
    model = spec.build(seed=0).eval()
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda _, __, y, name=name: shapes.update({name: tuple(y.shape[1:])}))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(2, *spec.input_shape))
    rows = spec.summary()
    assert {row.name: row.output_shape for row in rows} == {row.name: shapes[row.name] for row in rows}
    assert spec.total_parameters == sum(p.numel() for p in model.parameters())
    for row in rows:
        if not parts_of(spec, row.name):
            assert row.parameters == sum(p.numel() for p in model.get_submodule(row.name).parameters())
    assert 4 * spec.total_macs == counter.get_total_flops()  # two images, two operations each


def parts_of(spec: NetworkSpec, name: str) -> bool:
    line = next(line for line in examine_draft(Draft(spec.name, spec.input_shape, spec.layers)) if line.name == name)
    return bool(block_parts(line.layer))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_generated_networks_count_as_torch_does(spec: NetworkSpec) -> None:
    check_against_torch(spec)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_count_as_torch_does(name: str) -> None:
    check_against_torch(preset(name))


def test_branches_count_as_torch_does() -> None:
    check_against_torch(BRANCHED)
    assert BRANCHED.from_json(BRANCHED.to_json()) == BRANCHED


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
        (network("[]"), "The list of layers is empty"),
        (network("{}"), "The layers must be a list"),
        (network("[7]"), "7 is no layer"),
        (network('[{"kind": "Exec"}]'), "is no layer: .* one of Conv2d"),
        (network('[{"kind": ["Conv2d"]}]'), "is no layer"),
        (network('[{"kind": "Conv2d", "filters": 3}]'), "Conv2d lacks its field kernel_size"),
        (network('[{"kind": "ReLU", "prefix": "x"}]'), "ReLU has no field 'prefix'"),
        (network('[{"kind": "Linear", "units": 1e9}]'), "Units is 1000000000.0"),
        (network('[{"kind": "Dropout", "p": NaN}]'), "P is nan: it must be a number from 0 to 1"),
        (network('[{"kind": "Flatten"}]', "[3, 32]"), "The input shape is .*channels, height, width"),
        (network('[{"kind": "Flatten"}]', '[3, 32, "32"]'), "Input shape is '32'"),
        (network('[{"kind": "Conv2d", "filters": 60000, "kernel_size": 1}]', "[3, 4096, 4096]"), "conv1: Its output"),
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
        ((Linear(10),), "fc1: The layer needs flat input, but gets 3×8×8: put a flatten before it"),
        ((Flatten(), Conv2d(4, 3)), "conv1: The layer needs channels × height × width, but gets 192 flat values"),
        ((Conv2d(4, 9),), "conv1: Kernel 9 does not fit a 8-wide input"),
        ((Residual((Conv2d(4, 3),)),), "block1: Its body gives 4×6×6 and its shortcut 3×8×8"),
        ((Conv2d(4, 3, groups=2),), "conv1: Groups is 2"),
    ],
)
def test_layers_that_do_not_fit_are_named(layers: tuple[Conv2d, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        NetworkSpec("x", (3, 8, 8), layers)


def test_importing_the_spec_imports_no_torch() -> None:
    code = "import cnn_core.networks, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""Networks changed in one respect: the layers, their parameters, and what stays."""

import pytest
import torch

from cnn_core.networks import PRESETS, NetworkSpec, preset
from cnn_core.networks.blocks import block_parts
from cnn_core.networks.layers import (
    ELU,
    BatchNorm,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    Layer,
    Linear,
    ReLU,
    ReLU6,
)
from cnn_core.networks.variants import with_activation, with_batch_norm, with_dropout, without_dropout


def every(layers: tuple[Layer, ...]) -> list[Layer]:
    return [one for layer in layers for one in (layer, *(i for part in block_parts(layer) for i in every(part)))]


def test_dropout_stands_before_each_fully_connected_layer() -> None:
    changed = with_dropout(preset("C"), 0.3)
    kinds = [type(layer) for layer in changed.layers]
    assert kinds[3:] == [Flatten, Dropout, Linear, ReLU, Dropout, Linear]
    assert {layer.p for layer in changed.layers if isinstance(layer, Dropout)} == {0.3}
    assert changed.total_parameters == preset("C").total_parameters
    assert with_dropout(changed, 0.5) == with_dropout(preset("C"), 0.5)


def test_pixels_are_not_dropped() -> None:
    assert with_dropout(preset("Linear only"), 0.5) == preset("Linear only")
    deep = NetworkSpec("two", (1, 4, 4), (Flatten(), Linear(8), ReLU(), Linear(2)))
    assert [type(layer) for layer in with_dropout(deep, 0.5).layers] == [Flatten, Linear, ReLU, Dropout, Linear]


def test_spatial_dropout_is_another_thing() -> None:
    changed = with_dropout(preset("E"), 0.5)
    assert [layer.p for layer in changed.layers if type(layer) is Dropout2d] == [0.1]
    assert not any(isinstance(layer, Dropout) for layer in without_dropout(changed).layers)


@pytest.mark.parametrize("name", ["C", "B-base", "D-vgg", "VGG-11"])
def test_batch_norm_takes_the_place_of_the_bias(name: str) -> None:
    before, after = preset(name), with_batch_norm(preset(name))
    convolutions = [layer for layer in every(before.layers) if isinstance(layer, Conv2d)]
    # A bias less, a scale and a shift more for every filter.
    assert after.total_parameters == before.total_parameters + sum(layer.filters for layer in convolutions)
    for layer, following in zip(after.layers, after.layers[1:], strict=False):
        if isinstance(layer, Conv2d):
            assert isinstance(following, BatchNorm)
            assert not layer.bias


def test_the_bias_was_useless() -> None:
    """In training mode batch norm takes any bias away again."""
    x = torch.randn(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    model = with_batch_norm(preset("C")).build(seed=0).train()
    plain = model[0](x)
    torch.testing.assert_close(model[1](plain + 5), model[1](plain), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_its_variants(name: str) -> None:
    spec = preset(name)
    normed = with_batch_norm(spec)
    assert with_batch_norm(normed) == normed
    assert not any(isinstance(layer, ReLU | ReLU6) for layer in every(with_activation(spec, ELU()).layers))
    assert not any(isinstance(layer, Dropout) for layer in every(without_dropout(with_dropout(spec, 0.2)).layers))
    if spec.total_macs < 1e8:
        size = (2, *spec.input_shape)
        for changed in (normed, with_activation(spec, ELU()), with_dropout(spec, 0.2)):
            assert changed.build(seed=0).eval()(torch.zeros(size)).shape == (2, spec.classes)


def test_residual_blocks_are_changed_inside() -> None:
    spec = preset("D-resnet18")
    assert with_batch_norm(spec) == spec  # has it everywhere already
    assert sum(isinstance(layer, ELU) for layer in every(with_activation(spec, ELU()).layers)) == 17


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_bad_probabilities_get_a_sentence(p: float) -> None:
    with pytest.raises(ValueError, match="P is"):
        with_dropout(preset("C"), p)

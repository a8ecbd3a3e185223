"""Pictures climbed to a known summit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnn_core.insight.maximise import AscentResult, AscentSettings, maximise_unit
from tests.cnn_core.insight.examples import BLOCKS


def ready(images: Tensor) -> Tensor:
    return (images.float() - 100) / 50


def linear(weights: list[float], shape: tuple[int, int, int]) -> nn.Module:
    model = nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), 1))
    with torch.no_grad():
        model[1].weight.copy_(torch.tensor([weights]))
    return model


def test_a_linear_unit_is_climbed_to_its_summit() -> None:
    weights = [1.0, -2.0, 0.5, -0.25]
    start = np.full((1, 2, 2), 127, dtype=np.uint8)
    found = maximise_unit(linear(weights, (1, 2, 2)), ready, "1", 0, start, AscentSettings(steps=200, rate=4))
    np.testing.assert_array_equal(found.pictures[-1].ravel(), [255, 0, 255, 0])
    assert found.values[-1] == max(found.values)
    assert len(found.values) == 201
    assert found.steps[0] == 0
    assert found.steps[-1] == 200
    np.testing.assert_array_equal(found.pictures[0], start)


@pytest.mark.parametrize("layer", ["conv1", "block1", "fc1"])
def test_the_unit_answers_more_strongly_than_at_first(layer: str) -> None:
    model = BLOCKS.build(seed=4)
    start = np.random.default_rng(1).integers(100, 156, (3, 9, 7), dtype=np.uint8)
    state = torch.get_rng_state()
    weights = [value.clone() for value in model.state_dict().values()]
    found = maximise_unit(
        model, ready, layer, 1, start, AscentSettings(steps=20, jitter=2, blur_every=5, decay=0.01, variation=0.1)
    )
    assert found.values[-1] > found.values[0]
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(weights, model.state_dict().values(), strict=True))
    assert all(p.grad is None for p in model.parameters())


def rough(climbed: AscentResult) -> float:
    last = climbed.pictures[-1].astype(float)
    return float(np.abs(np.diff(last)).mean() + np.abs(np.diff(last, axis=1)).mean())


@pytest.mark.parametrize("change", [{"variation": 0.8}, {"blur_every": 2}])
def test_regularisers_make_pictures_smoother(change: dict[str, float]) -> None:
    model = BLOCKS.build(seed=4)
    start = np.random.default_rng(1).integers(0, 256, (3, 9, 7), dtype=np.uint8)
    plain = AscentSettings(steps=40)
    assert rough(maximise_unit(model, ready, "conv1", 0, start, replace(plain, **change))) < 0.8 * rough(
        maximise_unit(model, ready, "conv1", 0, start, plain)
    )


def test_decay_brings_a_picture_nobody_wants_to_grey() -> None:
    start = np.zeros((1, 2, 2), dtype=np.uint8)
    found = maximise_unit(linear([0.0] * 4, (1, 2, 2)), ready, "1", 0, start, AscentSettings(steps=50, decay=0.2))
    assert set(found.pictures[-1].ravel()) <= {127, 128}
    assert len(set(found.values)) == 1


def test_the_seed_decides_the_shifts() -> None:
    model = BLOCKS.build(seed=4)
    start = np.random.default_rng(1).integers(0, 256, (3, 9, 7), dtype=np.uint8)
    one, same, other = (
        maximise_unit(model, ready, "fc1", 0, start, AscentSettings(steps=10, jitter=3, seed=seed)).pictures[-1]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_what_cannot_be_is_said() -> None:
    model = BLOCKS.build(seed=0)
    start = np.zeros((3, 9, 7), dtype=np.uint8)
    with pytest.raises(ValueError, match="Layer is 'nope': the layers are conv1"):
        maximise_unit(model, ready, "nope", 0, start)
    with pytest.raises(ValueError, match="Unit is 6: conv1 has the maps or units 0 … 5"):
        maximise_unit(model, ready, "conv1", 6, start)
    with torch.no_grad():
        model.conv1.weight.fill_(float("nan"))
    with pytest.raises(ValueError, match="not a number: choose an earlier checkpoint"):
        maximise_unit(model, ready, "fc1", 0, start)
    for settings, sentence in (
        ({"steps": 0}, "Steps is 0"),
        ({"rate": 0.0}, "Rate is 0"),
        ({"rate": float("nan")}, "Rate is nan"),
        ({"decay": 1.0}, "Decay is 1"),
        ({"jitter": -1}, "of at least 0"),
    ):
        with pytest.raises(ValueError, match=sentence):
            AscentSettings(**settings)

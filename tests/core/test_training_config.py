"""A run's settings: one checked value, to a dictionary and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.training.config import DEVICES, OPTIMIZERS, TrainConfig

VALID = st.builds(
    TrainConfig,
    dataset=st.sampled_from(["digits", "shapes"]),
    optimizer=st.sampled_from(OPTIMIZERS),
    learning_rate=st.floats(1e-8, 1e6),
    momentum=st.floats(0, 0.999),
    weight_decay=st.floats(0, 10),
    batch_size=st.integers(1, 4096),
    epochs=st.integers(1, 1000),
    seed=st.integers(0, 2**31 - 1),
    device=st.sampled_from(DEVICES),
)


@given(VALID)
def test_to_json_and_back(config):
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": -1}, "from 0 to 1e"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"learning_rate": "fast"}, "must be a number"),
        ({"momentum": 1}, "momentum is 1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": 2.5}, "whole number"),
        ({"epochs": True}, "whole number"),
        ({"epochs": 10**6}, "from 1 to 1000"),
        ({"seed": -1}, "seed is -1"),
        ({"optimizer": "newton"}, "choose one of sgd, adam, adamw"),
        ({"device": "tpu"}, "choose one of auto, cpu, cuda"),
        ({"dataset": ""}, "name of a data set"),
        ({"lr": 0.1}, "unknown name 'lr'"),
    ],
)
def test_bad_settings_get_a_sentence(settings, words):
    with pytest.raises(ValueError, match=words):
        TrainConfig.from_dict(settings)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(JSON | st.dictionaries(st.sampled_from(sorted(TrainConfig().to_dict())), JSON))
def test_hostile_settings_are_taken_or_refused_with_a_value_error(settings):
    try:
        config = TrainConfig.from_dict(settings)
    except ValueError:
        return
    assert config.epochs >= 1

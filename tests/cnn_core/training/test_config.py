"""A run's settings: to JSON and back unchanged, and never anything but a sentence for what makes no sense."""

import json
import math
from dataclasses import FrozenInstanceError, asdict, fields
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.checks import name_in_words
from cnn_core.training import TrainConfig
from cnn_core.training.config import (
    DEFAULT_LEARNING_RATES,
    DEVICES,
    OPTIMIZERS,
)

NAMES = [field.name for field in fields(TrainConfig)]
CONFIGS = st.builds(
    TrainConfig,
    dataset=st.text(min_size=1, max_size=20),
    optimizer=st.sampled_from(OPTIMIZERS),
    learning_rate=st.floats(0, 1e6, exclude_min=True) | st.integers(1, 10**6),
    momentum=st.floats(0, 0.999) | st.just(0),
    weight_decay=st.floats(0, 10) | st.integers(0, 10),
    batch_size=st.integers(1, 4096),
    epochs=st.integers(1, 1000),
    seed=st.integers(0, 2**31 - 1),
    device=st.sampled_from(DEVICES),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(OPTIMIZERS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(CONFIGS)
def test_to_json_and_back_is_the_same(config: TrainConfig) -> None:
    text = json.dumps(config.to_dict(), allow_nan=False)
    back = TrainConfig.from_dict(json.loads(text))
    assert back == config
    assert hash(back) == hash(config)
    assert json.dumps(back.to_dict()) == text
    assert list(config.to_dict()) == NAMES


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=9) | st.dictionaries(st.text(), JSON, max_size=3) | JSON)
@settings(max_examples=300)
def test_hostile_settings_are_valid_or_get_a_sentence(hostile: Any) -> None:
    message = ""
    try:
        config = TrainConfig.from_dict(hostile)
    except ValueError as error:
        message = str(error)
    if message:
        assert message.startswith((*map(name_in_words, NAMES), "The settings", "The weights file"))
        assert message.endswith(".")
        return
    assert TrainConfig.from_dict(config.to_dict()) == config
    assert all(math.isfinite(value) for value in asdict(config).values() if isinstance(value, int | float))


def test_defaults_and_what_is_left_out() -> None:
    assert TrainConfig.from_dict({}) == TrainConfig()
    assert TrainConfig.from_dict(MappingProxyType({"epochs": 3})) == TrainConfig(epochs=3)
    assert set(DEFAULT_LEARNING_RATES) == set(OPTIMIZERS)
    assert TrainConfig().learning_rate == DEFAULT_LEARNING_RATES[TrainConfig().optimizer]
    with pytest.raises(FrozenInstanceError):
        TrainConfig().epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "below", "above"),
    [
        ("learning_rate", 5e-324, 1e6, 0, 1e6 + 1),
        ("momentum", 0, 0.999, -1e-9, 1),
        ("weight_decay", 0, 10, -1e-9, 10.1),
        ("batch_size", 1, 4096, 0, 4097),
        ("epochs", 1, 1000, 0, 1001),
        ("seed", 0, 2**31 - 1, -1, 2**31),
    ],
)
def test_limits_are_where_the_docstring_says(name: str, lowest: Any, highest: Any, below: Any, above: Any) -> None:
    for value in (lowest, highest):
        assert getattr(TrainConfig(**{name: value}), name) == value
    for value in (below, above, math.nan, math.inf, -math.inf, True, "1", None, [1], 10**400, 1 + 0j):
        with pytest.raises(ValueError, match=rf"^{name_in_words(name)} is "):
            TrainConfig(**{name: value})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"learning_rate": 0}, "nothing would be learned; choose a number above 0"),
        ({"learning_rate": "fast"}, "must be a number from 0 to 1e"),
        ({"epochs": True}, "Epochs is True: it must be a whole number from 1 to 1000"),
        ({"optimizer": "newton"}, "choose one of sgd, adam, adamw"),
        ({"device": "tpu"}, "choose one of auto, cpu, cuda"),
        ({"dataset": ""}, "name of a data set"),
        ({"lr": 0.1}, "unknown name 'lr': the names are dataset, optimizer, learning_rate"),
    ],
)
def test_sentences_say_what_would_be_right(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TrainConfig.from_dict(settings)


@pytest.mark.parametrize("name", ["batch_size", "epochs", "seed"])
def test_counts_are_whole(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name_in_words(name)} is 2\.0: it must be a whole number from"):
        TrainConfig(**{name: 2.0})


@pytest.mark.parametrize("name", ["dataset", "optimizer", "device"])
@pytest.mark.parametrize("value", ["", None, 3, ["sgd"], {}])
def test_names_are_texts(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name_in_words(name)} is "):
        TrainConfig(**{name: value})


@pytest.mark.parametrize("hostile", [{"x" * 10**5: 1}, {"optimizer": "x" * 10**5}, {"epochs": [1] * 10**5}])
def test_sentences_stay_short_whatever_is_given(hostile: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        TrainConfig.from_dict(hostile)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("hostile", [{1: 2}, {None: 2}, {("epochs",): 2}, [("epochs", 2)], "epochs", None, 7])
def test_what_is_no_set_of_settings(hostile: Any) -> None:
    with pytest.raises(ValueError, match=r"^The settings "):
        TrainConfig.from_dict(hostile)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("augmentation", ["flip", "spin"], "Augmentation holds 'spin'"),
        ("augmentation", 3, "Augmentation holds 3"),
        ("schedule", "linear", "Schedule is 'linear'"),
        ("patience", -1, "Patience is -1"),
        ("label_smoothing", 1.0, "Label smoothing is 1.0"),
        ("step_factor", 0.0, "Step factor is 0.0"),
        ("nesterov", "yes", "Nesterov is 'yes'"),
        ("precision", "half", "Precision is 'half'"),
        ("initialisation", None, "Initialisation is None"),
    ],
)
def test_bad_settings_get_a_sentence(name: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("[", r"\[")):
        TrainConfig(**{name: value})


def test_settings_go_to_json_and_back() -> None:
    config = TrainConfig(augmentation=("cutout", "flip", "flip"), schedule="one-cycle", patience=4)
    assert config.augmentation == ("flip", "cutout")
    import json

    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config

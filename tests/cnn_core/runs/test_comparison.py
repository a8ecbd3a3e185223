"""Comparing runs: what differs, smoothing beside a plain sum, experiments with one factor, and careful sentences."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.networks import preset
from cnn_core.networks.blocks import Residual
from cnn_core.networks.layers import Conv2d
from cnn_core.runs.comparison import (
    EXCLUDED_SETTINGS,
    compare_spreads,
    compute_spreads,
    describe_change,
    describe_setting,
    differing_settings,
    experiment_factors,
    factor_choices,
    parse_values,
    plan_factor_runs,
    run_settings,
    smooth_curve,
    suggest_values,
)
from cnn_core.training import TrainConfig

TINY = preset("Tiny CNN", input_shape=(1, 8, 8), classes=10)
CONFIG = TrainConfig()


def test_only_what_differs_is_told() -> None:
    runs = [run_settings(TINY, replace(CONFIG, seed=seed, learning_rate=rate)) for seed, rate in ((0, 0.1), (0, 0.2))]
    assert differing_settings(runs) == {"learning_rate": (0.1, 0.2)}
    assert differing_settings(runs[:1]) == differing_settings([]) == {}


def test_layers_that_differ_are_named() -> None:
    wider = type(TINY)("Tiny CNN", TINY.input_shape, (replace(TINY.layers[0], filters=17), *TINY.layers[1:]))
    first, second = differing_settings([run_settings(spec, CONFIG) for spec in (TINY, wider)])["layer conv1"]
    assert "filters=16" in first
    assert "filters=17" in second


def test_very_different_networks_are_told_apart_by_name_and_size() -> None:
    specs = [TINY, preset("ResNet-18", input_shape=(3, 64, 64), classes=10)]
    found = differing_settings([run_settings(spec, CONFIG) for spec in specs])
    assert found["network"] == ("Tiny CNN", "ResNet-18")
    assert found["layers"][0] < 10 < found["layers"][1]
    assert not any(name.startswith("layer ") for name in found)


def test_a_change_deep_inside_a_block_is_seen() -> None:
    spec = preset("ResNet-18", input_shape=(3, 64, 64), classes=10)
    place, block = next((i, layer) for i, layer in enumerate(spec.layers) if isinstance(layer, Residual))
    conv, first = next((i, layer) for i, layer in enumerate(block.body) if isinstance(layer, Conv2d))
    inner = (*block.body[:conv], replace(first, bias=not first.bias), *block.body[conv + 1 :])
    layers = (*spec.layers[:place], replace(block, body=inner), *spec.layers[place + 1 :])
    (name,) = differing_settings(
        [run_settings(s, CONFIG) for s in (spec, type(spec)(spec.name, spec.input_shape, layers))]
    )
    assert ".body." in name


@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.floats(0, 0.999))
def test_smoothing_is_the_weighted_mean_of_what_came_before(values: list[float], weight: float) -> None:
    found = smooth_curve(values, weight)
    for k, value in enumerate(found):
        weights = np.array([weight ** (k - i) for i in range(k + 1)])
        assert value == pytest.approx(float(np.average(values[: k + 1], weights=weights)), rel=1e-9, abs=1e-6)


def test_smoothing_is_tensorboards() -> None:
    """Its own recurrence: last = w·last + (1 − w)·v, divided by 1 − wⁿ."""
    values, weight, last, wanted = [3.0, 1.0, 4.0, 1.0, 5.0], 0.6, 0.0, []
    for n, value in enumerate(values, 1):
        last = weight * last + (1 - weight) * value
        wanted.append(last / (1 - weight**n))
    assert smooth_curve(values, weight) == pytest.approx(wanted)
    assert smooth_curve([2.0, math.nan, 4.0, math.inf], 0.5)[::2] == pytest.approx([2, 10 / 3])
    for bad in (1, -0.1, math.nan):
        with pytest.raises(ValueError, match="Weight is"):
            smooth_curve(values, bad)


def test_every_setting_of_a_run_is_a_factor_but_a_few() -> None:
    assert set(experiment_factors()) == {field.name for field in fields(TrainConfig)} - set(EXCLUDED_SETTINGS)
    for factor in experiment_factors():  # and each takes at least its own default back
        default = getattr(CONFIG, factor)
        options = factor_choices(factor)
        values = options or parse_values(factor, describe_setting(default))
        assert default in values, factor
        for value in values:
            if factor != "nesterov":  # which needs another optimiser
                replace(CONFIG, **{factor: value})


def test_what_was_typed_becomes_values() -> None:
    assert parse_values("learning_rate", "0.001, 1e-2,0.1,") == (0.001, 0.01, 0.1)
    assert parse_values("batch_size", " 8, 16") == (8, 16)
    assert parse_values("epochs", "") == ()
    with pytest.raises(ValueError, match="'fast' is not a number: learning rate takes"):
        parse_values("learning_rate", "0.1, fast")
    with pytest.raises(ValueError, match=r"'1\.5' is not a whole number"):
        parse_values("batch_size", "1.5")


def test_an_experiment_tries_every_value_with_every_seed() -> None:
    plan = plan_factor_runs(TINY, CONFIG, "learning_rate", [0.1, 0.2], [0, 1, 2])
    assert [(p.config.learning_rate, p.config.seed) for p in plan] == [(r, s) for s in (0, 1, 2) for r in (0.1, 0.2)]
    assert plan[0].name == "0.1, seed 0"
    assert all(replace(p.config, learning_rate=CONFIG.learning_rate, seed=0) == CONFIG for p in plan)
    assert all(p.spec == TINY for p in plan)


def test_networks_can_be_the_factor() -> None:
    other = preset("Linear only", input_shape=(1, 8, 8), classes=10)
    plan = plan_factor_runs(TINY, CONFIG, "network", [TINY, other], [3])
    assert [(p.spec, p.config.seed, p.name) for p in plan] == [
        (TINY, 3, "Tiny CNN, seed 3"),
        (other, 3, "Linear only, seed 3"),
    ]


@pytest.mark.parametrize(
    ("factor", "values", "seeds", "message"),
    [
        ("learning_rate", [0.1], [0], "There are 1 different values: give 2 to 5"),
        ("learning_rate", [0.1, 0.1], [0], "There are 1 different values"),
        ("epochs", range(1, 7), [0], "There are 6 different values"),
        ("learning_rate", [0.1, -1], [0], "Learning rate is -1"),
        ("batch_size", [1, 2.5], [0], "Batch size is 2.5"),
        ("optimizer", ["adam", "magic"], [0], "Optimizer is 'magic'"),
        ("seed", [1, 2], [0], "Factor is 'seed'"),
        ("epochs", [1, 2], [], "give 1 to 5 different"),
        ("epochs", [1, 2], [1, 1], "give 1 to 5 different"),
        ("epochs", [1, 2], range(6), "give 1 to 5 different"),
    ],
)
def test_impossible_experiments_get_a_sentence(factor, values, seeds, message) -> None:
    with pytest.raises(ValueError, match=message):
        plan_factor_runs(TINY, CONFIG, factor, values, seeds)


def test_spread_is_mean_and_sample_deviation() -> None:
    values = [0.9, 0.95, 0.91]
    one, alone = compute_spreads({"a": values, "none yet": [], "b": [0.5]})
    assert (one.mean, one.deviation) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert (one.lowest, one.highest, alone.deviation) == (0.9, 0.95, None)


def test_the_chance_told_is_that_of_a_permutation() -> None:
    """Of all ways to deal six figures to two values, these separate."""
    from itertools import combinations

    figures, apart = range(6), 0
    for chosen in combinations(figures, 3):
        rest = [x for x in figures if x not in chosen]
        apart += min(chosen) > max(rest) or max(chosen) < min(rest)
    verdict = compare_spreads(compute_spreads({"a": [1, 2, 3], "b": [4, 5, 6]}), higher_is_better=True)
    assert verdict.one_in == math.comb(6, 3) / apart == 10


def test_what_an_experiment_changed_is_found_from_its_runs() -> None:
    plan = plan_factor_runs(TINY, CONFIG, "augmentation", [(), ("flip", "crop")], [0, 1])
    assert describe_change([(p.spec, p.config) for p in plan]) == (
        "augmentation",
        ["none", describe_setting(plan[1].config.augmentation)] * 2,
    )
    other = preset("Linear only", input_shape=(1, 8, 8), classes=10)
    plan = plan_factor_runs(TINY, CONFIG, "network", [TINY, other], [0])
    assert describe_change([(p.spec, p.config) for p in plan]) == ("network", ["Tiny CNN", "Linear only"])
    assert describe_change([(TINY, CONFIG), (TINY, replace(CONFIG, seed=1))]) == ("", ["", ""])


def test_every_suggestion_makes_an_experiment() -> None:
    for base in (CONFIG, TrainConfig("shapes", "sgd", 1e6, momentum=0.0, batch_size=1, epochs=1000, step_every=1)):
        for factor in experiment_factors():
            if not factor_choices(factor):
                plan = plan_factor_runs(TINY, base, factor, parse_values(factor, suggest_values(factor, base))[:5], [0])
                assert len(plan) >= 2, factor

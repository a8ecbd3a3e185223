"""Several runs side by side: settings that differ, smoothed curves, and experiments that change one factor.

The sentences about an experiment are in `cnn_core.runs.explain`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean, stdev
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cnn_core.checks import real
from cnn_core.networks import NetworkSpec
from cnn_core.networks.blocks import block_parts, part_names
from cnn_core.networks.layers import Layer
from cnn_core.networks.spec import layer_to_dict, name_layers
from cnn_core.runs.planned import Planned
from cnn_core.runs.schema import MAX_NAME_LENGTH
from cnn_core.training.config import TrainConfig

MAX_LAYER_COLUMNS = 6
"""Networks that differ in more layers than this, or whose layers have other names, are compared by their number."""
EXCLUDED_SETTINGS = ("dataset", "seed", "device", "pretrained", "weights", "resize")
"""Settings that no experiment changes: other images or weights need another network or other files, and the seed is
what each value is repeated with."""
MAX_FACTOR_VALUES = 5
"""Values of one factor: more than five are hard to compare, and each is trained several times."""
MAX_SEEDS = 5
"""Repetitions of each value: with five, two values without any difference seldom come apart by chance (1 in 126)."""
NETWORK = "network"
"""The factor whose values are networks."""
NONE_WORD = "none"
"""How a setting without a value is written and read."""
_SUGGESTED_VALUES = {
    "momentum": "0, 0.5, 0.9",
    "weight_decay": "0, 0.0001, 0.01",
    "label_smoothing": "0, 0.1, 0.3",
    "step_factor": "0.1, 0.3, 0.5",
    "augmentation": "none, flip, flip+crop",
    "patience": "0, 3",
    "train_images": "100, 300, 1000",
    "epochs": "5, 10, 20",
}
"""Values worth trying where a quarter and four times the present value make no sense."""


@dataclass(frozen=True)
class RunSettings:
    """Everything that decides how a run goes: the network's name, its layers {name: kind and settings}, the config."""

    network: str
    layers: Mapping[str, str]
    config: Mapping[str, object]


def run_settings(spec: NetworkSpec, config: TrainConfig) -> RunSettings:
    """Return everything that decides how a run of this network with these settings goes."""
    return RunSettings(spec.name, dict(_layer_settings(spec.layers)), config.to_dict())


def _layer_settings(layers: tuple[Layer, ...], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the settings of every layer, with those inside blocks."""
    for name, layer in name_layers(layers):
        for part_name, part in zip(part_names(layer), block_parts(layer), strict=True) if block_parts(layer) else ():
            yield from _layer_settings(part, f"{path}{name}.{part_name}.")
        if not block_parts(layer):
            data = layer_to_dict(layer)
            yield f"{path}{name}", " ".join([data.pop("kind"), *(f"{key}={value}" for key, value in data.items())])


def differing_settings(runs: Sequence[RunSettings]) -> dict[str, tuple[object, ...]]:
    """Return the settings that are not the same in all runs, as {name: its value in every run}.

    A layer is called "layer conv1"; where layers differ too much to be listed, "layers" gives their number.
    """
    layers = _differing_entries([run.layers for run in runs])
    alike = not any(None in values for values in layers.values())
    if alike and len(layers) <= MAX_LAYER_COLUMNS:
        different_layers = {f"layer {name}": values for name, values in layers.items()}
    else:
        different_layers = {"layers": tuple(len(run.layers) for run in runs)}
    network = _differing_entries([{NETWORK: run.network} for run in runs])
    return {**network, **different_layers, **_differing_entries([run.config for run in runs])}


def _differing_entries(runs: Sequence[Mapping[str, object]]) -> dict[str, tuple[object, ...]]:
    """Return the entries that are not the same in all runs; None stands for a run without such an entry."""
    names = dict.fromkeys(name for run in runs for name in run)
    columns = {name: tuple(run.get(name) for run in runs) for name in names}
    return {name: values for name, values in columns.items() if any(value != values[0] for value in values)}


def smooth_curve(values: Sequence[float], weight: float) -> list[float]:
    """Return the curve smoothed as TensorBoard does: an exponential moving average, corrected for its start at 0.

    Value k becomes Σ wᵏ⁻ⁱ·vᵢ / Σ wᵏ⁻ⁱ over i ≤ k: a `weight` w of 0 changes nothing, and closer to 1 it looks further
    back. Values that are not finite stay as they are and do not affect others. Raises ValueError unless 0 ≤ weight < 1.
    """
    real("weight", weight, 0, below=1)
    total, weights, result = 0.0, 0.0, []
    for value in values:
        if not math.isfinite(value):
            result.append(value)
            continue
        total, weights = weight * total + value, weight * weights + 1
        result.append(total / weights)
    return result


def experiment_factors() -> dict[str, Any]:
    """Return every setting that an experiment can change, with its type as TrainConfig declares it."""
    kinds = get_type_hints(TrainConfig)
    return {field.name: kinds[field.name] for field in fields(TrainConfig) if field.name not in EXCLUDED_SETTINGS}


def factor_choices(factor: str) -> tuple[Any, ...]:
    """Return the values to choose from; () where any number or text may be typed."""
    kind = experiment_factors()[factor]
    if kind is bool:
        return (False, True)
    return get_args(kind) if get_origin(kind) is Literal else ()


def parse_values(factor: str, text: str) -> tuple[Any, ...]:
    """Return the values of a factor from text with commas: "0.001, 0.01"; names may be joined: "none, flip+crop".

    Raises ValueError with a sentence that names what cannot be read.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    return tuple(_parse_value(factor, experiment_factors()[factor], word) for word in words)


def _parse_value(factor: str, kind: Any, word: str) -> Any:
    allowed = get_args(kind) if get_origin(kind) not in (tuple, Literal) else ()
    if word.lower() == NONE_WORD and (get_origin(kind) is tuple or NoneType in allowed):
        return () if get_origin(kind) is tuple else None
    if get_origin(kind) is tuple:
        return tuple(part.strip() for part in word.split("+"))
    if str not in (kind, *allowed):
        try:
            return int(word) if int in (kind, *allowed) and float not in allowed else float(word)
        except ValueError:
            wanted = "a whole number" if int in (kind, *allowed) else "a number"
            raise ValueError(
                f"{word!r:.40} is not {wanted}: {describe_setting(factor)} takes values such as 1, 2, 3."
            ) from None
    return word


def suggest_values(factor: str, config: TrainConfig) -> str:
    """Return values worth trying for a factor that takes any number or text, written as `parse_values` reads them."""
    now = getattr(config, factor)
    if factor in _SUGGESTED_VALUES or isinstance(now, bool) or not isinstance(now, int | float) or now <= 0:
        return _SUGGESTED_VALUES.get(factor, describe_setting(now))
    around = (now / 4, now, now * 4) if isinstance(now, float) else (max(1, now // 4), now, now * 4)
    return ", ".join(
        dict.fromkeys(describe_setting(value) for value in around if _accepts_value(config, factor, value))
    )


def _accepts_value(config: TrainConfig, factor: str, value: Any) -> bool:
    try:
        return replace(config, **{factor: value}) is not None
    except ValueError:
        return False


def describe_setting(value: object) -> str:
    """Return a setting's name or value as text: "learning rate", "0.01", "flip+crop", "none"."""
    if isinstance(value, NetworkSpec):
        return value.name
    if isinstance(value, list | tuple):
        return "+".join(map(str, value)) or NONE_WORD
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return NONE_WORD if value is None else str(value).replace("_", " ")


def plan_factor_runs(
    spec: NetworkSpec, config: TrainConfig, factor: str, values: Sequence[Any], seeds: Sequence[int]
) -> list[Planned]:
    """Return the runs of an experiment that changes one factor: each value once for every seed, seed after seed.

    `factor` is a name from `experiment_factors`, or "network" with NetworkSpecs as values. The first seed of every
    value comes first, so that an experiment that is stopped early has tried all values equally often.
    Raises ValueError with a sentence for a bad value, fewer than 2 or more than 5 different ones, or 0 or more than 5
    seeds.
    """
    if factor != NETWORK and factor not in experiment_factors():
        raise ValueError(f"Factor is {factor!r:.40}: choose one of {', '.join((NETWORK, *experiment_factors()))}.")
    if not 1 <= len(set(seeds)) == len(seeds) <= MAX_SEEDS:
        raise ValueError(f"Seeds are {list(seeds)!s:.60}: give 1 to {MAX_SEEDS} different ones.")
    variants = []
    for value in values:
        variant = (value, config) if factor == NETWORK else (spec, replace(config, **{factor: value}))
        if variant not in variants:
            variants.append(variant)
    if not 2 <= len(variants) <= MAX_FACTOR_VALUES:
        raise ValueError(f"There are {len(variants)} different values: give 2 to {MAX_FACTOR_VALUES}.")
    named = [(s, c, describe_setting(s if factor == NETWORK else getattr(c, factor))) for s, c in variants]
    return [
        Planned(f"{word}, seed {seed}"[:MAX_NAME_LENGTH], s, replace(c, seed=seed))
        for seed in seeds
        for s, c, word in named
    ]


def describe_change(runs: Sequence[tuple[NetworkSpec, TrainConfig]]) -> tuple[str, list[str]]:
    """Return the name of what an experiment changed, seeds aside, and its value in each of the runs."""
    different = differing_settings([run_settings(spec, replace(config, seed=0)) for spec, config in runs])
    if NETWORK in different:
        return NETWORK, [spec.name for spec, _ in runs]
    values = zip(*different.values(), strict=True) if different else [()] * len(runs)
    return " and ".join(map(describe_setting, different)), [", ".join(map(describe_setting, value)) for value in values]


@dataclass(frozen=True)
class Spread:
    """The results of one value of a factor: a figure for each seed, their mean, sample standard deviation (None for one
    seed), minimum and maximum."""

    label: str
    values: tuple[float, ...]
    mean: float
    deviation: float | None
    lowest: float
    highest: float


def compute_spreads(figures: Mapping[str, Sequence[float]]) -> list[Spread]:
    """Return the spread of each value in {value: a figure for each seed}; values without figures are left out."""
    return [
        Spread(label, tuple(found), fmean(found), stdev(found) if len(found) > 1 else None, min(found), max(found))
        for label, found in figures.items()
        if found
    ]


@dataclass(frozen=True)
class Verdict:
    """How the value with the best mean compares with the others.

    The range of a value in `overlapping` overlaps that of `best`. Every seed of `best` did better than every seed of a
    value in `separate`; by chance alone, that happens in one of `one_in` experiments with the smallest of them.
    """

    best: Spread
    overlapping: tuple[Spread, ...]
    separate: tuple[Spread, ...]
    one_in: float | None

    @property
    def has_repetitions(self) -> bool:
        """Tell whether every value was trained with at least two seeds."""
        return all(len(spread.values) > 1 for spread in (self.best, *self.overlapping, *self.separate))


def compare_spreads(spreads: Sequence[Spread], *, higher_is_better: bool) -> Verdict | None:
    """Return how the best value compares with the others; None for fewer than two values.

    Under the hypothesis that two values make no difference, all (m + n over m) ways to deal their m + n figures to the
    two are equally likely, and 2 of them separate the values completely: an exact permutation test.
    """
    if len(spreads) < 2:
        return None
    best, *others = sorted(spreads, key=lambda one: one.mean, reverse=higher_is_better)
    separate = tuple(one for one in others if _are_separate(best, one, higher_is_better))
    one_in = None
    if separate:
        fewest = min(len(one.values) for one in separate)
        one_in = math.comb(len(best.values) + fewest, len(best.values)) / 2
    return Verdict(best, tuple(one for one in others if one not in separate), separate, one_in)


def _are_separate(best: Spread, other: Spread, higher_is_better: bool) -> bool:
    return best.lowest > other.highest if higher_is_better else best.highest < other.lowest

"""Several runs side by side: which settings differ, curves smoothed, and experiments that change one factor."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean, stdev
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cnn_core.networks import NetworkSpec
from cnn_core.networks.blocks import block_parts, part_names
from cnn_core.networks.layers import Layer
from cnn_core.networks.spec import layer_to_dict, name_layers
from cnn_core.runs.planned import Planned
from cnn_core.runs.schema import MAX_NAME_LENGTH
from cnn_core.training.config import TrainConfig

MAX_LAYER_COLUMNS = 6
"""Networks that differ in more layers than this, or have other ones, are told apart by their number of layers."""
EXCLUDED_SETTINGS = ("dataset", "seed", "device", "pretrained", "weights", "resize")
"""Settings that no experiment changes: images and weights from elsewhere ask for another network or other files, and
the seed is what is repeated over."""
CHANCE_LIMIT = 20
"""One chance in this many is the least that is usually called more than chance."""
MAX_FACTOR_VALUES, MAX_SEEDS = 5, 5
NETWORK = "network"
NONE_WORD = "none"
# Where a quarter and four times the value of now make no sense.
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


def run_settings(spec: NetworkSpec, config: TrainConfig) -> dict[str, object]:
    """Everything that decides how a run goes: the network's name and layers ("layer conv1"), and the settings."""
    layers = {f"layer {name}": words for name, words in _layer_settings(spec.layers)}
    return {NETWORK: spec.name, **layers, **config.to_dict()}


def _layer_settings(layers: tuple[Layer, ...], path: str = "") -> Iterator[tuple[str, str]]:
    """Name and words of every layer, those inside blocks too."""
    for name, layer in name_layers(layers):
        for part_name, part in zip(part_names(layer), block_parts(layer), strict=True) if block_parts(layer) else ():
            yield from _layer_settings(part, f"{path}{name}.{part_name}.")
        if not block_parts(layer):
            data = layer_to_dict(layer)
            yield f"{path}{name}", " ".join([data.pop("kind"), *(f"{key}={value}" for key, value in data.items())])


def differing_settings(runs: Sequence[Mapping[str, object]]) -> dict[str, tuple[object, ...]]:
    """The settings that are not the same in all runs, each with its value in every run; None where a run has none."""
    names = list(dict.fromkeys(name for run in runs for name in run))
    columns = {name: tuple(run.get(name) for run in runs) for name in names}
    different = {name: values for name, values in columns.items() if any(value != values[0] for value in values)}
    layers = [name for name in different if name.startswith("layer ")]
    if len(layers) <= MAX_LAYER_COLUMNS and not any(None in different[name] for name in layers):
        return different
    counts = tuple(sum(name.startswith("layer ") for name in run) for run in runs)
    rest = {name: values for name, values in different.items() if name not in layers}
    return {**({NETWORK: rest.pop(NETWORK)} if NETWORK in rest else {}), "layers": counts, **rest}


def smooth_curve(values: Sequence[float], weight: float) -> list[float]:
    """TensorBoard's smoothing: an exponential moving average, freed from its start at 0.

    Value k becomes Σ wᵏ⁻ⁱ·vᵢ / Σ wᵏ⁻ⁱ over i ≤ k: `weight` w of 0 changes nothing, towards 1 it looks further back.
    What is no finite number stays, and counts for no other value. Raises ValueError unless 0 ≤ weight < 1.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"weight is {weight}: it must be at least 0 and less than 1.")
    total, weights, result = 0.0, 0.0, []
    for value in values:
        if not math.isfinite(value):
            result.append(value)
            continue
        total, weights = weight * total + value, weight * weights + 1
        result.append(total / weights)
    return result


def experiment_factors() -> dict[str, Any]:
    """Every setting that an experiment can change, with its type as TrainConfig declares it."""
    kinds = get_type_hints(TrainConfig)
    return {field.name: kinds[field.name] for field in fields(TrainConfig) if field.name not in EXCLUDED_SETTINGS}


def factor_choices(factor: str) -> tuple[Any, ...]:
    """The values to choose from; () where any number or text may be typed."""
    kind = experiment_factors()[factor]
    if kind is bool:
        return (False, True)
    return get_args(kind) if get_origin(kind) is Literal else ()


def parse_values(factor: str, text: str) -> tuple[Any, ...]:
    """What was typed for a factor, values between commas: "0.001, 0.01". Several names together: "flip+crop"; "none".

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
    """Values worth trying for a factor that takes any number or text, as `parse_values` reads them."""
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
    """A setting's name or value in words: "learning rate", 0.01, "flip+crop", "none"."""
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
    """The runs of an experiment that changes one factor: each value once for every seed, seed after seed.

    `factor` is a name from `experiment_factors`, or "network" with NetworkSpecs as values. So that an experiment that
    is stopped early has tried all values alike, the first seed of every value comes first.
    Raises ValueError with a sentence for a bad value, fewer than 2 or more than 5 different ones, or 0 or more than 5
    seeds.
    """
    if factor != NETWORK and factor not in experiment_factors():
        raise ValueError(f"factor is {factor!r:.40}: choose one of {', '.join((NETWORK, *experiment_factors()))}.")
    if not 1 <= len(set(seeds)) == len(seeds) <= MAX_SEEDS:
        raise ValueError(f"seeds are {list(seeds)!s:.60}: give 1 to {MAX_SEEDS} different ones.")
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
    """What was changed in the runs of an experiment, seeds aside, and the value of each run, both in words."""
    different = differing_settings([run_settings(spec, replace(config, seed=0)) for spec, config in runs])
    if NETWORK in different:
        return NETWORK, [spec.name for spec, _ in runs]
    values = zip(*different.values(), strict=True) if different else [()] * len(runs)
    return " and ".join(map(describe_setting, different)), [", ".join(map(describe_setting, value)) for value in values]


@dataclass(frozen=True)
class Spread:
    """What came of one value of a factor: a figure a seed, their mean, sample standard deviation (None for one seed),
    lowest and highest."""

    label: str
    values: tuple[float, ...]
    mean: float
    deviation: float | None
    lowest: float
    highest: float


def compute_spreads(figures: Mapping[str, Sequence[float]]) -> list[Spread]:
    """The spread of each value's figures, {value: a figure a seed}; values without any are left out."""
    return [
        Spread(label, tuple(found), fmean(found), stdev(found) if len(found) > 1 else None, min(found), max(found))
        for label, found in figures.items()
        if found
    ]


def experiment_verdict(spreads: Sequence[Spread], *, higher_is_better: bool) -> str:
    """In Markdown, what the spread of an experiment allows to conclude, and what it does not; "" for less than two
    values."""
    if len(spreads) < 2:
        return ""
    best, *others = sorted(spreads, key=lambda one: one.mean, reverse=higher_is_better)
    if min(len(one.values) for one in spreads) < 2:
        return (
            f"**{best.label}** comes out best, with one seed. Another seed alone may turn that round: "
            "only more seeds show how much is chance."
        )
    apart = [one for one in others if _is_apart(best, one, higher_is_better)]
    close = [one for one in others if one not in apart]
    sentences = []
    if close:
        names = " and ".join(f"**{one.label}**" for one in close)
        sentences.append(
            f"**{best.label}** has the best mean, but its range overlaps with that of {names}: "
            "the difference is within the spread of the seeds."
        )
    if apart:
        names = " and ".join(f"**{one.label}**" for one in apart)
        sentences.append(f"Every seed of **{best.label}** did better than every seed of {names}.")
        fewest = min(apart, key=lambda one: len(one.values))
        deals = math.comb(len(best.values) + len(fewest.values), len(best.values)) / 2
        sentences.append(
            f"Two values that make no difference at all would come apart like this in 1 of {deals:.0f} such experiments"
            + (": try more seeds." if deals < CHANCE_LIMIT else ".")
        )
    return " ".join(sentences)


def _is_apart(best: Spread, other: Spread, higher_is_better: bool) -> bool:
    return best.lowest > other.highest if higher_is_better else best.highest < other.lowest

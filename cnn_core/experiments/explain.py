"""Say in words what the experiments measured."""

from collections.abc import Mapping, Sequence

from cnn_core.experiments.shifts import MAX_SHIFT, STAGES
from cnn_core.words import format_count

MIN_POINTS = 2
"""Percentage points below which two changes count as equal: less is due to the choice of pictures."""


def describe_changes(stage_changes: Mapping[str, Sequence[float]], shift: int) -> tuple[str, ...]:
    """Describe what `mean_changes` measured in sentences (Markdown) for the shift of `shift` pixels, 0 … MAX_SHIFT.

    >>> changes = {stage: (0, 0.5, 0.6, 0.7, 0.8) for stage in STAGES}
    >>> describe_changes(changes, 0)[0]
    'Not moved, nothing changes: all four are at 0%.'
    """
    none, largest, mean, strided = (stage_changes[stage] for stage in STAGES)
    if shift == 0:
        return ("Not moved, nothing changes: all four are at 0%.", _describe_steadiest(stage_changes))
    pixels = format_count(shift, "pixel")
    return (
        f"Moved by {pixels}, the features change by **{none[shift]:.0%}** without pooling, **{largest[shift]:.0%}** "
        f"after max pooling, **{mean[shift]:.0%}** after average pooling and **{strided[shift]:.0%}** after the "
        "strided convolution.",
        f"{_describe_difference('Max pooling', largest[shift], none[shift])} {_describe_pooling_gain(largest, none)}",
        _describe_steadiest(stage_changes),
        f"{_describe_difference('The strided convolution', strided[shift], none[shift])} It makes its maps just as "
        "small as pooling does, but looks at one place where pooling looks at all of them.",
    )


def _describe_difference(who: str, value: float, reference: float) -> str:
    """Compare a change with the change without pooling."""
    points = _point_difference(value, reference)
    if abs(points) < MIN_POINTS:
        return f"{who} hardly differs from no pooling here."
    return f"{who} changes {abs(points)} percentage points {'less' if points < 0 else 'more'} than no pooling here."


def _point_difference(larger: float, smaller: float) -> int:
    """Return the difference of two shares in percentage points, taken of the rounded numbers that are shown."""
    return int(f"{100 * larger:.0f}") - int(f"{100 * smaller:.0f}")


def _describe_pooling_gain(pooled: Sequence[float], none: Sequence[float]) -> str:
    """Say at which shifts pooling lowers the change, and where it lowers it most."""
    gains = {shift: _point_difference(none[shift], pooled[shift]) for shift in range(1, len(none))}
    helped = [shift for shift, gain in gains.items() if gain > 0]
    if not helped:
        return "It helps at no shift from 1 to 4."
    best = max(helped, key=lambda shift: gains[shift])
    where = "at every shift" if len(helped) == len(gains) else f"at {_join_numbers(helped)} pixels"
    return f"It lowers the change {where}, most at {best}: by {gains[best]} points."


def _describe_steadiest(stage_changes: Mapping[str, Sequence[float]]) -> str:
    """Say which stage changes least at each shift."""
    least = {shift: min(STAGES, key=lambda stage: stage_changes[stage][shift]) for shift in range(1, MAX_SHIFT + 1)}
    winners = list(dict.fromkeys(least.values()))
    if len(winners) == 1:
        won = f"{winners[0]} changes least at every shift."
    else:
        parts = [f"{stage} at {_join_numbers([s for s in least if least[s] == stage])}" for stage in winners]
        won = f"Least changed: {'; '.join(parts)} pixels."
    return won if "Max pooling" in winners else f"{won} Max pooling is not the steadiest here."


def _join_numbers(numbers: Sequence[int]) -> str:
    """Return the numbers as a list in words, such as "1, 2 and 3"."""
    *head, last = map(str, numbers)
    return f"{', '.join(head)} and {last}" if head else last

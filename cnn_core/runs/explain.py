"""Sentences about an experiment, in Markdown."""

from collections.abc import Sequence

from cnn_core.runs.comparison import Spread, compare_spreads

CHANCE_LIMIT = 20
"""A difference is usually called significant when chance alone brings it about in less than one case of this many."""


def experiment_verdict(spreads: Sequence[Spread], *, higher_is_better: bool) -> str:
    """Return what the spreads of an experiment show and what they do not; "" for fewer than two values."""
    verdict = compare_spreads(spreads, higher_is_better=higher_is_better)
    if verdict is None:
        return ""
    best = verdict.best.label
    if not verdict.has_repetitions:
        return (
            f"**{best}** comes out best, with one seed. Another seed might reverse the order: "
            "only more seeds show how much is chance."
        )
    sentences = []
    if verdict.overlapping:
        sentences.append(
            f"**{best}** has the best mean, but its range overlaps with that of {_join_labels(verdict.overlapping)}: "
            "the difference is within the spread of the seeds."
        )
    if verdict.one_in is not None:
        sentences.append(f"Every seed of **{best}** did better than every seed of {_join_labels(verdict.separate)}.")
        advice = ": try more seeds." if verdict.one_in < CHANCE_LIMIT else "."
        sentences.append(
            "Two values that make no difference at all would be separated like this in 1 of "
            f"{verdict.one_in:.0f} such experiments{advice}"
        )
    return " ".join(sentences)


def _join_labels(spreads: Sequence[Spread]) -> str:
    return " and ".join(f"**{one.label}**" for one in spreads)

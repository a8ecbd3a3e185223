"""Sentences about an experiment: they claim no more than its spread allows."""

import pytest

from cnn_core.runs.comparison import compute_spreads
from cnn_core.runs.explain import experiment_verdict


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"a": [0.9, 0.92], "b": [0.91, 0.8]}, ["**a** has the best mean", "within the spread of the seeds"]),
        ({"a": [0.9, 0.92], "b": [0.9, 0.8]}, ["within the spread"]),  # the ends touch
        (
            {"a": [0.7, 0.8], "b": [0.9, 0.99]},
            ["Every seed of **b** did better than every seed of **a**", "in 1 of 3 such"],
        ),
        ({"a": [1, 2, 3], "b": [4, 5, 6]}, ["in 1 of 10 such experiments: try more seeds"]),
        ({"a": [1, 2, 3, 4, 5], "b": [6, 7, 8, 9, 10]}, ["in 1 of 126 such experiments."]),
        ({"a": [0.9], "b": [0.8]}, ["with one seed", "only more seeds"]),
        ({"a": [3, 4], "b": [3.5, 3.9], "c": [1, 2]}, ["overlaps with that of **", "better than every seed of **c**"]),
    ],
)
def test_sentences_claim_no_more_than_the_spread_allows(figures, words) -> None:
    said = experiment_verdict(compute_spreads(figures), higher_is_better=True)
    for word in words:
        assert word in said
    flipped = experiment_verdict(
        compute_spreads({k: [-x for x in v] for k, v in figures.items()}), higher_is_better=False
    )
    assert flipped == said


def test_one_value_alone_gives_no_sentence() -> None:
    assert experiment_verdict(compute_spreads({"a": [1, 2]}), higher_is_better=True) == ""

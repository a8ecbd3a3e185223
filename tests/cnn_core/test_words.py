"""Numbers as sentences write them; most cases stand in the docstrings."""

import doctest

import pytest

from cnn_core import words


def test_the_examples_of_the_docstrings_hold() -> None:
    outcome = doctest.testmod(words)
    assert outcome.failed == 0 < outcome.attempted


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (119.7, "2 min 0 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (36_000, "10 h 0 min"),
    ],
)
def test_a_duration_is_rounded_before_it_is_split_into_units(seconds: float, text: str) -> None:
    assert words.format_duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 classes"), (1, "1 class"), (2, "2 classes"), (1000, "1,000 classes")]
)
def test_only_one_is_singular(count: int, text: str) -> None:
    assert words.format_count(count, "class", "classes") == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 kB"), (2**20, "1.00 MB"), (2**30, "1.00 GB"), (2**42, "4,096.00 GB")],
)
def test_memory_is_written_in_the_largest_unit(size: int, text: str) -> None:
    assert words.format_memory(size) == text


def test_signs_are_true_minus_signs() -> None:
    assert words.format_number(-0.25) == "−0.25"
    assert words.format_number(1e-7) == "1e−07"
    assert words.format_rounded(-1660) == "−1,660"
    assert words.format_percent(-0.05) == "−5.0 %"


def test_the_first_letter_alone_is_changed() -> None:
    assert words.capitalize_first("") == ""
    assert words.capitalize_first("élan of SGD") == "Élan of SGD"
    assert words.capitalize_first("“same” pads") == "“same” pads"

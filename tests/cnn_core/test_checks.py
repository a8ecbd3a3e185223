"""The checks of arguments accept what is right as plain numbers, and refuse the rest with a finished sentence."""

import doctest
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from cnn_core import checks


def test_the_examples_of_the_docstrings_hold() -> None:
    outcome = doctest.testmod(checks)
    assert outcome.failed == 0 < outcome.attempted


def test_numpy_numbers_become_plain_ones() -> None:
    assert type(checks.whole("size", np.int64(3), 1)) is int
    assert type(checks.real("rate", np.float64(0.5))) is float
    assert type(checks.real("rate", 2)) is float


@pytest.mark.parametrize("value", [0, 10, True, 2.0, "2", None, [2], nan])
def test_what_is_not_whole_or_not_in_range_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^Kernel size is .*: it must be a whole number from 1 to 9\.$"):
        checks.whole("kernel_size", value, 1, 9)


@pytest.mark.parametrize(
    ("limits", "allowed", "values"),
    [
        ({"minimum": 0, "maximum": 1}, "from 0 to 1", (-0.1, 1.1, nan)),
        ({"above": 0}, "above 0", (0, -1, inf, nan)),
        ({"minimum": 0, "below": 1}, "of at least 0 and less than 1", (-1e-9, 1.0, nan)),
        ({"maximum": 5}, "up to 5", (5.1, -inf)),
        ({}, "that is finite", (inf, -inf, nan, "1", None, True)),
    ],
)
def test_numbers_outside_of_their_limits_are_refused_with_the_limits(
    limits: dict[str, float], allowed: str, values: tuple[Any, ...]
) -> None:
    for value in values:
        with pytest.raises(ValueError, match=rf"^Rate is .*: it must be a number {allowed}\.$"):
            checks.real("rate", value, **limits)


def test_only_true_and_false_are_flags() -> None:
    assert checks.flag("bias", False) is False
    for value in (0, None, "true", np.True_):
        with pytest.raises(ValueError, match=r"^Bias is .*: it must be true or false\.$"):
            checks.flag("bias", value)


@pytest.mark.parametrize("value", [True, 2, "1", None, [1], {}])
def test_what_is_no_choice_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^Channels is .*: choose one of 1, 3\.$"):
        checks.one_of("channels", value, (1, 3))


def test_long_values_are_cut() -> None:
    with pytest.raises(ValueError, match="choose one of") as error:
        checks.one_of("channels", "x" * 10_000, (1, 3))
    assert len(str(error.value)) < 120

"""Checks of arguments: each returns the value it was given, or raises ValueError with a finished sentence.

The sentence begins with the argument's name in words, says what it is and what would be right. Pages show it unchanged.
A library for validation (pydantic, attrs) would check as well, but its messages are not such sentences.
"""

from collections.abc import Iterable
from math import inf
from operator import index
from typing import Any, TypeVar

from cnn_core.words import capitalize_first

T = TypeVar("T")


def name_in_words(name: str) -> str:
    """Return an argument's name as the beginning of a sentence.

    >>> name_in_words("kernel_size")
    'Kernel size'
    """
    return capitalize_first(name.replace("_", " "))


def whole(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """Return `value` as an int. Raise ValueError unless it is a whole number in range, which True and 2.0 are not.

    >>> whole("stride", 2, 1)
    2
    >>> whole("kernel_size", 0, 1, 9)
    Traceback (most recent call last):
    ValueError: Kernel size is 0: it must be a whole number from 1 to 9.
    """
    try:
        number = None if isinstance(value, bool) else index(value)
    except TypeError:
        number = None
    if number is None or number < minimum or (maximum is not None and number > maximum):
        allowed = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
        raise ValueError(f"{name_in_words(name)} is {value!r:.60}: it must be a whole number {allowed}.")
    return number


def real(
    name: str, value: Any, minimum: float = -inf, maximum: float = inf, *, above: float = -inf, below: float = inf
) -> float:
    """Return `value` as a float. Raise ValueError unless it is a finite number within the limits that are given.

    >>> real("momentum", 0, 0, 0.999)
    0.0
    >>> real("rate", 0, above=0)
    Traceback (most recent call last):
    ValueError: Rate is 0: it must be a number above 0.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and minimum <= value <= maximum and above < value < below:  # false for NaN too
        return float(value)
    texts = {"of at least": minimum, "above": above, "up to": maximum, "less than": below}
    limits = " and ".join(f"{words} {limit:g}" for words, limit in texts.items() if abs(limit) < inf)
    if max(abs(minimum), abs(maximum)) < inf:
        limits = f"from {minimum:g} to {maximum:g}"
    raise ValueError(f"{name_in_words(name)} is {value!r:.60}: it must be a number {limits or 'that is finite'}.")


def flag(name: str, value: Any) -> bool:
    """Return `value`. Raise ValueError unless it is True or False.

    >>> flag("bias", 1)
    Traceback (most recent call last):
    ValueError: Bias is 1: it must be true or false.
    """
    if not isinstance(value, bool):
        raise ValueError(f"{name_in_words(name)} is {value!r:.60}: it must be true or false.")
    return value


def one_of(name: str, value: Any, choices: Iterable[T]) -> T:
    """Return `value`. Raise ValueError with the choices unless it is one of them.

    >>> one_of("optimizer", "sdg", ("sgd", "adam"))
    Traceback (most recent call last):
    ValueError: Optimizer is 'sdg': choose one of sgd, adam.
    """
    for choice in choices:
        if choice == value and not isinstance(value, bool):
            return choice
    raise ValueError(f"{name_in_words(name)} is {value!r:.60}: choose one of {', '.join(map(str, choices))}.")

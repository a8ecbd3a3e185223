"""Matrices as text: what a learner types, pastes from a spreadsheet or finds in a link, and back."""

import re
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

LARGEST = 1e6
EMPTY = "_"


def split_matrix(text: str) -> list[list[str]]:
    """The words of a matrix, row by row, unread: `1 x; _ 4` is [["1", "x"], ["_", "4"]]; `_` is an empty cell."""
    lines = re.split(r"[;\n\r\]]+", text.replace("−", "-").translate(str.maketrans("[()", "   ")))
    stripped = [line.strip(" ,\t") for line in lines]
    return [re.split(r"[\s,]+", line) for line in stripped if line]


def parse_matrix(text: str, *, name: str = "matrix", max_rows: int = 12, max_columns: int = 12) -> NDArray[np.float64]:
    """Read rows of numbers as a float array (rows, columns).

    Rows end at a line break, `;` or `]`; numbers are parted by blanks, tabs or commas; brackets are ignored; a
    fraction (1/9) and a true minus sign are numbers too. Raises ValueError with a sentence for anything else:
    no numbers, an empty cell, a word, an infinite or huge number, rows of unequal length, too many rows or columns.
    """
    rows = split_matrix(text)
    if not rows:
        raise ValueError(f"The {name} holds no numbers: type rows such as 1 0 −1; 2 0 −2; 1 0 −1.")
    if len(rows) > max_rows or max(map(len, rows)) > max_columns:
        raise ValueError(
            f"The {name} is {len(rows)} × {max(map(len, rows))}: at most {max_rows} × {max_columns} can be shown here."
        )
    odd = next((i for i, row in enumerate(rows) if len(row) != len(rows[0])), None)
    if odd is not None:
        raise ValueError(
            f"Row {odd + 1} of the {name} has length {len(rows[odd])}, row 1 has length {len(rows[0])}: "
            "every row needs the same."
        )
    numbers = [
        [_number(word, f"row {i}, column {j} of the {name}") for j, word in enumerate(row, 1)]
        for i, row in enumerate(rows, 1)
    ]
    return np.array(numbers, dtype=np.float64)


def format_matrix(values: NDArray[np.float64]) -> str:
    """The shortest text that `parse_matrix` reads back as exactly these values: `-1 0 1; -2 0 2; 1/9 0 1`."""
    return "; ".join(" ".join(_word(float(value)) for value in row) for row in values)


def _word(value: float) -> str:
    """A number as a decimal, or as a fraction where that is shorter and exactly the same float."""
    decimal = repr(value).removesuffix(".0")
    fraction = Fraction(value).limit_denominator(999)
    return str(fraction) if len(str(fraction)) < len(decimal) and float(fraction) == value else decimal


def _number(word: str, place: str) -> float:
    if word == EMPTY:
        raise ValueError(f"The cell in {place} is empty: type a number such as 2, −0.5 or 1/9.")
    try:
        value = float(Fraction(word)) if "/" in word else float(word)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(f"“{word[:20]}” in {place} is not a number: type one such as 2, −0.5 or 1/9.") from None
    if not abs(value) <= LARGEST:  # also true of NaN
        raise ValueError(f"“{word[:20]}” in {place} is out of range: numbers go from −1000000 to 1000000.")
    return value

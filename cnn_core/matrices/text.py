"""Matrices as text: what a learner types, pastes from a spreadsheet or finds in a link, and back."""

import re
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cnn_core.words import format_size

MAX_MAGNITUDE = 1e6
PLANE_SEPARATOR = "|"
EMPTY_CELL = "_"


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
        [_parse_number(word, f"row {i}, column {j} of the {name}") for j, word in enumerate(row, 1)]
        for i, row in enumerate(rows, 1)
    ]
    return np.array(numbers, dtype=np.float64)


def split_planes(text: str) -> list[list[list[str]]]:
    """The words of a stack of matrices, which `|` parts: one matrix a channel."""
    return [split_matrix(plane) for plane in text.split(PLANE_SEPARATOR)]


def parse_planes(
    text: str, *, name: str = "matrix", max_planes: int = 3, max_rows: int = 12, max_columns: int = 12
) -> NDArray[np.float64]:
    """Read matrices parted by `|` as a float array (planes, rows, columns); each as `parse_matrix` reads it.

    Raises ValueError with a sentence for too many planes, and for planes of unequal size.
    """
    texts = text.split(PLANE_SEPARATOR)
    if len(texts) > max_planes:
        raise ValueError(f"The {name} has {len(texts)} planes, parted by |: at most {max_planes} can be shown here.")
    names = [name] if len(texts) == 1 else [f"{name}, plane {i}," for i in range(1, len(texts) + 1)]
    planes = [
        parse_matrix(plane, name=label, max_rows=max_rows, max_columns=max_columns)
        for plane, label in zip(texts, names, strict=True)
    ]
    odd = next((i for i, plane in enumerate(planes) if plane.shape != planes[0].shape), None)
    if odd is not None:
        sizes = [format_size(planes[i].shape) for i in (odd, 0)]
        raise ValueError(
            f"Plane {odd + 1} of the {name} is {sizes[0]}, plane 1 is {sizes[1]}: every plane needs the same size."
        )
    return np.stack(planes)


def format_planes(values: NDArray[np.float64]) -> str:
    """The text that `parse_planes` reads back as exactly these values (planes, rows, columns)."""
    return f" {PLANE_SEPARATOR} ".join(map(format_matrix, values))


def replace_words(text: str, words: Mapping[tuple[int, int, int], str]) -> str:
    """The text of a stack of matrices with some of its words, given by plane, row and column, replaced.

    What was typed is kept as it was typed: it may be no number yet. Cells that are not there are left out.
    """
    planes = split_planes(text)
    for (plane, row, column), word in words.items():
        if plane < len(planes) and row < len(planes[plane]) and column < len(planes[plane][row]):
            planes[plane][row][column] = clean_word(word)
    return f" {PLANE_SEPARATOR} ".join("; ".join(" ".join(row) for row in plane) for plane in planes)


def clean_word(typed: str) -> str:
    """What was typed into a cell as one word of the text: blanks inside would make two, nothing none."""
    return "".join(typed.split())[:30].translate(str.maketrans(",", ".", ";|")) or EMPTY_CELL


def format_matrix(values: NDArray[np.float64]) -> str:
    """The shortest text that `parse_matrix` reads back as exactly these values: `-1 0 1; -2 0 2; 1/9 0 1`."""
    return "; ".join(" ".join(_format_number(float(value)) for value in row) for row in values)


def _format_number(value: float) -> str:
    """A number as a decimal, or as a fraction where that is shorter and exactly the same float."""
    decimal = repr(value).removesuffix(".0")
    fraction = Fraction(value).limit_denominator(999)
    return str(fraction) if len(str(fraction)) < len(decimal) and float(fraction) == value else decimal


def _parse_number(word: str, place: str) -> float:
    if word == EMPTY_CELL:
        raise ValueError(f"The cell in {place} is empty: type a number such as 2, −0.5 or 1/9.")
    try:
        value = float(Fraction(word)) if "/" in word else float(word)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(f"“{word[:20]}” in {place} is not a number: type one such as 2, −0.5 or 1/9.") from None
    if not abs(value) <= MAX_MAGNITUDE:  # also true of NaN
        raise ValueError(f"“{word[:20]}” in {place} is out of range: numbers go from −1000000 to 1000000.")
    return value

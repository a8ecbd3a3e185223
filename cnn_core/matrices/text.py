"""Matrices as text: read from what a learner types, pastes from a spreadsheet or opens as a link, and written back."""

import re
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from cnn_core.words import format_size

MAX_MAGNITUDE = 1e6
"""The largest magnitude that is accepted, so that products and sums stay readable."""
PLANE_SEPARATOR = "|"
"""Stands between the matrices of a stack."""
EMPTY_CELL = "_"
"""Stands for a cell in which nothing has been typed yet."""


def split_matrix(text: str) -> list[list[str]]:
    """Split a matrix into its words, row by row, without reading them as numbers; `_` is an empty cell.

    >>> split_matrix("1 x; _ 4")
    [['1', 'x'], ['_', '4']]
    """
    lines = re.split(r"[;\n\r\]]+", text.replace("−", "-").translate(str.maketrans("[()", "   ")))
    stripped = [line.strip(" ,\t") for line in lines]
    return [re.split(r"[\s,]+", line) for line in stripped if line]


def parse_matrix(text: str, *, name: str = "matrix", max_rows: int = 12, max_columns: int = 12) -> NDArray[np.float64]:
    """Read rows of numbers as a float array (rows, columns).

    Rows end at a line break, `;` or `]`; numbers are separated by spaces, tabs or commas; brackets are ignored;
    fractions (1/9) and true minus signs are read too. Raises ValueError with a sentence for anything else: no numbers,
    an empty cell, a word, an infinite or huge number, rows of unequal length, too many rows or columns.

    >>> parse_matrix("1 −2; 1/4 0").tolist()
    [[1.0, -2.0], [0.25, 0.0]]
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
    """Split a stack of matrices, separated by `|`, into its words: one matrix per channel."""
    return [split_matrix(plane) for plane in text.split(PLANE_SEPARATOR)]


def parse_planes(
    text: str, *, name: str = "matrix", max_planes: int = 3, max_rows: int = 12, max_columns: int = 12
) -> NDArray[np.float64]:
    """Read matrices separated by `|` as a float array (planes, rows, columns); each as `parse_matrix` reads it.

    Raises ValueError with a sentence for too many planes, for planes of unequal size, and as `parse_matrix` does.

    >>> parse_planes("1 2 | 3 4").shape
    (2, 1, 2)
    """
    texts = text.split(PLANE_SEPARATOR)
    if len(texts) > max_planes:
        raise ValueError(f"The {name} has {len(texts)} planes, separated by |: at most {max_planes} can be shown here.")
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
    """Write the text that `parse_planes` reads back as exactly these values (planes, rows, columns).

    >>> format_planes(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]))
    '1 2 | 3 4'
    """
    return f" {PLANE_SEPARATOR} ".join(map(format_matrix, values))


def replace_words(text: str, words: Mapping[tuple[int, int, int], str]) -> str:
    """Replace some words of the text of a stack of matrices; `words` gives them by plane, row and column.

    Words are kept as typed, even where they are not numbers yet. Cells that do not exist are ignored.

    >>> replace_words("1 2; 3 4", {(0, 1, 0): "7"})
    '1 2; 7 4'
    """
    planes = split_planes(text)
    for (plane, row, column), word in words.items():
        if plane < len(planes) and row < len(planes[plane]) and column < len(planes[plane][row]):
            planes[plane][row][column] = clean_word(word)
    return f" {PLANE_SEPARATOR} ".join("; ".join(" ".join(row) for row in plane) for plane in planes)


def clean_word(typed: str) -> str:
    """Return what was typed into a cell as exactly one word: no spaces inside, and `_` for nothing.

    >>> clean_word(" 1 / 9 "), clean_word("")
    ('1/9', '_')
    """
    return "".join(typed.split())[:30].translate(str.maketrans(",", ".", ";|")) or EMPTY_CELL


def format_matrix(values: NDArray[np.float64]) -> str:
    """Write the shortest text that `parse_matrix` reads back as exactly these values.

    >>> format_matrix(np.array([[-1.0, 0.5], [1 / 9, 2.0]]))
    '-1 0.5; 1/9 2'
    """
    return "; ".join(" ".join(_format_number(float(value)) for value in row) for row in values)


def _format_number(value: float) -> str:
    """Write a number as a decimal, or as a fraction where that is shorter and exactly the same float."""
    decimal = repr(value).removesuffix(".0")
    fraction = Fraction(value).limit_denominator(999)
    return str(fraction) if len(str(fraction)) < len(decimal) and float(fraction) == value else decimal


def _parse_number(word: str, place: str) -> float:
    if word == EMPTY_CELL:
        raise ValueError(f"The cell in {place} is empty: type a number such as 2, −0.5 or 1/9.")
    try:
        if "_" in word or not word.isascii():
            raise ValueError  # Python's own 1_000 and digits of other scripts: the browser's cells know neither
        value = float(Fraction(word)) if "/" in word else float(word)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise ValueError(f"“{word[:20]}” in {place} is not a number: type one such as 2, −0.5 or 1/9.") from None
    if not abs(value) <= MAX_MAGNITUDE:  # also true of NaN
        raise ValueError(f"“{word[:20]}” in {place} is out of range: numbers go from −1000000 to 1000000.")
    return value

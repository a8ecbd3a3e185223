"""Matrices as text: everything a learner may paste is read, everything else is refused in a sentence."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnn_core.matrices.text import (
    clean_word,
    format_matrix,
    format_planes,
    parse_matrix,
    parse_planes,
    replace_words,
    split_planes,
)


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.floats(-1e6, 1e6)))
def test_text_and_back_is_exact(values):
    np.testing.assert_array_equal(parse_matrix(format_matrix(values)), values)


def test_what_no_short_decimal_can_say_is_written_as_a_fraction():
    assert format_matrix(np.array([[1 / 9, 0.5, -2 / 3], [0.25, 7, 0.1]])) == "1/9 0.5 -2/3; 1/4 7 0.1"


@pytest.mark.parametrize(
    "text",
    ["1 2; 3 4", "1,2\n3,4", "1\t2\r\n3\t4\r\n", "[[1, 2], [3, 4]]", "[[1 2]\n [3 4]]", " 1  2 ;3 4; "],
)
def test_forms_of_the_same_matrix(text):
    np.testing.assert_array_equal(parse_matrix(text), [[1, 2], [3, 4]])


def test_fractions_and_true_minus():
    np.testing.assert_array_equal(parse_matrix("1/9 −2; -1/2 1e-3"), [[1 / 9, -2], [-1 / 2, 1e-3]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no numbers"),
        (" ;\n", "holds no numbers"),
        ("1 2; 3", "Row 2 of the kernel has length 1, row 1 has length 2"),
        ("1 x", "“x” in row 1, column 2 of the kernel is not a number"),
        ("1 2; _ 4", "The cell in row 2, column 1 of the kernel is empty"),
        ("1 nan", "out of range"),
        ("1 inf", "out of range"),
        ("1/0", "is not a number"),
        ("1e999", "out of range"),
        ("9" * 400, "out of range"),
        ("1 2 3 4", "is 1 × 4: at most 3 × 3"),
        ("1;2;3;4", "is 4 × 1: at most 3 × 3"),
        ("<script>alert(1)</script>", "is not a number"),
    ],
)
def test_everything_else_gets_a_sentence(text, words):
    with pytest.raises(ValueError, match=words):
        parse_matrix(text, name="kernel", max_rows=3, max_columns=3)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_value_error(text):
    try:
        values = parse_matrix(text)
    except ValueError:
        return
    assert np.isfinite(values).all()


PLANES = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=3, max_dims=3, max_side=4), elements=st.floats(-1e6, 1e6, width=32)
)


@given(PLANES)
def test_planes_survive_the_way_through_text(values):
    read = parse_planes(format_planes(values), max_planes=9)
    np.testing.assert_array_equal(read, values)


@given(PLANES, st.data())
def test_replaced_words_are_the_only_ones_that_change(values, data):
    place = tuple(data.draw(st.integers(0, size - 1)) for size in values.shape)
    text = replace_words(format_planes(values), {place: " 1 / 4 "})
    expected = values.copy()
    expected[place] = 1 / 4
    np.testing.assert_array_equal(parse_planes(text, max_planes=9), expected)


@pytest.mark.parametrize(
    ("typed", "word"), [("−2", "−2"), ("1,5", "1.5"), ("", "_"), ("  ", "_"), ("1;2|3", "123"), ("x" * 99, "x" * 30)]
)
def test_what_is_typed_into_a_cell_is_one_word(typed, word):
    assert clean_word(typed) == word
    assert split_planes(replace_words("0 0; 0 0 | 0 0; 0 0", {(1, 0, 1): typed})) == [
        [["0", "0"], ["0", "0"]],
        [["0", word.replace("−", "-")], ["0", "0"]],
    ]


def test_words_for_cells_that_are_not_there_are_left_out():
    assert replace_words("1 2; 3", {(0, 1, 1): "9", (0, 5, 0): "9", (3, 0, 0): "9", (0, 0, 0): "7"}) == "7 2; 3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 | 2 | 3 | 4", "has 4 planes, separated by |: at most 3"),
        ("1 2 | 3", "Plane 2 of the stack is 1 × 1, plane 1 is 1 × 2"),
        ("1 |", "stack, plane 2, holds no numbers"),
        ("|", "stack, plane 1, holds no numbers"),
        ("1 2 | 3 x", "“x” in row 1, column 2 of the stack, plane 2,"),
    ],
)
def test_bad_stacks_get_a_sentence(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse_planes(text, name="stack")

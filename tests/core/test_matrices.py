"""Matrices as text: everything a learner may paste is read, everything else is refused in a sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnn_core.matrices import format_matrix, parse_matrix


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

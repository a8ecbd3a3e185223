"""Numbers are written as a learner reads them."""

import pytest

from cnn_core.trace.decimals import exact_decimal, format_decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.5, "−0.5"), (0.0, "0"), (-0.0, "0"), (100.0, "100"), (1 / 3, "0.3333"), (-1e-9, "0"), (1e15, "1.0000e+15")],
)
def test_numbers_as_a_learner_reads_them(value, text):
    assert format_decimal(exact_decimal(value)) == text

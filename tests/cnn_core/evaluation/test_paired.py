"""Two networks on the same images: the exact binomial test, and the verdict."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.evaluation.explain import explain_comparison
from cnn_core.evaluation.paired import compare_answers


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_mcnemar_is_the_exact_binomial_test(pairs: list[tuple[bool, bool]]) -> None:
    labels = np.ones(len(pairs), dtype=int)
    first, second = (np.array(column, dtype=int) for column in zip(*pairs, strict=True))
    found = compare_answers(labels, first, second)
    b, c = found.only_first, found.only_second
    # both tails of Binomial(b + c, ½), which is symmetric
    tail = sum(math.comb(b + c, k) for k in range(min(b, c) + 1)) / 2 ** (b + c)
    assert found.p_value == pytest.approx(min(1.0, 2 * tail))
    assert found.image_count == len(pairs)
    assert found.accuracy_gain == pytest.approx(second.mean() - first.mean())
    difference = second - first
    if len(pairs) > 1:
        half = 1.959963984540054 * difference.std() / math.sqrt(len(pairs))
        assert found.gain_interval[1] == pytest.approx(min(1.0, difference.mean() + half))
    assert explain_comparison(found, "A", "B")

"""Ties of max pooling are found and described."""

import numpy as np

from cnn_core.trace import avg_pool_trace, describe_ties, find_ties, max_pool_trace
from tests.cnn_core.trace.drawn_poolings import CLASSICAL, TIES


def test_ties_are_found_and_told() -> None:
    trace = max_pool_trace(TIES, 2)
    # windows 7 7 / 7 3, 1 2 / 2 0, 0 0 / 0 0 and 5 1 / 1 9
    found = [(tie.writes[2:], [cell[2:] for cell in tie.cells], tie.value) for tie in find_ties(trace)]
    assert found == [
        ((0, 0), [(0, 0), (0, 1), (1, 0)], 7),
        ((0, 1), [(0, 3), (1, 2)], 2),
        ((1, 0), [(2, 0), (2, 1), (3, 0), (3, 1)], 0),
    ]
    assert [step.chosen for step in trace.steps] == [0, 1, 0, 3]
    assert describe_ties(trace).startswith(
        "**3 of 4 windows are tied** (cells as row, column): output (1, 1) has its 7 in (1, 1), (1, 2), (2, 1); "
    )
    assert "the gradient goes to it alone" in describe_ties(trace)
    assert describe_ties(max_pool_trace(CLASSICAL, 2)) == describe_ties(avg_pool_trace(TIES, 2)) == ""


def test_many_ties_are_counted_not_listed() -> None:
    note = describe_ties(max_pool_trace(np.zeros((1, 6, 6)), 3, stride=1, padding=1))
    assert note.startswith("**36 of 36 windows are tied** (cells as row, column of the padded input)")
    assert "; and 33 more." in note

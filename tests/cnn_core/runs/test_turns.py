"""Whose turn it is, and how long until then."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from cnn_core.runs.turns import fair_order, waiting_time


@given(st.lists(st.sampled_from("abc"), max_size=12), st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)))
def test_turns_are_fair(waiting: list[str], running: dict[str, int]) -> None:
    order = fair_order(waiting, running)
    assert sorted(order) == list(range(len(waiting)))
    served = Counter(running)
    for turn, number in enumerate(order):
        still = {waiting[n] for n in order[turn:]}
        assert served[waiting[number]] == min(served[workspace] for workspace in still)
        served[waiting[number]] += 1
    for workspace in set(waiting):  # within a workspace: first come, first served
        own = [number for number in order if waiting[number] == workspace]
        assert own == sorted(own)


def test_waiting_times_by_hand() -> None:
    assert waiting_time(1, [30.0, 10.0], 20.0, slots=2) == 10.0
    assert waiting_time(2, [30.0, 10.0], 20.0, slots=2) == 30.0
    assert waiting_time(3, [30.0, 10.0], 20.0, slots=2) == 30.0
    assert waiting_time(1, [30.0], 20.0, slots=2) == 0.0

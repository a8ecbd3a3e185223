"""Undo and redo against a plain list of everything that was."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pages.shared.undo import MAX_STEPS, MERGE_WITHIN_S, History, record_change, redo_change, undo_change


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(["undo", "redo"]), st.integers(0, 5).map(str)), max_size=60))
def test_against_a_list_and_a_place_in_it(moves):
    history, states, at = History("start"), ["start"], 0
    for move in moves:
        if move == "undo":
            history, at = undo_change(history), max(0, at - 1)
        elif move == "redo":
            history, at = redo_change(history), min(len(states) - 1, at + 1)
        else:
            history = record_change(history, move)
            if move != states[at]:
                states, at = [*states[: at + 1], move], at + 1
        assert history.now == states[at]
        assert len(history.past) == at
        assert len(history.future) == len(states) - 1 - at


def test_a_number_being_typed_is_one_step():
    history = History("1 2")
    for i, text in enumerate(("- 2", "-1 2", "-1. 2", "-1.5 2")):
        history = record_change(history, text, kind="cell 0 0", at=10 + 0.2 * i)
    assert undo_change(history).now == "1 2"
    assert redo_change(undo_change(history)).now == "-1.5 2"
    history = record_change(history, "-1.5 3", kind="cell 0 1", at=10.9)
    assert undo_change(history).now == "-1.5 2"  # another cell, another step
    later = record_change(history, "-1.5 4", kind="cell 0 1", at=10.9 + MERGE_WITHIN_S)
    assert undo_change(later).now == "-1.5 3"  # and so is the same cell after a pause
    after_undo = record_change(undo_change(history), "-1.5 9", kind="cell 0 0", at=11)
    assert undo_change(after_undo).now == "-1.5 2"


def test_old_steps_are_forgotten():
    history = History("0")
    for i in range(1, 500):
        history = record_change(history, str(i))
    assert len(history.past) == MAX_STEPS
    assert history.past[-1] == "498"

"""Undo and redo against a plain list of all texts there were, and on a page."""

from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.shared.undo import MAX_STEPS, History, record_change, redo_change, undo_change


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
    for text in ("- 2", "-1 2", "-1. 2", "-1.5 2"):
        history = record_change(history, text, kind="cells 1")
    assert undo_change(history).now == "1 2"
    assert redo_change(undo_change(history)).now == "-1.5 2"
    history = record_change(history, "-1.5 3", kind="cells 2")
    assert undo_change(history).now == "-1.5 2"  # another gesture, another step
    after_undo = record_change(undo_change(history), "-1.5 9", kind="cells 1")
    assert undo_change(after_undo).now == "-1.5 2"
    unnamed = record_change(record_change(history, "a"), "b")
    assert undo_change(unnamed).now == "a"  # changes without a gesture are a step each


def test_old_steps_are_forgotten():
    history = History("0")
    for i in range(1, 500):
        history = record_change(history, str(i))
    assert len(history.past) == MAX_STEPS
    assert history.past[-1] == "498"


def page_with_text() -> None:
    import streamlit as st

    from pages.shared.undo import UndoText

    text = UndoText("words", "first")
    st.button("Undo", key="undo", on_click=text.undo, disabled=not text.can_undo)
    st.button("Redo", key="redo", on_click=text.redo, disabled=not text.can_redo)
    for name in ("one", "two"):
        st.button(name, key=name, on_click=text.write, args=(name,))
    st.button("Dial", key="dial", on_click=lambda: text.write(text.text + "+", "dial"))
    st.text_area("Words", "first", key="words")
    text.mark_drawn()


def open_text() -> AppTest:
    return AppTest.from_function(page_with_text).run()


def press(at: AppTest, *buttons: str) -> str:
    for name in buttons:
        at.button(name).click().run()
        assert not at.exception
    return str(at.text_area("words").value)


def test_written_and_typed_texts_are_steps():
    at = open_text()
    assert at.button("undo").disabled
    assert press(at, "one") == "one"
    at.text_area("words").set_value("typed").run()
    assert press(at, "two") == "two"
    assert [press(at, "undo") for _ in range(3)] == ["typed", "one", "first"]
    assert at.button("undo").disabled
    assert [press(at, "redo") for _ in range(3)] == ["one", "typed", "two"]
    assert at.button("redo").disabled


def test_turning_a_dial_is_one_step():
    at = open_text()
    assert press(at, "one", "dial", "dial") == "one++"
    assert press(at, "undo") == "one"


def test_a_text_typed_just_before_a_click_is_a_step_of_its_own():
    at = open_text()
    at.text_area("words").set_value("typed")
    assert press(at, "two") == "two"
    assert press(at, "undo") == "typed"


def test_an_old_text_that_a_click_brings_along_is_taken_back():
    at = open_text()
    press(at, "one", "two")
    at.text_area("words").set_value("one")  # "two" is not on the screen yet
    assert press(at, "undo") == "one"
    at.text_area("words").set_value("two")
    assert press(at, "undo") == "first"
    at.text_area("words").set_value("two")
    at.run()  # a click that has no callback
    assert at.text_area("words").value == "first"
    at.run()  # the browser sends "first": it has arrived
    at.text_area("words").set_value("two").run()
    assert at.text_area("words").value == "two"


def test_the_revision_grows_with_undo_and_redo_alone():
    def page() -> None:
        import streamlit as st

        from pages.shared.undo import UndoText

        text = UndoText("words", "first")
        st.text_area("Words", "first", key="words")
        for name, action in (("write", lambda: text.write("new")), ("undo", text.undo), ("redo", text.redo)):
            st.button(name, key=name, on_click=action)
        text.mark_drawn()
        st.text(text.revision)

    at = AppTest.from_function(page).run()
    revisions = []
    for name in ("write", "undo", "redo"):
        at.button(name).click().run()
        revisions.append(at.text[0].value)
    assert revisions == ["0", "1", "2"]

"""Clicks that overtake the drawing, played with a browser whose answers arrive late."""

from collections import deque
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages.shared.fresh import RewrittenText


class SlowBrowser:
    """A browser that shows a text: what the server draws reaches it late, and in order."""

    def __init__(self, text: str) -> None:
        self.shown = text
        self.on_its_way: deque[str | None] = deque()

    def look(self) -> None:
        """Let the oldest drawing arrive; None is one that left the text to the browser."""
        if self.on_its_way:
            arrived = self.on_its_way.popleft()
            self.shown = self.shown if arrived is None else arrived


def run_page(text: RewrittenText, browser: SlowBrowser, write: str | None) -> RewrittenText:
    """One message: the browser's text comes first, a callback may rewrite it, then the page is drawn."""
    received = text.receive(browser.shown)
    after = received if write is None else received.rewrite(write)
    browser.on_its_way.append(after.current if after.written else None)
    return after.draw()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["arrive", "click", "write", "undo"]), max_size=40))
def test_no_click_brings_a_replaced_text_back(moves: list[str]) -> None:
    browser, text, before, wanted = SlowBrowser("first"), RewrittenText("first"), "first", "first"
    for number, move in enumerate(moves):
        if move == "arrive":
            browser.look()
            continue
        while move == "undo" and browser.on_its_way:
            browser.look()  # the button is not drawn before: there was nothing to undo
        write = {"click": None, "write": f"text {number}", "undo": before}[move]
        if write is not None:
            before, wanted = wanted, write
        text = run_page(text, browser, write)
        assert text.current == wanted
    while browser.on_its_way:
        browser.look()
    assert browser.shown == wanted


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["type", "click", "write", "retype"]), max_size=40))
def test_whatever_is_typed_on_what_is_shown_is_taken(moves: list[str]) -> None:
    browser, text, before = SlowBrowser("first"), RewrittenText("first"), "first"
    for number, move in enumerate(moves):
        if move == "type":
            before, browser.shown = browser.shown, f"typed {number}"
        if move == "retype":  # what stood there before, once the browser has sent what stands there now
            text = run_page(text, browser, None)
            browser.look()
            before, browser.shown = browser.shown, before
        text = run_page(text, browser, f"text {number}" if move == "write" else None)
        browser.look()
        assert text.current == browser.shown


def test_a_typed_text_can_be_typed_back_at_once() -> None:
    text = RewrittenText("a").receive("b").draw().receive("a").draw()
    assert text.current == "a"


def page_with_press() -> None:
    import streamlit as st

    from pages.shared.fresh import button_pressed

    st.text_input("Name", key="name")
    if st.session_state.get("name") == "overtaken":
        st.stop()  # as when another click ends this run before it comes to the button
    if button_pressed("Save", "save"):
        st.session_state.saved = [*st.session_state.get("saved", []), st.session_state.name]
    st.text(st.session_state.get("saved", []))


def test_a_press_is_kept_until_a_run_reads_it() -> None:
    at = AppTest.from_function(page_with_press).run()
    at.text_input("name").set_value("overtaken")
    at.button("save").click().run()
    assert "saved" not in at.session_state
    at.text_input("name").set_value("now").run()
    assert at.session_state.saved == ["now"]
    assert at.run().session_state.saved == ["now"]


def page_with_choice() -> None:
    import streamlit as st

    from pages.shared.fresh import RevisedKey

    keys = RevisedKey("fruit")
    chosen = st.session_state.setdefault("chosen", "apple")
    key = keys.key_for(chosen)

    def store(key: str, keep: bool) -> None:
        if keys.is_current(key):
            st.session_state.chosen = st.session_state[key]
            if keep:
                keys.keep_key(st.session_state.chosen)

    options = ["apple", "pear", "plum"]
    keep = st.toggle("Keep", key="keep")
    st.selectbox("Fruit", options, options.index(chosen), key=key, on_change=store, args=(key, keep))
    st.button("Pear", key="pear", on_click=lambda: st.session_state.update(chosen="pear"))


def open_choice() -> Any:
    return AppTest.from_function(page_with_choice).run()


def test_a_rewritten_control_gets_a_new_key_and_the_old_one_is_ignored() -> None:
    at = open_choice()
    old = at.selectbox[0]
    at.button("pear").click().run()
    assert (at.selectbox[0].value, at.selectbox[0].key) == ("pear", "fruit_1")
    assert old.key == "fruit_0"
    at.session_state.chosen = "apple"
    at.run()
    assert at.selectbox[0].key == "fruit_2"  # never the first key again: the browser may still know a value for it


@pytest.mark.parametrize(("keep", "key"), [(True, "fruit_0"), (False, "fruit_1")])
def test_a_control_changed_by_hand_can_keep_its_key(keep: bool, key: str) -> None:
    at = open_choice()
    at.toggle("keep").set_value(keep).run()
    at.selectbox[0].select("plum").run()
    assert (at.session_state.chosen, at.selectbox[0].key) == ("plum", key)

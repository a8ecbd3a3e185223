"""Cards are well-formed HTML in which nothing that a visitor named is markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np

from pages.parts.evaluate.cards import Card, Figure, card_html, make_element, make_figure, most_probable_classes

CSS = Path(__file__).resolve().parents[4] / "assets" / "site.css"
NASTY = "<script>alert(\"1\")</script> & 'x'"
FIGURE = Figure("data:image/png;base64,AAAA", NASTY, NASTY)


class Reader(HTMLParser):
    """Elements with their attributes in order, the texts, and the elements that are still open."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


def test_names_are_escaped_once_in_text_and_in_attributes() -> None:
    found = read(card_html(Card(NASTY, (FIGURE,), ((NASTY, 0.5, False),), (FIGURE,))))
    assert "script" not in {tag for tag, _ in found.elements}
    assert [attributes["alt"] for tag, attributes in found.elements if tag == "img"] == [NASTY, NASTY]
    text = "".join(found.texts)
    assert text == f"{NASTY}{NASTY}{NASTY}50.0%Nearest training images{NASTY}"


def test_a_bar_is_as_long_as_its_probability_and_the_true_class_is_marked() -> None:
    found = read(card_html(Card("", (), (("cat", 0.375, True), ("dog", 0.25, False)))))
    bars = [attributes for tag, attributes in found.elements if tag == "div" and "--share" in str(attributes)]
    assert bars == [
        {"class": "true", "style": "--share: 37.5%"},
        {"class": "other", "style": "--share: 25.0%"},
    ]
    assert "cat ✓" in found.texts
    assert "dog" in found.texts


def test_a_card_without_probabilities_or_neighbours_has_neither_part() -> None:
    found = read(card_html(Card("Why?", (FIGURE,), ())))
    assert not {"table"} & {tag for tag, _ in found.elements}
    assert "Nearest training images" not in found.texts


def test_every_class_of_a_card_is_laid_out() -> None:
    html = card_html(Card("t", (FIGURE,), (("a", 0.5, True), ("b", 0.5, False)), (FIGURE,)))
    named = set(re.findall(r'class="([^"]*)"', html))
    assert named == {name for name in named if re.search(rf"\.{name}\b", CSS.read_text(encoding="utf-8"))}


def test_elements_that_hold_nothing_are_not_closed() -> None:
    assert make_element("img", src="a&b") == '<img src="a&amp;b">'
    assert make_element("td", make_element("b", "<"), class_="x", aria_label="y") == (
        '<td class="x" aria-label="y"><b>&lt;</b></td>'
    )


def test_the_true_class_takes_the_last_place_when_it_is_not_among_the_first() -> None:
    probabilities, names = np.array([0.1, 0.5, 0.05, 0.35]), ["a", "b", "c", "d"]
    assert most_probable_classes(probabilities, names, 2, 2) == (("b", 0.5, False), ("c", 0.05, True))
    assert most_probable_classes(probabilities, names, 1, 2) == (("b", 0.5, True), ("d", 0.35, False))
    assert most_probable_classes(probabilities, names, None, 1) == (("b", 0.5, False),)


def test_a_figure_holds_its_picture() -> None:
    assert make_figure(np.zeros((2, 2, 3), np.uint8), "c", "a").source.startswith("data:image/")

"""An image and what the network makes of it as one card of HTML, which assets/site.css lays out. No Streamlit here."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pages.components.common.data_url import encode_data_url

_VOID_TAGS = {"img"}
"""Elements without content, which HTML does not close."""


@dataclass(frozen=True)
class Figure:
    """A small picture as a data: URL, its caption, and what it shows for a visitor who cannot see it."""

    source: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Card:
    """One image: its title, the image and its heat maps, (class, probability, whether true), and similar images."""

    title: str
    figures: tuple[Figure, ...]
    probabilities: tuple[tuple[str, float, bool], ...]
    nearest: tuple[Figure, ...] = ()


class Html(str):
    """Text in which every name that a visitor gave has been escaped."""

    __slots__ = ()


def make_element(tag: str, *children: str, **attributes: str) -> Html:
    """Return an element of HTML; attributes and children are escaped, but for children that are Html already.

    `class_` is the attribute class, which is a word of Python; an underscore in a name stands for a hyphen.
    """
    names = {name: name.rstrip("_").replace("_", "-") for name in attributes}
    written = "".join(f' {names[name]}="{escape(value)}"' for name, value in attributes.items())
    inside = "".join(child if isinstance(child, Html) else escape(child) for child in children)
    return Html(f"<{tag}{written}>" if tag in _VOID_TAGS else f"<{tag}{written}>{inside}</{tag}>")


def make_figure(rgb: NDArray[np.uint8], caption: str, alt: str) -> Figure:
    """Return the Figure of a picture (H, W, 3)."""
    return Figure(encode_data_url(Image.fromarray(rgb)), caption, alt)


def most_probable_classes(
    probabilities: NDArray[np.floating], names: Sequence[str], true: int | None, count: int = 4
) -> tuple[tuple[str, float, bool], ...]:
    """Return the `count` most probable classes; the true one takes the last place where it is not among them."""
    top = [int(k) for k in np.argsort(-probabilities, kind="stable")[:count]]
    if true is not None and true not in top:
        top[-1] = true
    return tuple((names[k], float(probabilities[k]), k == true) for k in top)


def card_html(card: Card, *, side: int = 96, small: int = 64) -> Html:
    """Return the card as HTML that wraps on a narrow screen; its images are `side`, similar ones `small` pixels."""
    parts = [_figure_row(card.figures, side)]
    if card.probabilities:
        parts.append(_probability_table(card.probabilities))
    if card.nearest:
        heading = make_element("div", "Nearest training images", class_="card-heading")
        parts.append(make_element("div", heading, _figure_row(card.nearest, small)))
    title = make_element("div", card.title, class_="card-title")
    return Html(title + make_element("div", *parts, class_="card-parts"))


def _figure_row(figures: Sequence[Figure], side: int) -> Html:
    return make_element(
        "div",
        *(
            make_element(
                "figure",
                make_element("img", src=figure.source, alt=figure.alt),
                make_element("figcaption", figure.caption),
            )
            for figure in figures
        ),
        class_="card-figures",
        style=f"--side: {side}px",
    )


def _probability_table(probabilities: Sequence[tuple[str, float, bool]]) -> Html:
    rows = (
        make_element(
            "tr",
            make_element("td", f"{name} ✓" if true else name),
            make_element("td", make_element("div", class_="true" if true else "other", style=f"--share: {share:.1%}")),
            make_element("td", f"{share:.1%}"),
        )
        for name, share, true in probabilities
    )
    return make_element("table", *rows, class_="card-probabilities", aria_label="Most probable classes")

"""An image and what the network makes of it as one card of HTML. No Streamlit here."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pages.components.thumbnails import encode_data_url
from pages.shared.palette import RIGHT_COLOUR, WRONG_COLOUR


@dataclass(frozen=True)
class Figure:
    """A small picture as a data: URL, what stands below it, and what it shows to whoever cannot see it."""

    source: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Card:
    """One image: its title, the image and its heat maps, (class, probability, whether true), and what is like it."""

    title: str
    figures: tuple[Figure, ...]
    probabilities: tuple[tuple[str, float, bool], ...]
    nearest: tuple[Figure, ...] = ()


def make_figure(rgb: NDArray[np.uint8], caption: str, alt: str) -> Figure:
    """A Figure of a picture (H, W, 3)."""
    return Figure(encode_data_url(Image.fromarray(rgb)), caption, alt)


def most_probable_classes(
    probabilities: NDArray[np.floating], names: Sequence[str], true: int | None, count: int = 4
) -> tuple[tuple[str, float, bool], ...]:
    """The `count` most probable classes, and the true one where it is not among them."""
    top = [int(k) for k in np.argsort(-probabilities, kind="stable")[:count]]
    if true is not None and true not in top:
        top[-1] = true
    return tuple((names[k], float(probabilities[k]), k == true) for k in top)


def card_html(card: Card, *, side: int = 96, small: int = 64) -> str:
    """The card as HTML that wraps on a narrow screen; whatever a visitor named is escaped."""
    pictures = "".join(_figure_html(part, side) for part in card.figures)
    likes = "".join(_figure_html(part, small) for part in card.nearest)
    heading = f'<div style="{_SMALL_STYLE};margin-bottom:.2rem">Nearest training images</div>'
    near = f'<div>{heading}<div style="{_ROW_STYLE}">{likes}</div></div>'
    return (
        f'<div style="font-weight:600;margin-bottom:.35rem">{escape(card.title)}</div>'
        f'<div style="{_ROW_STYLE};gap:1.25rem">'
        f'<div style="{_ROW_STYLE}">{pictures}</div>{_bars_html(card.probabilities)}{near if likes else ""}</div>'
    )


_ROW_STYLE = "display:flex;flex-wrap:wrap;gap:.6rem;align-items:flex-start"
_SMALL_STYLE = "font-size:.8rem;line-height:1.25"


def _figure_html(part: Figure, side: int) -> str:
    return (
        f'<figure style="margin:0;width:{side}px"><img src="{escape(part.source)}" alt="{escape(part.alt)}" '
        f'style="width:{side}px;height:{side}px;object-fit:contain;image-rendering:pixelated;border-radius:4px;'
        f'background:#80808022"><figcaption style="{_SMALL_STYLE};margin-top:.2rem;overflow-wrap:anywhere">'
        f"{escape(part.caption)}</figcaption></figure>"
    )


def _bars_html(probabilities: Sequence[tuple[str, float, bool]]) -> str:
    rows = "".join(
        f'<tr><td style="padding:1px 8px 1px 0;max-width:9rem;overflow-wrap:anywhere">{escape(name)}'
        f"{' ✓' if true else ''}</td>"
        f'<td style="width:90px"><div style="height:12px;border-radius:2px;width:{max(1, round(90 * p))}px;'
        f'background:{RIGHT_COLOUR if true else WRONG_COLOUR}"></div></td>'
        f'<td style="padding-left:8px;text-align:right;font-variant-numeric:tabular-nums">{p:.1%}</td></tr>'
        for name, p, true in probabilities
    )
    return f'<table style="{_SMALL_STYLE};border-collapse:collapse" aria-label="Most probable classes">{rows}</table>'

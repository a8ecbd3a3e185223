"""Read and write kernels as text: a recipe such as `Gaussian blur 5 sigma=1.4`, or rows of numbers."""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnn_core.kernels.families import PARAMETERS, SIZES, Family, Weights
from cnn_core.kernels.library import FAMILIES
from cnn_core.matrices.text import format_matrix, parse_matrix

MAX_SIZE = max(SIZES)
"""Most rows and columns of a kernel."""
_NAMES = sorted(FAMILIES, key=len, reverse=True)
"""Longest first, because “Laplacian of Gaussian” begins with “Laplacian”."""


@dataclass(frozen=True)
class Recipe:
    """A family of kernels at a size (`size` × `size`), with a value for each parameter it takes."""

    family: str
    size: int
    values: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.family, str(self.size), *(f"{name}={value:g}" for name, value in self.values)])


@dataclass(frozen=True, eq=False)
class Kernel:
    """Weights (rows, columns), and the recipe that made them, if one did."""

    weights: Weights
    recipe: Recipe | None = None


def make_recipe(family: str, size: int | None = None, **values: float) -> Recipe:
    """Make a recipe of a family: missing values get their defaults, and values out of range the nearest allowed one.

    Raises ValueError for an unknown family and for a parameter that the family does not take.

    >>> str(make_recipe("Gaussian blur", 7, sigma=99))
    'Gaussian blur 7 sigma=4'
    """
    known = _find_family(family)
    for name in values:
        if name not in known.defaults:
            takes = ", ".join(known.defaults) or "none"
            raise ValueError(f"{family} has no parameter “{name[:20]}”: it takes {takes}.")
    chosen = {**known.defaults, **values}
    kept = tuple((name, _clamp_value(name, chosen[name])) for name in known.defaults)
    return Recipe(family, min(max(size or known.default_size, known.smallest_size), MAX_SIZE), kept)


def _find_family(name: str) -> Family:
    if name not in FAMILIES:
        raise ValueError(f"There is no kernel “{name[:30]}”: choose {', '.join(FAMILIES)}.")
    return FAMILIES[name]


def _clamp_value(name: str, value: float) -> float:
    allowed = PARAMETERS[name]
    if np.isnan(value):
        return allowed.default
    return float(min(max(value, allowed.low), allowed.high))


def _make_named_recipes() -> dict[str, Recipe]:
    """Return the recipes with default values by name; slopes have three: along x, along y and at an angle."""
    named: dict[str, Recipe] = {}
    for family in FAMILIES.values():
        if family.defaults.get("angle") == 0 and family.group == "Edges":
            angles = {"x": 0, "y": 90, "at an angle": 45}
            named |= {f"{family.name} {name}": make_recipe(family.name, angle=angle) for name, angle in angles.items()}
        else:
            named[family.name] = make_recipe(family.name)
    return named


NAMED_RECIPES = _make_named_recipes()
"""Name in lists → recipe with default values."""


def recipe_name(recipe: Recipe) -> str:
    """Return the name of a recipe in NAMED_RECIPES, whatever its values."""
    if recipe.family in NAMED_RECIPES:
        return recipe.family
    return f"{recipe.family} {({0: 'x', 90: 'y'}).get(int(dict(recipe.values)['angle']), 'at an angle')}"


@lru_cache(maxsize=512)
def _make_weights(recipe: Recipe) -> Weights:
    weights = _find_family(recipe.family).make_weights(recipe.size, **dict(recipe.values))
    weights.setflags(write=False)
    return weights


def make_kernel(recipe: Recipe) -> Kernel:
    """Make the kernel of a recipe; its weights are read-only, as they are shared."""
    return Kernel(_make_weights(recipe), recipe)


def parse_kernel(text: str, *, name: str = "kernel") -> Kernel:
    """Read a recipe, or 1 to 11 rows of 1 to 11 numbers.

    Raises ValueError with a sentence that says what is wrong and calls the kernel `name`.

    >>> parse_kernel("0 1 0; 1 -4 1; 0 1 0").weights.shape, parse_kernel("Sobel 5 angle=90").weights.shape
    ((3, 3), (5, 5))
    """
    family = next((known for known in _NAMES if text.strip().startswith(known)), None)
    if family is None:
        return Kernel(parse_matrix(text, name=name, max_rows=MAX_SIZE, max_columns=MAX_SIZE))
    words = text.strip().removeprefix(family).split()
    size = words.pop(0) if words and re.fullmatch(r"\d{1,2}", words[0]) else None
    values = {}
    for word in words:
        label, _, number = word.partition("=")
        try:
            values[label] = float(number)
        except ValueError:
            raise ValueError(
                f"“{word[:30]}” of the {name} is no setting: right is a name and a number, such as sigma=1.5."
            ) from None
    return make_kernel(make_recipe(family, int(size) if size else None, **values))


def format_weights(kernel: Kernel) -> str:
    """Return the weights as rows of numbers."""
    return format_matrix(kernel.weights)


@lru_cache(maxsize=len(SIZES))
def _usual_kernels(size: int) -> tuple[Kernel, ...]:
    """Make every family at a size with its default values; slopes along y too."""
    possible = [family for family in FAMILIES.values() if family.smallest_size <= size]
    usual = [make_recipe(family.name, size) for family in possible]
    down = [make_recipe(family.name, size, angle=90) for family in possible if family.defaults == {"angle": 0}]
    return tuple(make_kernel(recipe) for recipe in (*usual, *down))


def recognise_recipe(weights: Weights) -> Recipe | None:
    """Find the recipe with default values that makes exactly these weights; None when there is none."""
    rows, columns = weights.shape
    if rows != columns or rows > MAX_SIZE:
        return None
    for known in _usual_kernels(rows):
        if np.array_equal(known.weights, weights):
            return known.recipe
    return None


def suggest_view(weights: Weights) -> str:
    """Return the view of results that suits a kernel: "signed" when its weights add up to 0 or less, else "clamp"."""
    return "clamp" if float(np.sum(weights)) > 1e-6 else "signed"

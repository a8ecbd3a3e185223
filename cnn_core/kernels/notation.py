"""Kernels as text: a recipe such as `Gaussian blur 5 sigma=1.4`, or plain numbers; what a link holds."""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnn_core.kernels.families import PARAMETERS, SIZES, Family, Weights
from cnn_core.kernels.library import FAMILIES
from cnn_core.matrices.text import format_matrix, parse_matrix
from cnn_core.words import format_number

MAX_SIZE = max(SIZES)
# longest first: “Laplacian of Gaussian” begins with “Laplacian”
_NAMES = sorted(FAMILIES, key=len, reverse=True)


@dataclass(frozen=True)
class Recipe:
    """A family at a size (rows and columns alike), with a value for each parameter it takes."""

    family: str
    size: int
    values: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.family, str(self.size), *(f"{name}={value:g}" for name, value in self.values)])


@dataclass(frozen=True, eq=False)
class Kernel:
    """Weights (rows, columns), and the recipe they were made by, if by any."""

    weights: Weights
    recipe: Recipe | None = None


def make_recipe(family: str, size: int | None = None, **values: float) -> Recipe:
    """The recipe of a family; what is not given has its usual value, what is out of range the nearest allowed one.

    Raises ValueError for a family or a parameter that there is none of.
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
    """Every family under its name; slopes across, down and at an angle under three."""
    found: dict[str, Recipe] = {}
    for family in FAMILIES.values():
        if family.defaults.get("angle") == 0 and family.group == "Edges":
            turned = {"x": 0, "y": 90, "at an angle": 45}
            found |= {f"{family.name} {name}": make_recipe(family.name, angle=angle) for name, angle in turned.items()}
        else:
            found[family.name] = make_recipe(family.name)
    return found


NAMED_RECIPES = _make_named_recipes()
"""What kernels are called in lists → their recipe with usual values."""


def recipe_name(recipe: Recipe) -> str:
    """What a recipe is called in NAMED."""
    if recipe.family in NAMED_RECIPES:
        return recipe.family
    return f"{recipe.family} {({0: 'x', 90: 'y'}).get(int(dict(recipe.values)['angle']), 'at an angle')}"


@lru_cache(maxsize=512)
def _make_weights(recipe: Recipe) -> Weights:
    weights = _find_family(recipe.family).make_weights(recipe.size, **dict(recipe.values))
    weights.setflags(write=False)
    return weights


def make_kernel(recipe: Recipe) -> Kernel:
    """The kernel of a recipe."""
    return Kernel(_make_weights(recipe), recipe)


def parse_kernel(text: str, *, name: str = "kernel") -> Kernel:
    """Read a recipe or rows of numbers, 1 to 11 rows and columns.

    Raises ValueError with a sentence that says what is wrong, and calls the kernel `name`.
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
    """The weights as rows of numbers."""
    return format_matrix(kernel.weights)


@lru_cache(maxsize=len(SIZES))
def _usual_kernels(size: int) -> tuple[Kernel, ...]:
    """Every family at a size, with its usual values; slopes along y too."""
    able = [family for family in FAMILIES.values() if family.smallest_size <= size]
    usual = [make_recipe(family.name, size) for family in able]
    down = [make_recipe(family.name, size, angle=90) for family in able if family.defaults == {"angle": 0}]
    return tuple(make_kernel(made_by) for made_by in (*usual, *down))


def recognise_recipe(weights: Weights) -> Recipe | None:
    """The recipe with usual values that makes exactly these weights; zeros around it do not count."""
    rows, columns = weights.shape
    if rows != columns or rows > MAX_SIZE:
        return None
    for known in _usual_kernels(rows):
        if np.array_equal(known.weights, weights):
            return known.recipe
    return None


def suggest_view(weights: Weights) -> str:
    """The view that suits a kernel: "signed" when the weights add up to 0 or less, else "clamp"."""
    return "clamp" if float(np.sum(weights)) > 1e-6 else "signed"


def describe_sum(weights: Weights) -> str:
    """What the sum of the weights tells of flat areas of a picture, in one sentence."""
    total = float(np.sum(weights))
    if abs(total) < 1e-9 * max(1.0, float(np.abs(weights).sum())):
        return "The weights add up to 0: flat areas become 0, only changes are seen."
    if abs(total - 1) < 1e-9:
        return "The weights add up to 1: flat areas keep their brightness."
    number = format_number(total, ".4g")
    return f"The weights add up to {number}: flat areas come out {number} times as bright."

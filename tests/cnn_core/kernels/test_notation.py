"""Kernels as text: recipes, numbers, names, and hostile text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.kernels.families import PARAMETERS, SIZES
from cnn_core.kernels.library import FAMILIES
from cnn_core.kernels.notation import (
    format_weights,
    make_kernel,
    make_recipe,
    parse_kernel,
    recognise_recipe,
)
from tests.cnn_core.kernels.drawn import BLIND, weights_of


@st.composite
def recipes(draw):
    """Any family at any size with any value of its parameters, from end to end."""
    family = FAMILIES[draw(st.sampled_from(list(FAMILIES)))]
    values = {
        name: draw(st.one_of(st.sampled_from([PARAMETERS[name].low, PARAMETERS[name].high]), _steps(name)))
        for name in family.defaults
    }
    return make_recipe(family.name, draw(st.sampled_from(SIZES)), **values)


def _steps(name: str):
    allowed = PARAMETERS[name]
    last = round((allowed.high - allowed.low) / allowed.step)
    return st.integers(0, last).map(lambda i: round(allowed.low + i * allowed.step, 6))


@settings(max_examples=300, deadline=None)
@given(recipes())
def test_every_recipe_makes_finite_weights_that_survive_text(made_by):
    kernel = make_kernel(made_by)
    assert kernel.weights.shape == (max(made_by.size, FAMILIES[made_by.family].smallest_size),) * 2
    assert np.isfinite(kernel.weights).all()
    assert parse_kernel(str(made_by)).recipe == made_by
    words = format_weights(kernel)
    np.testing.assert_array_equal(parse_kernel(words).weights, kernel.weights)
    assert max(map(len, words.replace(";", "").split())) <= 11  # a number fits its cell
    total = kernel.weights.sum()
    if FAMILIES[made_by.family].group in BLIND or made_by.family == "Gabor":
        assert total == pytest.approx(0, abs=1e-9 * max(1, np.abs(kernel.weights).sum()))
    elif FAMILIES[made_by.family].group in ("Blur", "Unchanged") or made_by.family in ("Sharpen", "Unsharp mask"):
        assert total == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gaussian blur 5 width=2", "Gaussian blur has no parameter “width”: it takes sigma"),
        ("Identity 3 sigma=2", "Identity has no parameter “sigma”: it takes none"),
        ("Gaussian blur 5 sigma=wide", "“sigma=wide” of the kernel is no setting: right is a name and a number"),
        ("Gaussian blur five", "“five” of the kernel is no setting"),
        ("Canny 3", "“Canny” in row 1, column 1 of the kernel is not a number"),
        ("", "holds no numbers"),
        ("; ".join(["1 " * 12] * 2), "The kernel is 2 × 12: at most 11 × 11"),
        ("1 2; 3", "Row 2 of the kernel has length 1"),
        ("gaussian blur 5", "not a number"),
        ("Gabor 9 __class__=1", "has no parameter “__class__”"),
    ],
)
def test_bad_kernels_get_a_sentence(text, words):
    with pytest.raises(ValueError, match=words):
        parse_kernel(text)


def test_values_out_of_range_are_brought_back():
    assert str(make_recipe("Gaussian blur", 400, sigma=1e9)) == "Gaussian blur 11 sigma=4"
    assert str(make_recipe("Scharr", 1, angle=float("nan"))) == "Scharr 3 angle=0"
    assert parse_kernel("Gabor 5 sigma=-inf wavelength=0").recipe == make_recipe("Gabor", 5, sigma=0.3, wavelength=2)
    with pytest.raises(ValueError, match="There is no kernel “Canny”: choose Sobel"):
        make_recipe("Canny")


def test_recognition():
    assert recognise_recipe(parse_kernel("-1 0 1; -2 0 2; -1 0 1").weights) == make_recipe("Sobel", 3)
    assert recognise_recipe(parse_kernel("-1 -2 -1; 0 0 0; 1 2 1").weights) == make_recipe("Sobel", 3, angle=90)
    for name in FAMILIES:
        found = recognise_recipe(weights_of(name, 5))
        assert found is not None
        np.testing.assert_array_equal(make_kernel(found).weights, weights_of(name, 5))
        assert found.family == name
    assert recognise_recipe(weights_of("Sobel") + 0.5) is None
    assert recognise_recipe(np.ones((5, 3))) is None
    assert recognise_recipe(np.ones((40, 40))) is None

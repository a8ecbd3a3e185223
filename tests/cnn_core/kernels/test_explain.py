"""The sentences on kernels: which waves come through, and what happens to flat areas."""

import numpy as np
import pytest

from cnn_core.kernels.explain import describe_gain, describe_sum
from cnn_core.kernels.notation import (
    parse_kernel,
    suggest_view,
)
from tests.cnn_core.kernels.drawn import weights_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gaussian blur 7 sigma=1.5", "Low-pass"),
        ("Box blur 5", "Low-pass"),
        ("Motion blur 9 angle=0", "Low-pass: flat areas come through in full, fine waves are held back; most of all"),
        ("Laplacian 3", "High-pass"),
        ("Laplacian of Gaussian 9 sigma=1.5", "Band-pass"),
        ("Gabor 11 sigma=2 angle=45 wavelength=4", "Band-pass: flat areas are blocked, and the finest waves are held"),
        ("Sharpen 3", "High-boost"),
        ("Shift 5 right=2", "All-pass"),
        ("0 0; 0 0", "Nothing comes through"),
    ],
)
def test_the_verdict(text, words):
    assert describe_gain(parse_kernel(text).weights).startswith(words)


def test_the_verdict_says_which_way():
    for angle in (0, 45, 90, -45):
        said = describe_gain(weights_of("Gabor", 11, sigma=2, angle=angle, wavelength=4))
        assert said.endswith(f"that run at {angle % 180}°.")
    assert "that run at" not in describe_gain(weights_of("Laplacian"))


def test_what_the_sum_of_the_weights_tells():
    assert "add up to 0" in describe_sum(weights_of("Sobel"))
    assert "add up to 1" in describe_sum(weights_of("Box blur"))
    assert "add up to −9: flat areas come out −9 times" in describe_sum(-np.ones((3, 3)))
    assert suggest_view(weights_of("Laplacian")) == "signed"
    assert suggest_view(weights_of("Sharpen")) == "clamp"

"""Attributions on the Inspect page: every method, what it says, and networks and settings that are hard to explain."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.networks import Conv2d, Flatten, Linear, NetworkSpec, ReLU, preset

Open = Callable[..., AppTest]
StoreRun = Callable[..., str]
ReadAlts = Callable[[AppTest], list[str]]
ReadTexts = Callable[[AppTest], str]
METHODS = ("Gradient", "Gradient × input", "Integrated gradients", "Occlusion", "Grad-CAM")
NO_CONVOLUTION = NetworkSpec("flat", (1, 8, 8), (Flatten(), Linear(12), ReLU(), Linear(10)))
ASLEEP = NetworkSpec("asleep", (1, 8, 8), (Conv2d(4, 3), ReLU(), Flatten(), Linear(10)))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_shows_two_classes_and_the_check(
    open_page: Open, digits_run: str, method: str, alts: ReadAlts, said: ReadTexts
) -> None:
    at = open_page("inspect", run=digits_run, inspect_view="Attributions", inspect_why_method=method)
    assert not at.error
    shown = [alt for alt in alts(at) if alt.startswith(method + " for")]
    assert len(shown) >= 4
    assert any("without all it learned" in alt for alt in shown)
    assert "Rank correlation **" in said(at)
    assert "Both on one scale, −" in said(at)


def test_integrated_gradients_add_up(open_page: Open, digits_run: str, said: ReadTexts) -> None:
    link = {"inspect_view": "Attributions", "inspect_why_method": METHODS[2], "inspect_why_steps": 200}
    at = open_page("inspect", run=digits_run, **link)
    assert "Nothing is lost on the way" in said(at)
    at.slider(key="inspect_why_forget").set_value(1).run()
    assert not at.exception
    assert "Without what fc1 learned" in said(at)


def test_a_network_without_convolutions_has_no_grad_cam_but_the_rest(
    open_page: Open, stored: StoreRun, said: ReadTexts
) -> None:
    run = stored(NO_CONVOLUTION)
    at = open_page("inspect", run=run, inspect_view="Attributions", inspect_why_method="Grad-CAM")
    assert any("no Grad-CAM" in info.value and "other methods work" in info.value for info in at.info)
    at = open_page("inspect", run=run, inspect_view="Attributions", inspect_why_method="Occlusion")
    assert "Rank correlation **" in said(at)


@pytest.mark.parametrize("method", METHODS)
def test_a_map_of_zeros_is_a_finding(open_page: Open, method: str, stored: StoreRun, said: ReadTexts) -> None:
    run = stored(ASLEEP, lambda state: state["conv1.bias"].fill(-1e3))
    at = open_page("inspect", run=run, inspect_view="Attributions", inspect_why_method=method)
    assert not at.exception
    assert said(at).count("All zero, and that is a finding") == 2


def test_weights_that_are_no_numbers_are_told(open_page: Open, stored: StoreRun) -> None:
    run = stored(preset("Tiny CNN"), lambda state: state["conv1.weight"].fill(np.nan))
    at = open_page("inspect", run=run, inspect_view="Attributions")
    assert any("infinite or not a number" in error.value for error in at.error)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"inspect_why_window": 2, "inspect_why_stride": 8}, "Stride is 8: it must be at most the window, 2"),
        ({"inspect_why_window": 999, "inspect_why_stride": "x"}, ""),
        ({"inspect_why_class": "nobody", "inspect_why_other": "9", "inspect_why_forget": 77}, ""),
    ],
)
def test_hostile_settings(open_page: Open, digits_run: str, settings: dict[str, object], sentence: str) -> None:
    at = open_page("inspect", run=digits_run, inspect_view="Attributions", inspect_why_method="Occlusion", **settings)
    assert [error.value[: len(sentence)] for error in at.error] == ([sentence] if sentence else [])

"""What a unit wants: its strongest images, dead units, the climb, and networks and links that are hard to serve."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.networks import Conv2d, Flatten, Linear, NetworkSpec, ReLU

Open = Callable[..., AppTest]
StoreRun = Callable[..., str]
ReadAlts = Callable[[AppTest], list[str]]
ReadTexts = Callable[[AppTest], str]
VIEW = {"inspect_view": "What a unit wants"}
NO_CONVOLUTION = NetworkSpec("flat", (1, 8, 8), (Flatten(), Linear(12), ReLU(), Linear(10)))
TWO_MAPS = NetworkSpec("two maps", (1, 8, 8), (Conv2d(2, 3), ReLU(), Flatten(), Linear(10)))


def test_a_map_shows_its_images_their_classes_and_the_climb(
    open_page: Open, digits_run: str, alts: ReadAlts, said: ReadTexts
) -> None:
    at = open_page("inspect", run=digits_run, inspect_climb_steps=16, **VIEW)
    assert not at.error
    images = [alt for alt in alts(at) if alt.startswith("Test image")]
    assert sum("what is seen" in alt for alt in images) == 8
    assert "Of the 8 images that excite it most" in said(at)
    assert "In the orange frame" in said(at) or "It sees the whole image." in said(at)
    assert "With the regularisers: the picture" in alts(at)
    assert "Without any: the picture" in alts(at)
    assert sum(alt.startswith("The picture at step") for alt in alts(at)) == 9


def test_a_unit_of_the_last_layer_is_called_by_its_class(open_page: Open, digits_run: str, said: ReadTexts) -> None:
    at = open_page("inspect", run=digits_run, inspect_climb_steps=8, inspect_want_unit=4, **VIEW)
    last = at.selectbox(key="inspect_want_layer").options[-1]
    at.selectbox(key="inspect_want_layer").select(last).run()
    assert any("the class 3" in heading.value for heading in at.subheader)
    assert "of class 3" in said(at)  # a trained network's unit for a class is excited by images of it
    assert "It sees the whole image." in said(at)


def test_every_setting_of_the_climb_at_its_extremes(open_page: Open, digits_run: str, alts: ReadAlts) -> None:
    link = {"inspect_climb_steps": 8, "inspect_climb_blur": 1, "inspect_climb_jitter": 8, "inspect_climb_seed": 20}
    at = open_page("inspect", run=digits_run, inspect_climb_start="mid-grey", **link, **VIEW)
    for key, value in (("decay", 0.2), ("variation", 1.0), ("rate", 32.0)):
        at.select_slider(key=f"inspect_climb_{key}").set_value(value)
    at.run()
    assert not at.exception
    assert not at.error
    assert "With the regularisers: the picture" in alts(at)
    at.button_group(key="inspect_climb_start").set_value(["the picture above"]).run()
    assert not at.exception


def test_dead_maps_are_named_and_nothing_is_climbed(open_page: Open, stored: StoreRun, said: ReadTexts) -> None:
    def asleep(state: dict[str, np.ndarray]) -> None:
        state["conv1.weight"][1] = 0
        state["conv1.bias"][1] = -1

    at = open_page("inspect", run=stored(TWO_MAPS, asleep), inspect_want_layer="relu1", inspect_want_unit=2, **VIEW)
    assert "1 of 2 maps of relu1 are 0 for every test image: map 2." in said(at)
    assert "none excites it more than another" in said(at)
    assert "no gradient arrives" in said(at)


def test_a_network_without_convolutions_has_units(open_page: Open, stored: StoreRun) -> None:
    at = open_page("inspect", run=stored(NO_CONVOLUTION), inspect_want_layer="fc1", inspect_climb_steps=8, **VIEW)
    assert not at.error
    assert any("fc1, unit 1 of 12" in heading.value for heading in at.subheader)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_a_sentence(
    open_page: Open, value: float, stored: StoreRun, said: ReadTexts
) -> None:
    def broken(state: dict[str, np.ndarray]) -> None:
        state["conv1.weight"][0] = value

    at = open_page("inspect", run=stored(TWO_MAPS, broken), inspect_climb_steps=8, **VIEW)
    assert not at.exception
    assert "infinite or not a number" in said(at)


@pytest.mark.parametrize("link", [{"inspect_want_layer": "nonesuch"}, {"inspect_want_unit": "99999"}])
def test_a_link_to_what_is_not_there_opens_something_that_is(
    open_page: Open, digits_run: str, link: dict[str, str], alts: ReadAlts
) -> None:
    at = open_page("inspect", run=digits_run, inspect_climb_steps=8, **link, **VIEW)
    assert not at.exception
    assert any(alt.startswith("Test image") for alt in alts(at))


def test_a_large_network_is_climbed_only_when_asked(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, stored: StoreRun, alts: ReadAlts
) -> None:
    monkeypatch.setattr("pages.parts.inspect.climb.CONFIRM_ABOVE_S", 0.0)
    at = open_page("inspect", run=stored(TWO_MAPS), inspect_climb_steps=8, **VIEW)
    assert "With the regularisers: the picture" not in alts(at)
    at.toggle(key="inspect_climb").set_value(True).run()
    assert "With the regularisers: the picture" in alts(at)

"""A trained network looked at in a real browser: its filters, its confusion matrix, a cell clicked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cnn_core import datasets
from cnn_core.insight.graph import network_graph, receptive_boxes
from cnn_core.networks import preset
from cnn_core.runs import RunStore
from cnn_core.training import TrainConfig, train
from tests.browser.conftest import serve_warm


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[str, str]]:
    """(address of an app, id of a run of two epochs on Digits that it has stored)."""
    folder = tmp_path_factory.mktemp("look-inside")
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    spec, config = preset("Tiny CNN"), TrainConfig(dataset="digits", epochs=2)
    run_id = store.create_run("browser", spec, config)
    store.append_events(run_id, *train(spec, datasets.load("digits"), config))
    with serve_warm(browser, Path(folder), "/inspect") as url:
        yield url, run_id


def test_filters_and_maps_are_drawn_and_change_with_the_checkpoint(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/inspect?run={run_id}&inspect_view=Filters")
    filters = page.get_by_role("img", name="Filters of conv1: 16 pictures")
    expect(filters).to_be_visible()
    assert filters.evaluate("image => image.naturalWidth") > 500
    trained = filters.get_attribute("src")
    slider = page.get_by_role("slider", name="Checkpoint")
    slider.focus()
    slider.press("Home")
    expect(filters).not_to_have_attribute("src", str(trained))
    expect(page).to_have_url(re.compile("inspect_epoch=untrained"))
    page.goto(f"{url}/inspect?run={run_id}&inspect_view=Feature+maps")
    expect(page.get_by_role("button", name=re.compile("^pool2, map 1 of 32"))).to_be_visible()


def test_matrix_is_drawn_and_a_clicked_cell_shows_its_images(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/evaluate?run={run_id}")
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    matrix = page.get_by_label(re.compile("^Confusion matrix, rows true, columns predicted"))
    expect(matrix).to_be_visible()
    cells = matrix.locator('[aria-roledescription="rect mark"]')
    expect(cells).to_have_count(10 * 10)
    expect(cells.last).to_have_attribute("aria-label", re.compile(r"^true 9, predicted 9: \d+ images$"))
    cells.last.click(force=True)  # forced: its number lies on top of it
    expect(page).to_have_url(re.compile("evaluate_true=9"))
    expect(page).to_have_url(re.compile("evaluate_predicted=9"))
    expect(page.get_by_text(re.compile("such images, the surest answers first"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^9 taken for 9, ")).first).to_be_visible()


def test_a_mistake_leads_to_its_feature_maps(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/evaluate?run={run_id}&evaluate_true=3&evaluate_predicted=3")
    page.get_by_role("link", name="Layer by layer").first.click()
    expect(page.get_by_role("heading", level=1, name="Inspect")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("an example of class 3")).first).to_be_visible()


LAST_STROKE_IS_SHOWN = """([pad, fields]) =>
  pad.dataset.sent && fields.dataset.shown === `Your drawing ${pad.dataset.sent}`"""


def stroke(page: Page) -> None:
    """A one, drawn with the mouse on the pad."""
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"]
    page.mouse.move(x, y + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(x, y + 0.8 * box["height"], steps=8)
    page.mouse.up()


def test_a_stroke_on_the_pad_reaches_every_layer_and_is_undone(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/inspect?run={run_id}&inspect_source=Drawing+pad&inspect_view=Feature+maps")
    pad, view = page.locator(".pad"), page.locator(".fields")
    expect(view).to_have_attribute("data-shown", "Your drawing")
    expect(page.get_by_text("Nothing is on it yet")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    blank = view.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    stroke(page)
    parts = [pad.element_handle(), view.element_handle()]
    page.wait_for_function(LAST_STROKE_IS_SHOWN, arg=parts)  # a stroke is sent as it is drawn
    expect(page.get_by_text("Nothing is on it yet")).to_be_hidden()
    assert view.locator("canvas").first.evaluate("canvas => canvas.toDataURL()") != blank
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Nothing is on it yet")).to_be_visible()


def test_the_pad_is_drawn_on_with_the_keyboard(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/inspect?run={run_id}&inspect_source=Drawing+pad")
    sheet = page.get_by_role("application")
    sheet.focus()
    for key in ("Space", "ArrowDown", "ArrowDown", "Shift+ArrowDown", "Space"):
        sheet.press(key)
    expect(page.get_by_text(re.compile("^Pen up, 50 % from the left"))).to_be_visible()
    expect(page.get_by_text("Nothing is on it yet")).to_be_hidden()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing is on it yet")).to_be_visible()


def test_the_field_of_a_value_is_drawn_and_a_click_writes_it_out(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/inspect?run={run_id}&inspect_view=Feature+maps")
    view = page.locator(".fields[data-shown]")
    button = view.locator('section[aria-label^="conv2"] button').nth(1)
    button.hover()
    _, index, row, column = str(view.get_attribute("data-at")).split(" ")
    nodes = network_graph(preset("Tiny CNN"))
    box = receptive_boxes(nodes, "conv2", int(index), int(row), int(column))["image"]
    assert view.get_attribute("data-field") == f"{box.top} {box.bottom} {box.left} {box.right}"
    button.click()
    title = f"conv2, map 2 of 32: row {int(row) + 1}, column {int(column) + 1}"
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator(".player[data-ready]")).to_be_visible()


def test_an_attribution_is_made_again_by_another_method_and_for_another_class(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/inspect?run={run_id}&inspect_view=Attributions")
    alone = page.get_by_role("img", name=re.compile("^Gradient for .*, alone$"))
    expect(alone).to_have_count(2)
    page.get_by_role("radio", name="Occlusion").click()
    shown = page.get_by_role("img", name=re.compile("^Occlusion for .*, alone$"))
    expect(shown).to_have_count(2)
    # a list that is open closes when the page goes on being drawn
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    first = shown.first.get_attribute("src")
    # By keyboard alone: the list that typing opens may close before an option is clicked.
    page.get_by_role("combobox", name="Class").last.fill("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("img", name=re.compile("^Occlusion for 5, .*, alone$"))).to_be_visible()
    expect(shown.first).not_to_have_attribute("src", str(first))
    expect(page).to_have_url(re.compile("inspect_why_class=5"))
    expect(page.get_by_text(re.compile("^Rank correlation"))).to_be_visible()


def test_what_a_unit_wants_is_found_and_climbed_to(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/inspect?run={run_id}&inspect_view=What+a+unit+wants")
    expect(page.get_by_role("heading", name="conv2, map 1 of 32")).to_be_visible()
    climbed = page.get_by_role("img", name="With the regularisers: the picture")
    before = climbed.get_attribute("src")
    page.get_by_role("spinbutton", name="Map, 1 to 32").fill("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="conv2, map 2 of 32")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("what is seen of it$"))).to_have_count(8)
    expect(climbed).not_to_have_attribute("src", str(before))
    second = climbed.get_attribute("src")
    page.get_by_role("slider", name=re.compile("^Steps(?! from)")).press("End")
    expect(page).to_have_url(re.compile("inspect_climb_steps=256"))
    expect(climbed).not_to_have_attribute("src", str(second))

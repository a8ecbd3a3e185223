"""A trained network looked at in a real browser: its filters, its confusion matrix, a cell clicked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cnn_core import datasets
from cnn_core.spec import preset
from cnn_core.training import TrainConfig, train
from cnn_core.training.store import RunStore
from tests.browser.conftest import serve


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(address of an app, id of a run of two epochs on Digits that it has stored)."""
    folder = tmp_path_factory.mktemp("look-inside")
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    spec, config = preset("Tiny CNN"), TrainConfig(dataset="digits", epochs=2)
    run_id = store.create("browser", spec, config)
    store.append(run_id, *train(spec, datasets.load("digits"), config))
    with serve(Path(folder)) as url:
        yield url, run_id


def test_filters_and_maps_are_drawn_and_change_with_the_checkpoint(run: tuple[str, str], page: Page) -> None:
    url, run_id = run
    page.goto(f"{url}/inspect?run={run_id}")
    filters = page.get_by_role("img", name="Filters of conv1: 16 pictures")
    expect(filters).to_be_visible()
    assert filters.evaluate("image => image.naturalWidth") > 500
    expect(page.get_by_role("img", name="32 feature maps of pool2")).to_be_visible()
    trained = filters.get_attribute("src")
    slider = page.get_by_role("slider", name="Checkpoint")
    slider.focus()
    slider.press("Home")
    expect(filters).not_to_have_attribute("src", str(trained))
    expect(page).to_have_url(re.compile("inspect_epoch=untrained"))


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
    expect(page.get_by_role("img", name=re.compile("an example of class 3"))).to_be_visible()

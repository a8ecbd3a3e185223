"""Judging a network in a real browser: a cell clicked, its images looked at, files, two runs, a map of images."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cnn_core import datasets
from cnn_core.networks import preset
from cnn_core.runs import RunStore
from cnn_core.training import TrainConfig, train
from tests.browser.conftest import serve_warm

Runs = tuple[str, str, str]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Runs]:
    """(address of an app, ids of two runs on Digits that it has stored)."""
    folder = tmp_path_factory.mktemp("evaluate")
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    spec, ids = preset("Tiny CNN"), []
    for seed in (0, 1):
        config = TrainConfig(dataset="digits", epochs=1, seed=seed)
        ids.append(store.create_run("browser", spec, config))
        store.append_events(ids[-1], *train(spec, datasets.load("digits"), config))
    with serve_warm(browser, Path(folder), "/evaluate") as url:
        yield url, ids[0], ids[1]


def test_a_clicked_cell_shows_its_images_with_what_explains_them(runs: Runs, page: Page) -> None:
    url, run_id, _ = runs
    page.goto(f"{url}/evaluate?run={run_id}")
    matrix = page.get_by_label(re.compile("^Confusion matrix, rows true, columns predicted"))
    cells = matrix.locator('[aria-roledescription="rect mark"]')
    expect(cells).to_have_count(10 * 10)
    cells.first.click(force=True)  # forced: its number lies on top of it
    expect(page).to_have_url(re.compile("evaluate_true=0"))
    card = page.locator("[data-testid=stHtml]", has_text="0 taken for 0").first
    expect(card.get_by_role("img", name=re.compile("^Grad-CAM at relu2 for true and predicted, 0"))).to_be_visible()
    expect(card.get_by_role("table", name="Most probable classes")).to_be_visible()
    expect(card.get_by_role("img", name=re.compile("^Training image"))).to_have_count(4)
    expect(card.get_by_role("img").first).to_have_css("width", "96px")  # laid out by site.css
    expect(card.locator(".card-probabilities .true").first).to_have_css("background-color", "rgb(63, 134, 207)")
    drawn = card.get_by_role("img").first.evaluate("image => image.naturalWidth")
    assert drawn >= 64
    page.get_by_role("button", name="Look closer").nth(1).click()
    expect(page).to_have_url(re.compile("evaluate_number=2"))
    expect(page.get_by_role("spinbutton", name=re.compile("^Image, 1 to"))).to_have_value("2")


def test_the_mistakes_are_taken_home(runs: Runs, page: Page) -> None:
    url, run_id, _ = runs
    page.goto(f"{url}/evaluate?run={run_id}")
    expect(page.get_by_text("mistakes, the surest answers first")).to_be_visible()
    count = int(page.get_by_text("mistakes, the surest answers first").inner_text().split()[0])
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as held:
        page.get_by_role("button", name="Mistakes (CSV)").click()
    with held.value.path().open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count
    assert all(row["true"] != row["predicted"] for row in rows)
    with page.expect_download() as held:
        page.get_by_role("button", name="Matrix (PNG)").click()
    assert held.value.path().read_bytes().startswith(b"\x89PNG")


def test_two_runs_and_the_map_of_images_are_drawn(runs: Runs, page: Page) -> None:
    url, run_id, other = runs
    page.goto(f"{url}/evaluate?run={run_id}&evaluate_view=Two+runs&evaluate_other={other}")
    expect(page.get_by_text(re.compile("McNemar's exact test"))).to_be_visible()
    difference = page.get_by_label(re.compile("^Difference of two confusion matrices"))
    expect(difference.locator('[aria-roledescription="rect mark"]')).to_have_count(10 * 10)
    page.goto(f"{url}/inspect?run={run_id}&inspect_view=Map+of+images")
    expect(page.get_by_label(re.compile("^360 images by the network's last features"))).to_be_visible()

"""Train in a real browser: to a good network, through a reload, to a stop, and into a wall."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.xdist_group("dask")
LONG = "train_epochs=1000"


def start(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Start training").click()


def message(page: Page, text: str | re.Pattern[str], seconds: float = 60) -> None:
    expect(page.get_by_test_id("stAlert").filter(has_text=text)).to_be_visible(timeout=seconds * 1000)


def test_digits_are_learned_and_the_confusion_matrix_is_seen(page: Page, app_url: str) -> None:
    start(page, f"{app_url}/train")
    message(page, "of the test images are right")
    text = page.get_by_test_id("stAlert").filter(has_text="of the test images are right").inner_text()
    assert float(re.search(r"([\d.]+)%", text)[1]) > 90
    page.get_by_role("link", name="Evaluate it").click()
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible()
    expect(page.locator('[data-testid="stVegaLiteChart"]').first).to_be_visible()
    expect(
        page.locator('[aria-label*="Confusion matrix, rows true, columns predicted"], [alt*="Confusion matrix"]').first
    ).to_be_attached()


def test_a_reload_in_the_middle_and_another_browser_find_the_run(page: Page, app_url: str, browser: Browser) -> None:
    start(page, f"{app_url}/train?{LONG}")
    message(page, "Training Tiny CNN on Digits")
    page.wait_for_url(re.compile(r"run="))
    page.reload()
    message(page, "Training Tiny CNN on Digits")
    expect(page.get_by_text(re.compile(r"Epoch \d+ of 1000, about .* left"))).to_be_visible()
    elsewhere = browser.new_context().new_page()
    elsewhere.goto(page.url)
    message(elsewhere, "Training Tiny CNN on Digits")
    elsewhere.get_by_role("button", name="Stop training").click()
    message(page, "Stopped. Every finished epoch is kept.")
    elsewhere.context.close()


def test_leaving_the_page_keeps_the_run_going(page: Page, app_url: str) -> None:
    start(page, f"{app_url}/train?{LONG}")
    message(page, "Training Tiny CNN on Digits")
    page.get_by_role("link", name="Shapes").click()
    expect(page.get_by_role("heading", name="Shapes", level=1)).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    message(page, "Training Tiny CNN on Digits")
    page.get_by_role("button", name="Stop training").click()
    message(page, "Stopped. Every finished epoch is kept.")


def test_a_learning_rate_that_diverges_is_named(page: Page, app_url: str) -> None:
    start(page, f"{app_url}/train?train_optimizer=SGD+with+momentum&train_rate=100000")
    message(page, re.compile(r"loss became (NaN|infinite) at step \d+: lower the learning rate"))
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()


def test_an_older_run_is_chosen_and_evaluated(page: Page, app_url: str) -> None:
    start(page, f"{app_url}/train?train_network=Linear+only&train_epochs=2")
    message(page, "of the test images are right")
    older = re.search(r"run=([\w-]+)", page.url)[1]
    page.get_by_role("spinbutton", name="Epochs").fill("1")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(re.compile("^1 epoch in "))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("^1 epoch in "))).to_be_visible()
    expect(page.locator(".vega-embed canvas, .vega-embed svg.marks")).to_have_count(2)
    # By keyboard: a click scrolls first, and an open list closes when anything scrolls.
    page.get_by_role("combobox", name="Run").press("ArrowDown")
    page.get_by_role("option").nth(1).click()
    page.wait_for_url(re.compile(older))
    page.get_by_role("link", name="Evaluate it").click()
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible()
    page.wait_for_url(re.compile(f"evaluate.*run={older}"))
    page.reload()
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible()
    assert older in page.url

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
    for name in ("Shapes", "Compare", "Pooling"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        page.wait_for_timeout(700)  # no late answer to Train wipes it away
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
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
    expect(page.locator(".vega-embed canvas, .vega-embed svg.marks")).to_have_count(4)
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


def test_pause_single_step_a_new_rate_stop_and_go_on(page: Page, app_url: str) -> None:
    start(page, f"{app_url}/train?{LONG}")
    message(page, "Training Tiny CNN on Digits")
    page.get_by_role("button", name="Pause").click()
    message(page, "Paused.")
    said = page.get_by_text(re.compile("Filters of the first convolution after step"))
    expect(said).to_be_visible()
    page.get_by_role("button", name="Single step").click()
    message(page, "Paused.")
    page.get_by_role("button", name="Change").click()
    page.get_by_role("spinbutton", name="Learning rate from now on").fill("0.05")
    page.get_by_role("spinbutton", name="Learning rate from now on").press("Enter")
    page.get_by_role("button", name="Set the rate").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Resume").click()
    message(page, "Training Tiny CNN on Digits")
    expect(
        page.locator('[aria-label*="Learning rate: now 0.05"], [alt*="Learning rate: now 0.05"]').first
    ).to_be_attached()
    page.get_by_role("button", name="Stop training").click()
    message(page, "Stopped. Every finished epoch is kept.")
    page.get_by_role("button", name="Go on").click()
    message(page, "Training Tiny CNN on Digits")
    page.get_by_role("button", name="Stop training").click()
    message(page, "Stopped. Every finished epoch is kept.")


def test_a_finished_run_is_extended_and_forked(page: Page, app_url: str) -> None:
    start(page, f"{app_url}/train?train_epochs=3")
    message(page, "of the test images are right")
    first = re.search(r"run=([\w-]+)", page.url)[1]
    page.get_by_role("button", name="More").click()
    page.get_by_role("spinbutton", name="Epochs in all").fill("5")
    page.get_by_role("spinbutton", name="Epochs in all").press("Enter")
    page.get_by_role("button", name="Train on").click()
    expect(page.get_by_text(re.compile("^5 epochs in "))).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Fork").click()
    page.wait_for_url(lambda url: "run=" in url and first not in url)
    message(page, "of the test images are right")


def test_a_recipe_is_run_as_a_batch_and_compared(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/train?train_way=A+recipe&train_recipe=E.+What+if+all+weights+begin+equal%3F")
    page.get_by_role("button", name=re.compile("Start these")).click()
    expect(page.get_by_text("Started together")).to_be_visible()
    page.get_by_role("link", name="Compare their curves").click()
    expect(page.get_by_role("heading", name="Compare", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="What differed")).to_be_visible()

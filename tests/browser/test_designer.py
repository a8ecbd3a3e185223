"""Design a network in a real browser: choose, edit, predict, break, mend, take home, reopen from the link."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from cnn_core.networks import NetworkSpec, preset


def open_designer(page: Page, app_url: str, query: str = "") -> None:
    page.goto(f"{app_url}/designer{query}")
    page.wait_for_selector(".network[data-shown]")


def pick(page: Page, name: str):
    return page.locator(".pick", has_text=re.compile(f"^{name}$"))


def test_predict_parameters_and_be_told_the_term_that_differs(page: Page, app_url: str) -> None:
    open_designer(page, app_url, "?designer_predict=Parameters")
    page.get_by_label("Parameters of conv1").fill("2400")
    page.keyboard.press("Enter")
    expect(page.get_by_text("conv1: The biases are missing: one for each filter.")).to_be_visible()
    page.get_by_label("Parameters of conv1").fill("2,432")
    page.keyboard.press("Enter")
    expect(page.get_by_text("✓ 2,432")).to_be_visible()
    expect(page.get_by_text("1 of 13 right")).to_be_visible()
    expect(page.get_by_label("Parameters of relu1")).to_be_focused()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_text("relu1: not yet. This layer learns nothing.")).to_be_visible()


def test_break_it_read_the_sentence_and_mend_it(page: Page, app_url: str) -> None:
    open_designer(page, app_url)
    pick(page, "flatten").focus()
    page.keyboard.press("Delete")
    expect(
        page.get_by_text("fc1: The layer needs flat input, but gets 128×4×4: put a flatten before it.")
    ).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("390,410")
    pick(page, "conv2").click()
    expect(page.get_by_label("Filters")).to_have_value("64")
    page.get_by_label("Filters").fill("8")
    page.keyboard.press("Enter")
    expect(page.locator("tr.chosen")).to_contain_text("8×16×16")
    pick(page, "conv2").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".pick").nth(2)).to_have_text("conv2")
    expect(page.locator(".pick").nth(2)).to_be_focused()
    page.keyboard.press("d")
    expect(page.locator(".pick").nth(3)).to_have_text("conv3")


def test_a_pasted_source_is_read_and_taken_home_again(page: Page, app_url: str) -> None:
    open_designer(page, app_url)
    page.get_by_role("button", name="Import").click()
    page.get_by_label("Source").fill("nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1, 10))")
    page.get_by_label("Source").press("Control+Enter")
    page.get_by_role("button", name="Read the source").click()
    expect(page.locator(".pick")).to_have_count(4)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    for label, check in (
        ("JSON", lambda text: NetworkSpec.from_json(text).total_parameters == 4 * 27 + 4 + 3600 * 10 + 10),
        ("PyTorch source", lambda text: "nn.Linear(3600, 10)" in text),
        ("Jupyter notebook", lambda text: json.loads(text)["nbformat"] == 4),
        ("Table (CSV)", lambda text: "4×30×30" in text),
    ):
        with page.expect_download() as found:
            page.get_by_role("button", name=label, exact=True).click()
        assert check(found.value.path().read_text(encoding="utf-8")), label
    with page.expect_download() as found:
        page.get_by_role("button", name="ONNX").click()
    assert found.value.path().stat().st_size > 4 * 36_000


def test_files_that_were_taken_home_are_opened(page: Page, app_url: str, tmp_path: Path) -> None:
    open_designer(page, app_url)
    (tmp_path / "network.py").write_text(preset("Tiny CNN", input_shape=(3, 32, 32)).to_code(), encoding="utf-8")
    (tmp_path / "network.json").write_text(preset("LeNet-5").to_json(), encoding="utf-8")
    (tmp_path / "broken.json").write_bytes(b"\xff{")
    page.get_by_role("button", name="Import").click()
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(tmp_path / "network.py")
    expect(page.locator(".pick")).to_have_count(8)
    chooser.set_input_files(tmp_path / "broken.json")
    expect(page.get_by_text("This is not valid JSON")).to_be_visible()
    expect(page.locator(".pick")).to_have_count(8)
    chooser.set_input_files(tmp_path / "network.json")
    expect(page.locator(".pick")).to_have_count(12)


def test_a_unit_is_chosen_and_measured(page: Page, app_url: str) -> None:
    open_designer(page, app_url, "?designer_measure=true")
    expect(page.get_by_text("rows 15 to 19 and columns 15 to 19")).to_be_visible()
    page.get_by_role("slider", name="Column").press("Home")
    expect(page.get_by_text("rows 15 to 19 and columns 1 to 3")).to_be_visible()
    page.wait_for_url("**designer_unit_column=0**")


def test_the_link_brings_the_network_back(page: Page, app_url: str) -> None:
    open_designer(page, app_url)
    page.get_by_role("combobox", name="Begin with").click()
    page.keyboard.type("LeNet-5")
    page.get_by_role("option", name="LeNet-5").click()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{preset('LeNet-5').total_parameters:,}")
    page.wait_for_url(re.compile("designer_network="))
    page.reload()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{preset('LeNet-5').total_parameters:,}")


def test_a_convolution_opens_on_its_own_page(page: Page, app_url: str) -> None:
    open_designer(page, app_url)
    page.get_by_role("link", name="Open in Convolution").click()
    expect(page.get_by_role("heading", level=1, name="Convolution")).to_be_visible()
    expect(page.locator(".player")).to_contain_text("5 × 5")


def test_the_design_is_trained(page: Page, app_url: str) -> None:
    open_designer(page, app_url)
    page.get_by_role("combobox", name="Begin with").click()
    page.get_by_role("option", name="Tiny CNN", exact=True).click()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(f"{preset('Tiny CNN').total_parameters:,}")
    page.get_by_role("link", name="Train it").click()
    expect(page.get_by_role("heading", level=1, name="Train")).to_be_visible()
    expect(page.get_by_role("combobox", name="Network")).to_have_value("Your design")
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text(re.compile("Done: .* of the test images are right"))).to_be_visible(timeout=60_000)

"""Step through the course's convolution in a real browser and read the sums off the screen."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

GOLDEN = json.loads((Path(__file__).parents[1] / "core" / "golden.json").read_text())["by_hand_convolution"]


def open_player(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(".player[data-ready]")


def shown(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def output_cells(page: Page) -> list[str]:
    """What the output grid shows, masked cells as '?'."""
    cells = page.locator(".output .cell")
    return cells.evaluate_all("all => all.map(c => c.classList.contains('masked') ? '?' : c.textContent)")


def total(page: Page) -> str:
    return page.locator(".player .sum b").inner_text()


def press(page: Page, *keys: str) -> None:
    page.locator('.player [role=grid][aria-label^="Output"]').focus()
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize(("mode", "expected"), [("", "cross_correlation"), ("True+convolution", "convolution")])
def test_every_sum_of_the_course_example(page: Page, app_url: str, mode: str, expected: str) -> None:
    open_player(page, f"{app_url}/convolution" + (f"?convolution_mode={mode}" if mode else ""))
    wanted = [shown(value) for row in GOLDEN[expected] for value in row]
    press(page, "Home")
    seen = [total(page)]
    for _ in wanted[1:]:
        page.keyboard.press("ArrowRight")
        seen.append(total(page))
    assert seen == wanted
    assert output_cells(page) == wanted


def test_outputs_are_masked_until_the_kernel_passes(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    assert output_cells(page) == ["2", *["?"] * 14]
    page.get_by_role("button", name="Step forward").click()
    assert output_cells(page) == ["2", "−1", *["?"] * 13]
    page.get_by_role("button", name="Uncover every output").click()
    assert "?" not in output_cells(page)


def test_hover_shows_the_window_and_its_arithmetic(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.locator('.output .cell[data-index="7"]').hover()  # row 2, column 3
    expect(page.locator(".player .sum")).to_have_text(
        "2·(−1) + 0·0 + 3·1 + 2·(−2) + 0·0 + 7·2 + 6·(−1) + 1·0 + 1·1 = 8".replace("2·(−1) + 0·0", "0·(−1) + 2·0", 1)
    )
    read = page.locator(".input .cell.read").evaluate_all("all => all.map(c => Number(c.dataset.index))")
    assert read == [row * 7 + column for row in (1, 2, 3) for column in (2, 3, 4)]


def test_hover_over_an_input_and_a_weight_shows_every_use(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.locator('.input .cell[data-index="18"]').hover()  # the 7: row 3, column 5 of the padded input
    expect(page.locator(".player .panel h3")).to_contain_text("takes part in 9 outputs")
    assert page.locator(".output .cell.related").count() == 9
    page.locator('.kernel .cell[data-index="0"]').hover()
    expect(page.locator(".player .panel h3")).to_contain_text("takes part in 15 outputs")
    assert page.locator(".input .cell.read").count() == 15


def test_click_pins_and_escape_releases(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.locator('.output .cell[data-index="7"]').click()
    page.locator('.output .cell[data-index="0"]').hover()
    expect(page.locator(".player .panel h3")).to_contain_text("row 2, column 3")
    page.keyboard.press("Escape")
    page.locator('.output .cell[data-index="0"]').hover()
    expect(page.locator(".player .panel h3")).to_contain_text("row 1, column 1")


def test_keyboard_moves_by_cell_and_by_row_and_plays(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    counter = page.locator(".player .counter")
    press(page, "Home", "ArrowDown", "ArrowRight")
    expect(counter).to_have_text("step 7 of 15")
    press(page, "ArrowUp")
    expect(counter).to_have_text("step 2 of 15")
    press(page, "End")
    expect(counter).to_have_text("step 15 of 15")
    page.get_by_label("Speed").select_option("8")
    press(page, "Home", "Space")
    expect(counter).to_have_text("step 15 of 15")  # plays to the end by itself
    assert "?" not in output_cells(page)


def test_a_setting_is_kept_in_the_link(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_text("2", exact=True).first.click()  # stride 2
    expect(page.locator(".player .counter")).to_have_text(re.compile("of 6"))
    page.wait_for_url(re.compile("convolution_stride=2"))
    page.reload()
    page.wait_for_selector(".player[data-ready]")
    expect(page.locator(".player .counter")).to_have_text(re.compile("of 6"))


def test_a_kernel_that_does_not_fit_gets_a_sentence(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/convolution?convolution_padding=0&convolution_dilation=3")
    expect(page.get_by_role("alert")).to_contain_text("does not fit a 3-wide input")


def cell(page: Page, row: int, column: int, grid: str = "Kernel"):
    return page.get_by_label(f"{grid}, row {row}, column {column}", exact=True)


def test_a_typed_cell_changes_the_sums_and_the_link(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_role("button", name="Edit the kernel").click()
    cell(page, 3, 3).fill("5")  # the corner's only visible products: 2·1 becomes 2·5
    expect(page.locator(".player .sum b")).to_have_text("10")
    cell(page, 3, 3).press("ArrowUp")
    expect(cell(page, 2, 3)).to_be_focused()
    page.wait_for_url(re.compile("convolution_kernel="))
    page.reload()
    page.wait_for_selector(".player[data-ready]")
    expect(page.locator(".player .sum b")).to_have_text("10")


def test_an_emptied_cell_is_named_and_nothing_is_lost(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_role("button", name="Edit the input").click()
    cell(page, 2, 4, "Input").fill("")
    expect(page.get_by_role("alert")).to_contain_text("row 2, column 4 of the input is empty")
    expect(cell(page, 2, 3, "Input")).to_have_value("0")
    cell(page, 2, 4, "Input").fill("7")
    expect(page.locator(".player .sum b")).to_have_text("2")


def test_a_block_from_a_spreadsheet_is_pasted(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_role("button", name="Edit the kernel").click()
    cell(page, 1, 1).focus()
    page.evaluate(
        """() => {
          let active = document.activeElement;
          while (active.shadowRoot) active = active.shadowRoot.activeElement;
          const data = new DataTransfer();
          data.setData('text', '1\\t0\\n0\\t1');
          const how = {clipboardData: data, bubbles: true, composed: true, cancelable: true};
          active.dispatchEvent(new ClipboardEvent('paste', how));
        }"""
    )
    expect(cell(page, 1, 1)).to_have_value("1")
    expect(cell(page, 2, 2)).to_have_value("1")
    expect(cell(page, 3, 3)).to_have_value("1")  # outside the block: kept
    page.keyboard.press("Escape")  # the editor would cover the output
    expect(cell(page, 1, 1)).to_have_count(0)
    page.locator('.output .cell[data-index="7"]').hover()
    # 0·1 + 2·0 + 3·1 + 2·0 + 0·1 + 7·2 + 6·(−1) + 1·0 + 1·1
    expect(page.locator(".player .sum b")).to_have_text(shown(0 + 0 + 3 + 0 + 0 + 14 - 6 + 0 + 1))


def test_rows_and_columns_can_be_added(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_role("button", name="Edit the input").click()
    page.get_by_role("button", name="Input: + column").click()
    expect(page.locator(".player .counter")).to_have_text(re.compile(r"of 18"))

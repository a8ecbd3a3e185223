"""Step through the course's convolution in a real browser and read the sums off the screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.golden import GOLDEN

BY_HAND = GOLDEN["by_hand_convolution"]


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
    wanted = [shown(value) for row in BY_HAND[expected] for value in row]
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


def shown_cell(page: Page, grid: str, index: int):
    return page.locator(f'.player .cell[data-grid="{grid}"][data-index="{index}"]')


def test_a_typed_cell_changes_the_sums_and_the_link(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    shown_cell(page, "kernel", 8).click()
    page.keyboard.type("5")  # the corner's only visible products: 2·1 becomes 2·5
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # releases the weight
    page.mouse.move(0, 0)
    expect(page.locator(".player .sum b")).to_have_text("10")
    page.wait_for_url(re.compile("convolution_kernel="))
    page.reload()
    page.wait_for_selector(".player[data-ready]")
    expect(page.locator(".player .sum b")).to_have_text("10")


def test_typing_goes_on_from_cell_to_cell(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    first = 8  # row 2, column 2 of the padded input: the top left number, 1
    shown_cell(page, "input", first).click()
    page.keyboard.type("4")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("-2.5")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("1/2")
    page.keyboard.press("Tab")
    page.wait_for_url(re.compile("convolution_input=4"))
    texts = [shown_cell(page, "input", i) for i in (first, first + 1, first + 8)]
    for locator, text in zip(texts, ["4", "−2.5", "0.5"], strict=True):
        expect(locator).to_have_text(text)


def test_escape_leaves_a_cell_as_it_was(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    shown_cell(page, "kernel", 0).click()
    page.keyboard.type("77")
    page.keyboard.press("Escape")
    expect(shown_cell(page, "kernel", 0)).to_have_text("−1")
    assert "convolution_kernel" not in page.url


def test_what_is_no_number_is_named_and_nothing_is_lost(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    shown_cell(page, "input", 8).dblclick()
    page.keyboard.type("x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“x” in row 1, column 1 of the input is not a number")
    page.get_by_role("button", name="Shape and numbers").click()
    text = page.get_by_role("textbox", name="Type or paste the input")
    expect(text).to_have_value("x 0 2 3 1; 3 2 0 7 0; 0 6 1 1 4")
    text.fill("1 0 2 3 1; 3 2 0 7 0; 0 6 1 1 4")
    text.press("Control+Enter")
    expect(page.locator(".player .sum b")).to_have_text("2")


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => {
          let active = document.activeElement;
          while (active.shadowRoot) active = active.shadowRoot.activeElement;
          const data = new DataTransfer();
          data.setData('text', text);
          const how = {clipboardData: data, bubbles: true, composed: true, cancelable: true};
          active.dispatchEvent(new ClipboardEvent('paste', how));
        }""",
        text,
    )


def test_a_block_from_a_spreadsheet_is_pasted(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    shown_cell(page, "kernel", 0).click()
    paste(page, "1\t0\n0\t1")
    for index, text in ((0, "1"), (1, "0"), (3, "0"), (4, "1"), (8, "1")):  # the last is outside the block: kept
        expect(shown_cell(page, "kernel", index)).to_have_text(text)
    page.keyboard.press("Escape")
    page.locator('.output .cell[data-index="7"]').hover()
    # 0·1 + 2·0 + 3·1 + 2·0 + 0·1 + 7·2 + 6·(−1) + 1·0 + 1·1
    expect(page.locator(".player .sum b")).to_have_text(shown(0 + 0 + 3 + 0 + 0 + 14 - 6 + 0 + 1))


def test_a_larger_block_becomes_the_whole_matrix(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    shown_cell(page, "kernel", 0).click()
    paste(page, "1 0 0 0; 0 1 0 0; 0 0 1 0; 0 0 0 1")
    expect(page.locator('.player figure[data-grid="kernel"] figcaption')).to_contain_text("4 × 4")


def test_a_flipped_kernel_is_edited_where_it_is_shown(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution?convolution_mode=True+convolution")
    shown_cell(page, "kernel", 0).click()  # shown turned: the last weight, 1
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"convolution_kernel=-1\+0\+1%3B\+-2\+0\+2%3B\+-1\+0\+9"))
    expect(shown_cell(page, "kernel", 0)).to_have_text("9")


def test_rows_and_columns_can_be_added(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_role("button", name="Shape and numbers").click()
    page.get_by_label("Columns", exact=True).fill("6")
    page.get_by_label("Columns", exact=True).press("Enter")
    expect(page.locator(".player .counter")).to_have_text(re.compile(r"of 18"))


def predict(page: Page, answer: str) -> None:
    page.get_by_label("Your answer").fill(answer)
    page.get_by_label("Your answer").press("Enter")


def test_predict_before_seeing(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_role("button", name="Predict").click()
    assert output_cells(page) == ["?"] * 15
    expect(page.locator(".player .sum")).to_be_hidden()
    verdict = page.locator(".player .verdict")
    predict(page, "-2")
    expect(verdict).to_contain_text("that is the true convolution")
    predict(page, "5")
    expect(verdict).to_contain_text("Not 5")
    predict(page, "two")
    expect(verdict).to_contain_text("Type a number such as")
    predict(page, "2")
    expect(verdict).to_contain_text("Right!")
    expect(page.locator(".player .sum b")).to_have_text("2")
    page.keyboard.press("Enter")  # on to the next
    predict(page, "-1")
    expect(page.locator(".player .score")).to_have_text("2 of 15 found, 1 at the first try")
    assert output_cells(page) == ["2", "−1", *["?"] * 13]


def test_hints_work_out_one_product_at_a_time(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution?predict=1&step=8")
    products = page.locator(".player .term .product")
    assert set(products.all_inner_texts()) == {"= ?"}
    for _ in range(3):
        page.get_by_role("button", name="Hint").click()
    assert products.all_inner_texts()[:4] == ["= 0", "= 0", "= 3", "= ?"]
    page.get_by_role("button", name="Tell me").click()
    expect(page.locator(".player .sum b")).to_have_text("8")
    expect(page.locator(".player .score")).to_have_text("1 of 15 found, 0 at the first try")


def test_views_are_switched_without_losing_the_place(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    press(page, *["ArrowRight"] * 7)
    counter, answer = page.locator(".player .counter"), page.locator(".player .sum b")
    expect(answer).to_have_text("8")
    for view, marker in (("Matrix product", '[data-grid="windows"]'), ("Loops", ".code:not([hidden])")):
        page.get_by_role("radio", name=view).click()
        expect(page.locator(f".player {marker}").first).to_be_visible()
        expect(counter).to_have_text("step 8 of 15")
        expect(answer).to_have_text("8")
    page.get_by_role("radio", name="Way back up").click()
    expect(page.locator(".player figcaption").last).to_contain_text("back at the old size")


def test_loops_light_the_line_and_add_product_by_product(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution?convolution_view=Loops&step=8")
    forward = page.get_by_role("button", name="Step forward")
    forward.click()  # from the end of step 8 to the start of step 9
    line, values = page.locator(".player .code .now"), page.locator(".player .values")
    expect(line).to_contain_text("y[0, i, j] = 0")
    expect(values).to_have_text("i = 1  j = 3")
    forward.click()
    forward.click()
    expect(line).to_contain_text("+=")
    expect(values).to_have_text(re.compile(r"i = 1  j = 3\s+u = 0  v = 1"))
    expect(page.locator(".player .tally")).to_have_text(f"{8 * 9 + 2} of {15 * 9} multiplications")
    expect(page.locator(".player .sum")).to_be_hidden()


COLOUR = "convolution_input=1+2;+3+4+|+5+6;+7+8&convolution_kernel=1+0;+0+1+|+2+0;+0+0+|+0+1;+1+0+|+1+1;+1+1"


def test_channels_filters_and_bias(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution?{COLOUR}&convolution_bias=3;+-1&convolution_padding=0")
    assert page.locator(".player .part").all_inner_texts() == ["Σ 5", "Σ 10"]  # 1 + 4 and 2·5
    assert total(page) == shown(1 + 4 + 2 * 5 + 3)
    page.get_by_role("button", name="filter 2").click()
    assert total(page) == shown(2 + 3 + 5 + 6 + 7 + 8 - 1)
    expect(page.locator('.player figure[data-grid="kernel"] .plane:visible')).to_have_count(2)
    shown_cell(page, "bias", 1).click()
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    expect(page.locator(".player .sum b")).to_have_text(shown(2 + 3 + 5 + 6 + 7 + 8 + 10))


def test_the_link_shows_the_same_step_in_the_same_mode(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    press(page, "Home", "ArrowDown", "ArrowRight")
    page.wait_for_url(re.compile(r"[?&]step=7"))
    page.get_by_role("radio", name="True convolution").click()
    page.wait_for_url(re.compile("convolution_mode=True"))
    other = page.context.new_page()
    open_player(other, page.url)
    expect(other.locator(".player .counter")).to_have_text("step 7 of 15")
    assert total(other) == shown(BY_HAND["convolution"][1][1])


def test_another_page_starts_at_its_own_first_step(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution?step=9")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Pooling").click()
    expect(page.get_by_role("heading", level=1, name="Pooling")).to_be_visible()
    expect(page.locator(".player .counter").first).to_have_text(re.compile("^step 1 of"))


def test_the_keyboard_alone_edits_and_drives(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    page.get_by_role("button", name="Predict").focus()
    page.keyboard.press("Tab")  # the input's cells are the next stop
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(shown_cell(page, "input", 9)).to_have_text("5")  # row 1, column 2 of what is not padding
    page.keyboard.press("Tab")  # the kernel
    page.keyboard.press("Tab")  # the output
    page.keyboard.press("End")
    expect(page.locator(".player .counter")).to_have_text("step 15 of 15")


def test_typing_faster_than_the_server_answers_loses_nothing(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/convolution")
    shown_cell(page, "kernel", 0).click()
    for digit in "12345":  # each row: a number and on to the right, as fast as keys can come
        page.keyboard.type(digit)
        page.keyboard.press("Tab" if digit in "12" else "Enter")
    page.wait_for_url(re.compile(r"convolution_kernel=1\+2\+3%3B\+-2\+0\+4%3B\+-1\+0\+5"))
    for index, text in enumerate(["1", "2", "3", "−2", "0", "4", "−1", "0", "5"]):
        expect(shown_cell(page, "kernel", index)).to_have_text(text)

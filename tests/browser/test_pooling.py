"""Step through pooling in a real browser: numbers off the screen, winners marked, other kinds, keyboard alone."""

import re

from playwright.sync_api import Locator, Page, expect

TIES = "7+7+1+2%3B+7+3+2+0%3B+0+0+5+1%3B+0+0+1+9"


def open_player(page: Page, url: str) -> Locator:
    page.goto(url)
    page.locator(".player[data-ready]").nth(1).wait_for()
    return page.locator(".player").first


def numbers(player: Locator, grid: str) -> list[str]:
    cells = player.locator(f'.cell[data-grid="{grid}"]')
    return cells.evaluate_all("all => all.map(c => c.classList.contains('masked') ? '?' : c.textContent)")


def focus_output(player: Locator) -> None:
    player.locator("[role=grid][aria-label^=Output]").focus()


def test_keyboard_alone_reads_the_four_maxima(page: Page, app_url: str) -> None:
    player = open_player(page, f"{app_url}/pooling")
    focus_output(player)
    page.keyboard.press("Home")
    seen = [player.locator(".sum b").inner_text()]
    for _ in range(3):
        page.keyboard.press("ArrowRight")
        seen.append(player.locator(".sum b").inner_text())
    # windows 1 1 / 5 6, 2 4 / 7 8, 3 2 / 1 2, 1 0 / 3 4
    assert seen == ["6", "8", "3", "4"] == numbers(player, "output")
    page.keyboard.press("ArrowUp")
    expect(player.locator(".sum")).to_have_text("max(2, 4, 7, 8) = 8")


def test_hover_marks_the_winner_and_the_first_of_a_tie(page: Page, app_url: str) -> None:
    player = open_player(page, f"{app_url}/pooling?pooling_input={TIES}")
    player.locator('[data-grid=output].cell[data-index="3"]').hover()  # 5 1 / 1 9
    won = player.locator("[data-grid=input].cell.won")
    expect(won).to_have_attribute("data-index", "15")
    expect(player.locator(".term.chosen")).to_contain_text("largest")
    player.locator('[data-grid=output].cell[data-index="0"]').hover()  # 7 7 / 7 3
    expect(won).to_have_attribute("data-index", "0")
    expect(page.get_by_test_id("stAlert")).to_contain_text("3 of 4 windows are tied")
    expect(page.get_by_test_id("stAlert")).to_contain_text("output (1, 1) has its 7 in (1, 1), (1, 2), (2, 1)")


def test_the_kind_is_changed_and_kept_in_the_link(page: Page, app_url: str) -> None:
    player = open_player(page, f"{app_url}/pooling")
    page.get_by_role("radio", name="Average", exact=True).click()
    expect(player.locator(".sum")).to_have_text(f"(1 + 1 + 5 + 6) / 4 = {(1 + 1 + 5 + 6) / 4:g}")
    page.get_by_role("radio", name="L2", exact=True).click()
    expect(player.locator(".sum")).to_have_text("√(1² + 1² + 5² + 6²) ≈ 7.9373")  # √63
    page.get_by_role("radio", name="Global max", exact=True).click()
    expect(player.locator(".counter")).to_have_text("step 1 of 1")
    expect(player.locator(".sum b")).to_have_text("8")
    page.wait_for_url(re.compile("pooling_kind=Global"))
    page.reload()
    expect(page.locator(".player").first.locator(".sum b")).to_have_text("8")


def test_padding_says_what_it_holds(page: Page, app_url: str) -> None:
    query = "pooling_padding=1&pooling_input=-1+-2%3B+-3+-4"
    player = open_player(page, f"{app_url}/pooling?{query}")
    expect(player.locator(".legend")).to_contain_text("padding: −∞")
    expect(player.locator(".sum")).to_have_text("max(−∞, −∞, −∞, −1) = −1")
    page.get_by_role("radio", name="Average", exact=True).click()
    expect(player.locator(".legend")).to_contain_text("padding: 0")
    expect(player.locator(".sum")).to_have_text(f"(0 + 0 + 0 + (−1)) / 4 = −{1 / 4}")
    page.get_by_text("Count padding", exact=True).first.click()  # the lesson names it too
    expect(player.locator(".sum")).to_have_text("(0 + 0 + 0 + (−1)) / 1 = −1")


def test_a_number_is_edited_in_place(page: Page, app_url: str) -> None:
    player = open_player(page, f"{app_url}/pooling")
    player.locator('[data-grid=input].cell[data-index="0"]').click()
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(player.locator('[data-grid=output].cell[data-index="0"]')).to_have_text("9")
    page.wait_for_url(re.compile("pooling_input=9"))


def test_predict_mode_names_the_slip(page: Page, app_url: str) -> None:
    player = open_player(page, f"{app_url}/pooling?pooling_kind=Average")
    player.get_by_role("button", name="Predict").click()
    answer = player.locator(".answer input")
    answer.fill("13")  # 1 + 1 + 5 + 6, not divided
    answer.press("Enter")
    expect(player.locator(".answer")).to_contain_text("that is the sum. Divide it by 4.")
    answer.fill("3.25")
    answer.press("Enter")
    expect(player.locator(".answer")).not_to_contain_text("Not yet")


def test_the_way_back_shows_where_a_number_came_from(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/pooling")
    back = page.locator(".player").nth(1)
    assert numbers(back, "unpooled") == [*"0000", *"0608", *"3000", *"0004"]
    back.locator('[data-grid=unpooled].cell[data-index="0"]').hover()
    expect(back.locator(".panel")).to_contain_text("Nothing reaches this cell.")
    back.locator('[data-grid=unpooled].cell[data-index="5"]').hover()
    expect(back.locator(".sum")).to_have_text("6 = 6")
    expect(back.locator('[data-grid=original].cell[data-index="5"]')).to_have_class(re.compile("related"))
    expect(back.locator('[data-grid=pooled].cell[data-index="0"]')).to_have_class(re.compile("read"))
    assert "step=" not in page.url  # the address holds the step of the first player alone
    page.get_by_role("radio", name="Without switches").click()
    expect(back.locator('[data-grid=unpooled].cell[data-index="0"]')).to_have_text("6")
    assert numbers(back, "unpooled") == [*"6688", *"6688", *"3344", *"3344"]


def test_the_experiments_answer_to_their_controls(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/pooling")
    expect(page.get_by_text("Of 11,664 numbers the pooled picture keeps 2,916, 1 of 4.")).to_be_visible()
    expect(page.get_by_text("Moved by 1 pixel, the features change by")).to_be_visible()
    page.get_by_role("slider", name="Move to the right by").press("ArrowRight")
    expect(page.get_by_text("Moved by 2 pixels, the features change by")).to_be_visible()
    page.get_by_role("radio", name="Digits").click()
    expect(page.get_by_text("mean of 20 pictures")).to_be_visible()
    page.wait_for_url(re.compile("pooling_source=Digits"))

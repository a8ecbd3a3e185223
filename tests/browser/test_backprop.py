"""Step backwards through the by-hand example in a real browser, and read the gradients off the screen."""

import re

from playwright.sync_api import Page, expect

# X, F and ∂L/∂O by hand
X = [[1, 2, 0], [3, -1, 2], [0, 1, 4]]
F = [[1, -2], [3, 0]]
DO = [[1, 2], [-1, 3]]
LINK = "backprop_dy=1+2;+-1+3"


def open_player(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(".player[data-ready]")


def first_player(page: Page):
    return page.locator(".player").first


def shown(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def walk(page: Page, steps: int) -> list[str]:
    """Every total of the first player, from the first step to the last, by the keyboard alone."""
    first_player(page).locator(".gradient .plane[tabindex]").last.focus()
    page.keyboard.press("Home")
    seen = [first_player(page).locator(".sum b").inner_text()]
    for _ in range(steps - 1):
        page.keyboard.press("ArrowRight")
        seen.append(first_player(page).locator(".sum b").inner_text())
    return seen


def test_the_gradient_of_the_kernel_by_hand(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/backprop?{LINK}")
    expected = [sum(X[i + u][j + v] * DO[i][j] for i in range(2) for j in range(2)) for u in range(2) for v in range(2)]
    assert walk(page, 4) == [shown(value) for value in expected]
    page.keyboard.press("Home")
    expect(first_player(page).locator(".sum")).to_have_text("1·1 + 2·2 + 3·(−1) + (−1)·3 = −1")


def test_the_gradient_of_the_input_both_ways(page: Page, app_url: str) -> None:
    expected = [
        sum(F[m - i][n - j] * DO[i][j] for i in range(2) for j in range(2) if 0 <= m - i < 2 and 0 <= n - j < 2)
        for m in range(3)
        for n in range(3)
    ]
    for way in ("∂L/∂X", "∂L/∂X as full convolution"):
        open_player(page, f"{app_url}/backprop?{LINK}&backprop_way={way}")
        last = first_player(page).locator("figure").nth(2)
        last.locator(".plane").focus()
        page.keyboard.press("Home")
        seen = [first_player(page).locator(".sum b").inner_text()]
        for _ in range(8):
            page.keyboard.press("ArrowRight")
            seen.append(first_player(page).locator(".sum b").inner_text())
        assert seen == [shown(value) for value in expected]
        expect(page.get_by_text("Largest difference between the two ways to ∂L/∂X: 0.")).to_be_visible()


def test_a_term_lights_the_forward_output_it_comes_from(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/backprop?{LINK}&backprop_way=∂L/∂X&step=5")  # the middle: in all four outputs
    forward = first_player(page).locator('[data-grid="output"] .cell.related')
    expect(forward).to_have_count(4)
    page.keyboard.press("Escape")
    first_player(page).locator('.cell[data-grid="output"][data-index="3"]').hover()
    expect(first_player(page).locator("h3")).to_contain_text("O, forward, row 2, column 2")
    expect(first_player(page).locator('[data-grid="gradient"] .cell.related')).to_have_count(4)  # its window


def test_an_edited_gradient_changes_the_sum_and_the_check(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/backprop")
    expect(page.get_by_text("agree")).to_have_count(3)
    first_player(page).locator('.cell[data-grid="upstream"][data-index="0"]').click()
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    expect(first_player(page).locator(".sum b")).to_have_text(shown(1 * 10 + 2 + 3 - 1))
    page.wait_for_url(re.compile("backprop_dy=10"))
    expect(page.get_by_text("agree")).to_have_count(3)


def test_the_sandwich_opens_stage_by_stage(page: Page, app_url: str) -> None:
    open_player(page, f"{app_url}/backprop")
    second = page.locator(".player").nth(1)
    for stage, heading in (("R → P", "P"), ("∂P → ∂R", "∂L/∂R"), ("∂O → ∂X", "∂L/∂X")):
        page.get_by_role("radio", name=stage, exact=True).click()
        expect(second.locator("h3")).to_contain_text(f"{heading}, row 1, column 1")
    assert "step=" not in page.url  # the address holds the step of the page's main player

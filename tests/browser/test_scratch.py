"""Climb the ladder and drive a sanity check in a real browser."""

import re

from playwright.sync_api import Page, expect


def test_climb_and_read_the_table(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_size=8&scratch_filters=4")
    page.get_by_role("button", name="Climb the ladder").click()
    expect(page.get_by_text("2 images of 3 × 8 × 8; 4 filters of 3 × 3")).to_be_visible()
    row = page.get_by_role("row", name=re.compile("max_pool2d backward"))
    expect(row.get_by_role("cell")).to_have_count(5)
    expect(row).to_contain_text(re.compile(r"\d×"))
    expect(page.get_by_text("Vectorised NumPy is")).to_be_visible()
    expect(page.get_by_role("button", name="Climb the ladder")).to_be_enabled()


def test_long_loops_are_started_and_stopped(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_batch=8&scratch_channels=16&scratch_size=32&scratch_filters=32")
    page.get_by_text("Run the loops all the same").click()
    page.get_by_role("button", name="Climb the ladder").click()
    expect(page.get_by_text(re.compile(r"Plain loops: conv2d forward, \d+%"))).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped.")).to_be_visible()
    expect(page.get_by_role("button", name="Climb the ladder")).to_be_enabled()


def test_a_sanity_check_answers_its_sliders(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_classes=20")
    expect(page.get_by_text("2.9957", exact=True).first).to_be_visible()
    expect(page.get_by_text("As it should be:")).to_be_visible()
    thumb = page.get_by_role("slider", name="Weights drawn with standard deviation")
    for _ in range(5):
        thumb.press("ArrowRight")
    expect(page.get_by_text("Not where guessing is:")).to_be_visible()
    page.get_by_role("radio", name="Gradient check").click()
    expect(page.get_by_role("cell").filter(has_text=re.compile("pass$"))).to_have_count(6)

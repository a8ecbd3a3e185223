"""Every page in a real browser: opened cold by its own address, without errors, overflow or barriers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from pages.shared.site import PAGES, PageInfo
from tests.browser.conftest import serve

ADDRESSES = ["" if info.file == "home" else info.file for info in PAGES]
VARIANTS = {"light": ("light", 1440), "dark": ("dark", 1440), "phone": ("light", 390)}
# Streamlit's own frame, which the app cannot change, is left out: its sidebar, toolbar and main landmark.
NOT_OURS = {"rules": {name: {"enabled": False} for name in ("region", "landmark-one-main", "page-has-heading-one")}}


def settled(page: Page) -> None:
    """Wait until the page's script has run and everything it drew is there."""
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def assert_no_exception(page: Page) -> None:
    assert page.get_by_test_id("stException").all_inner_texts() == []


def watch_console(page: Page) -> list[str]:
    """The console errors of the page, as they come; Streamlit's own probing below a page's address is not one."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
            errors.append(f"{message.text} {message.location.get('url', '')}")

    page.on("console", note)
    return errors


# One of each kind here: a server of its own for every page takes long.
SOON = ("home", "inspect")


@pytest.fixture(
    params=[
        pytest.param(address, id=info.file, marks=() if info.file in SOON else pytest.mark.slow)
        for address, info in zip(ADDRESSES, PAGES, strict=True)
    ]
)
def cold_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of one page on a server that nobody has opened yet."""
    with serve(tmp_path) as url:
        yield f"{url}/{request.param}"


def test_opened_cold_by_its_own_address(cold_url: str, page: Page) -> None:
    errors = watch_console(page)
    page.goto(cold_url)
    settled(page)
    assert_no_exception(page)
    expect(page.get_by_test_id("stSidebarNavLink")).to_have_count(len(PAGES))
    address = cold_url.rsplit("/", 1)[1]
    assert page.url.split("?")[0].rstrip("/").rsplit("/", 1)[1] == (address or cold_url.split("/")[2])
    assert errors == []


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("info", PAGES, ids=lambda info: info.file)
def test_no_barriers_and_no_overflow(app_url: str, browser: Browser, info: PageInfo, variant: str) -> None:
    scheme, width = VARIANTS[variant]
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{app_url}/{'' if info.file == 'home' else info.file}")
    settled(page)
    assert_no_exception(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    if page.locator("code.language-python").count():
        expect(page.locator("code .token").first).to_be_attached()  # it is coloured later
    found = Axe().run(page, context={"include": [["[data-testid=stMain]"]]}, options=NOT_OURS)
    context.close()
    barriers = [
        (rule["id"], node["html"][:160], node["failureSummary"])
        for rule in found.response["violations"]
        for node in rule["nodes"]
        if rule["impact"] in ("serious", "critical")
        # Wide formulas and code scroll in boxes that Streamlit makes; browsers put those into the tab order themselves.
        and not (rule["id"] == "scrollable-region-focusable" and re.match(r'<\w+ class="(katex|st-)', node["html"]))
    ]
    assert barriers == []


def back_to(page: Page, address: str) -> None:
    """Go back once, or twice from a page that wrote the learner's workspace into its address."""
    page.go_back()
    settled(page)
    if not page.url.startswith(f"{address}/?") and page.url.rstrip("/") != address:
        page.go_back()
    expect(page.get_by_role("heading", level=1, name="CNN Lab")).to_be_visible()
    settled(page)


def test_the_cards_of_home_lead_to_their_pages(app_url: str, page: Page) -> None:
    page.goto(app_url)
    for info in (info for info in PAGES if info.file != "home"):
        page.get_by_test_id("stMain").get_by_role("link", name=f"Open {info.title}").click()
        expect(page.get_by_role("heading", level=1, name=info.title)).to_be_visible()
        settled(page)
        back_to(page, app_url)


def test_fonts_come_from_the_app_itself(app_url: str, page: Page) -> None:
    fonts: list[str] = []
    page.on("request", lambda request: fonts.append(request.url) if request.resource_type == "font" else None)
    page.goto(app_url)
    settled(page)
    assert any("inter-latin" in url for url in fonts)
    assert all(url.startswith(app_url) for url in fonts)
    assert page.evaluate("document.fonts.check('16px Inter')")

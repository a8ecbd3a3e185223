"""How long a visitor waits: `python -m benchmarks.startup [rounds]` prints one table of medians, in seconds.

server   from starting the process until it answers
cold     its first visitor, with an empty browser cache, until the page has settled
warm     the page opened by its own address in a browser tab of its own, for the second time
switch   clicked in the navigation of a page that is already open
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from pages.shared.site import PAGES
from tests.browser.conftest import chromium, serve

# A page has settled when its script has run, nothing is loading, and what it drew stays the same for 150 ms.
SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]'), main = document.querySelector('[data-testid="stMain"]');
  const done = app?.dataset.testScriptState === 'notRunning' && main?.querySelector('h1, [data-testid="stException"]')
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"]');
  const size = done ? main.innerHTML.length : -1, now = performance.now();
  if (size !== window.lastSize || !done) { window.lastSize = size; window.since = now; }
  return done && now - window.since > 150;
}"""
QUIET_SECONDS = 0.15

PageTimes = dict[tuple[str, str], list[float]]


def wait_until_settled(page: Page, started: float) -> float:
    """Seconds from `started` until what is on screen stopped changing."""
    page.wait_for_function(SETTLED, polling=30)
    return time.perf_counter() - started - QUIET_SECONDS


def measure_opening(context: BrowserContext, address: str) -> float:
    """Open an address in a tab of its own."""
    page = context.new_page()
    started = time.perf_counter()
    page.goto(address)
    seconds = wait_until_settled(page, started)
    page.close()
    return seconds


def measure_switching(context: BrowserContext, url: str, times: PageTimes) -> None:
    """Go through the navigation from top to bottom in one session."""
    page = context.new_page()
    page.goto(url)
    wait_until_settled(page, 0)
    for info in PAGES:
        page.evaluate("() => { window.lastSize = -2 }")
        started = time.perf_counter()
        page.get_by_test_id("stSidebarNavLink").filter(has_text=info.title).click()
        # The heading changes first, the rest follows: until then the old page would count as settled.
        title = "CNN Lab" if info.file == "home" else info.title
        page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
        times[info.title, "switch"].append(wait_until_settled(page, started))
    page.close()


def measure_round(browser: Browser, times: PageTimes) -> None:
    """One fresh server: its start, its first page cold, then every page warm and by switching."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as folder:
        started = time.perf_counter()
        with serve(Path(folder)) as url:
            times["Home", "server"].append(time.perf_counter() - started)
            # A context has caches of its own, so a new one is a new visitor.
            context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
            times["Home", "cold"].append(measure_opening(context, url))
            for info in PAGES:
                address = f"{url}/{'' if info.file == 'home' else info.file}"
                measure_opening(context, address)
                times[info.title, "warm"].append(measure_opening(context, address))
            measure_switching(context, url, times)
            context.close()


def main(rounds: int) -> None:
    """Measure and print."""
    times: PageTimes = defaultdict(list)
    with chromium() as browser:
        # The browser's own first page is slow; it is no part of the app.
        browser.new_page().goto("data:text/html,<h1>warm up</h1>")
        for _ in range(rounds):
            measure_round(browser, times)
    columns = ("server", "cold", "warm", "switch")
    print(f"{'page':14}" + "".join(f"{column:>9}" for column in columns) + f"   medians of {rounds} rounds, seconds")
    for info in PAGES:
        values = (times.get((info.title, column)) for column in columns)
        print(f"{info.title:14}" + "".join(f"{statistics.median(v):9.2f}" if v else f"{'':9}" for v in values))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)

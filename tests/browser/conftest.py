"""A real server and a real Chromium for the browser tests; a page error fails the test that met it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
# The headless shell first: it draws no browser around the page, and so needs a third less of the processor.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

COLD_PAGE_MS = 120_000
"""What a server's first page may take: it imports PyTorch, altair and the rest on cores that other tests use too."""

# Playwright's own 5 s are short for a first run that imports torch on two busy cores.
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark this folder `browser`; what fails on a busy machine is tried once more, and reported as such."""
    for item in items:
        if Path(item.fspath).is_relative_to(ROOT / "tests" / "browser"):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextlib.contextmanager
def serve(data: Path, script: Path = ROOT / "app.py") -> Iterator[str]:
    """Run the app, or another `script`, with its runs stored in `data`; yields its address."""
    port = free_port()
    log = data / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true", "--server.fileWatcherType", "none"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "CNN_LAB_DATA": str(data)}
        )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url + "/_stcore/health", timeout=1).read()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the app did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.contextmanager
def serve_warm(browser: Browser, data: Path, path: str) -> Iterator[str]:
    """Run the app as `serve` does, and let it draw the page at `path` once before a test opens it.

    A server's first page imports PyTorch and the charts, which on busy cores takes longer than a test waits for a
    heading: so the wait for the imports is no test's own.
    """
    with serve(data) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(url + path, timeout=COLD_PAGE_MS)
        expect(page.get_by_test_id("stMain").get_by_role("heading", level=1)).to_be_visible(timeout=COLD_PAGE_MS)
        app = page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=COLD_PAGE_MS)
        context.close()
        yield url


@pytest.fixture(scope="session")
def app_url(browser: Browser) -> Iterator[str]:
    """Address of an app that serves all browser tests of this worker."""
    with (
        tempfile.TemporaryDirectory(prefix="cnn-lab-browser-") as folder,
        serve_warm(browser, Path(folder), "/inspect") as url,
    ):
        yield url


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or Playwright's own."""
    system = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this worker."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh laptop-sized browser page; uncaught JavaScript errors fail the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors, errors

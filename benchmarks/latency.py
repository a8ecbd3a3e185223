"""How long the player takes to answer: `python -m benchmarks.latency [moves]` prints one table, in milliseconds.

hover    from the pointer entering a cell until the frame that shows its window is painted (12 × 12 × 3, 3 × 3 kernels)
setting  from choosing another stride until the new trace is on screen
fragment what an empty Streamlit fragment takes for the same: from choosing until its new text is on screen
edit     Kernel lab: from a key typed into a cell of the kernel until the filtered photograph (512 × 512) is painted
dial     Kernel lab: the same from a Gaussian's σ turned by one step; and how many pictures a second a drag shows
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Browser, Page

from cnn_core.matrices import inputs
from cnn_core.matrices.examples import KERNELS
from cnn_core.matrices.text import format_planes
from tests.browser.conftest import chromium, serve

SIZE, CHANNELS = 12, 3
SOBEL = next(iter(KERNELS.values()))
SETTING_CHANGES = 40
DRAG_SECONDS = 2.0
PHOTO_QUERY = {"kernels_photo": "Photographer"}

# Painted: the frame that follows the event has been drawn when its frame callback's message arrives.
WATCH_HOVER = """(player) => {
  window.hovers = [];
  player.addEventListener('pointerover', (event) => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.hovers.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  });
}"""
WATCH_CLICKS = """(root) => {
  window.root = root;
  document.addEventListener('pointerdown', (event) => { window.clicked = event.timeStamp; }, true);
}"""
SINCE_CLICK = """(text) => new Promise((done) => {
  const look = () => {
    if (window.root.innerText.includes(text)) done(performance.now() - window.clicked);
    else requestAnimationFrame(look);
  };
  look();
})"""

# The lens says which kernel its picture was made with; the frame after that is the picture's.
WATCH_LENS = """(lens) => {
  window.inputs = []; window.pictures = [];
  document.addEventListener('input', (event) => window.inputs.push(event.timeStamp), true);
  new MutationObserver(() => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.pictures.push(performance.now());
    channel.port2.postMessage(0);
  })).observe(lens, {attributeFilter: ['data-shown']});
}"""

FRAGMENT_SCRIPT = """
import streamlit as st

@st.fragment
def lab():
    st.markdown(f"value {st.segmented_control('Stride', (1, 2, 3, 4), default=1, required=True)}")

st.title("Empty")
lab()
"""


def convolution_link(url: str, filters: int) -> str:
    """The Convolution page on a random input of 12 × 12 × 3."""
    kernel = format_planes(np.stack([SOBEL] * CHANNELS * filters))
    values = {"convolution_input": format_planes(inputs.draw_input("Random digits", (CHANNELS, SIZE, SIZE)))}
    return f"{url}/convolution?{urlencode(values | {'convolution_kernel': kernel})}"


def open_player(browser: Browser, address: str) -> Page:
    """A tab of its own on the page, its player ready."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.goto(address)
    page.wait_for_selector(".player[data-ready]")
    page.wait_for_timeout(1000)
    return page


def measure_hover(browser: Browser, url: str, grid: str, moves: int) -> list[float]:
    """Move the pointer over the cells of `grid`, one after the other; milliseconds of each move."""
    page = open_player(browser, convolution_link(url, 1))
    page.locator(".player").evaluate(WATCH_HOVER)
    plane = page.locator(f'.player .plane[data-grid="{grid}"]').first
    plane.evaluate("plane => plane.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(300)
    boxes = [cell.bounding_box() for cell in plane.locator(".cell").all()]
    places = [box for box in boxes if box]
    draw = random.Random(0)
    for i in range(moves):
        box = places[(i * 7) % len(places)]  # neighbours and jumps alike
        page.wait_for_timeout(draw.uniform(0, 50))  # a hand does not move in step with the screen
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_function("count => window.hovers.length > count", arg=i, polling=5)
    times: list[float] = page.evaluate("window.hovers")
    page.close()
    return times[:moves]


def measure_clicks(page: Page, root: str, expected_text: Callable[[int], str]) -> list[float]:
    """Choose strides in turn; milliseconds from each click until the element `root` shows the text of that stride."""
    page.locator(root).evaluate(WATCH_CLICKS)
    times = []
    for i in range(SETTING_CHANGES):
        stride = (2, 3, 4, 1)[i % 4]
        page.get_by_role("radiogroup", name="Stride").get_by_role("radio", name=str(stride), exact=True).click()
        times.append(float(page.evaluate(SINCE_CLICK, expected_text(stride))))
        page.wait_for_timeout(150)
    return times


def measure_setting(browser: Browser, url: str, filters: int) -> list[float]:
    """Milliseconds from another stride to its trace on screen."""
    page = open_player(browser, convolution_link(url, filters))
    steps = {stride: filters * ((SIZE + 2 - 3) // stride + 1) ** 2 for stride in (1, 2, 3, 4)}
    times = measure_clicks(page, ".player", lambda stride: f"of {steps[stride]}\n")
    page.close()
    return times


@contextmanager
def serve_empty_app() -> Iterator[str]:
    """A Streamlit app of one empty fragment, to compare with."""
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as folder:
        script = Path(folder) / "empty.py"
        script.write_text(FRAGMENT_SCRIPT, encoding="utf-8")
        with serve(Path(folder), script=script) as url:
            yield url


def measure_fragment(browser: Browser) -> list[float]:
    """Milliseconds that an empty fragment takes to show another choice."""
    with serve_empty_app() as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.get_by_text("value 1").wait_for()
        page.wait_for_timeout(1000)
        times = measure_clicks(page, "body", lambda stride: f"value {stride}")
        page.close()
    return times


def open_lab(browser: Browser, url: str, query: dict[str, str]) -> Page:
    """A tab of its own on the Kernel lab, watching its lens."""
    page = browser.new_page(viewport={"width": 1440, "height": 1400}, reduced_motion="reduce")
    page.goto(f"{url}/kernels?{urlencode(query)}")
    page.wait_for_selector(".lens[data-shown]")
    page.wait_for_timeout(1500)
    page.locator(".lens").evaluate(WATCH_LENS)
    return page


def wait_for_picture(page: Page, pictures: int) -> float:
    """Milliseconds from the last input to the picture after the first `pictures`."""
    page.wait_for_function("count => window.pictures.length > count", arg=pictures, polling=5)
    return float(page.evaluate("count => window.pictures[count] - window.inputs.at(-1)", pictures))


def measure_edit(browser: Browser, url: str, query: dict[str, str]) -> list[float]:
    """Milliseconds from a digit typed into the kernel's first cell to the picture."""
    page = open_lab(browser, url, query)
    cell = page.get_by_label("Kernel, row 1, column 1", exact=True)
    times = []
    for i in range(SETTING_CHANGES):
        cell.select_text()
        page.keyboard.type(str(i % 9 + 1))
        times.append(wait_for_picture(page, i))
        page.wait_for_timeout(150)
    page.close()
    return times


def measure_dial(browser: Browser, url: str, query: dict[str, str]) -> tuple[list[float], float]:
    """Milliseconds from σ turned by one step to the picture; pictures a second while it is dragged for two seconds."""
    page = open_lab(browser, url, query)
    dial = page.get_by_role("slider", name="Width σ")
    times = []
    for i in range(SETTING_CHANGES):
        dial.press("ArrowRight" if i < SETTING_CHANGES / 2 else "ArrowLeft")
        times.append(wait_for_picture(page, i))
        page.wait_for_timeout(150)
    box = dial.bounding_box()
    if box is None:
        raise RuntimeError("the dial is not on the screen")
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, y)
    page.mouse.down()
    started = time.perf_counter()
    while (passed := time.perf_counter() - started) < DRAG_SECONDS:
        page.mouse.move(box["x"] + 10 + (box["width"] - 20) * passed / DRAG_SECONDS, y)
        page.wait_for_timeout(8)
    pictures = float(page.evaluate("window.pictures.length")) - SETTING_CHANGES
    page.mouse.up()
    page.close()
    return times, pictures / passed


def table_row(name: str, times: list[float]) -> str:
    """One line of the table: number of measurements, median, 95th percentile, largest."""
    return f"{name:42}{len(times):6}{statistics.median(times):9.1f}{np.percentile(times, 95):9.1f}{max(times):9.1f}"


def main(moves: int) -> None:
    """Measure and print."""
    with (
        chromium() as browser,
        tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as folder,
        serve(Path(folder)) as url,
    ):
        print(f"{'milliseconds':42}{'n':>6}{'median':>9}{'95 %':>9}{'largest':>9}")
        for grid in ("output", "input", "kernel"):
            print(table_row(f"hover, {grid} cell → painted", measure_hover(browser, url, grid, moves)))
        for filters in (1, 4):
            print(
                table_row(f"setting → new trace, 12×12×3, {filters} filter(s)", measure_setting(browser, url, filters))
            )
        print(table_row("setting → an empty fragment", measure_fragment(browser)))
        for weights in ("Sobel 3", "Gaussian blur 11 sigma=2"):
            print(
                table_row(
                    f"edit → picture, {weights[:14]}",
                    measure_edit(browser, url, PHOTO_QUERY | {"kernels_weights": weights}),
                )
            )
        for size in (5, 11):
            turns, rate = measure_dial(browser, url, PHOTO_QUERY | {"kernels_weights": f"Gaussian blur {size} sigma=1"})
            print(table_row(f"dial σ → picture, {size} × {size}", turns))
            print(f"{'':42}{rate:.1f} pictures a second while it is dragged")


if __name__ == "__main__":
    started = time.perf_counter()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    print(f"measured in {time.perf_counter() - started:.0f} s")

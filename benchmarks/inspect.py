"""How long Inspect and Evaluate take to answer: `python -m benchmarks.inspect` prints two tables.

draw        from a movement of the pen on the drawing pad until all layers of LeNet-5 are painted with what was drawn
evaluation  10,000 images judged, beside the bare forward pass: benchmarks/_evaluation.py
"""

import os
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks import _evaluation
from benchmarks.latency import table_row
from cnn_core import datasets
from cnn_core.networks import preset
from cnn_core.runs import RunStore
from cnn_core.training import TrainConfig, train
from tests.browser.conftest import chromium, serve

MOVES = 40
SELECTORS = {"At a glance": ".glance", "Feature maps": ".fields"}

# The pad numbers what it sends; the view names the number that it shows. A movement may have to wait for the answer to
# the one before, so the time ends with the first picture whose number is the movement's or a later one.
WATCH_DRAWING = """([pad, view]) => {
  window.drawn = [];
  const number = (text) => Number((text ?? '').split('-').at(-1) || 0);
  pad.addEventListener('pointermove', (event) => {
    if (!event.buttons) return;
    const started = event.timeStamp;
    queueMicrotask(() => {
      const mine = number(pad.dataset.sent);
      const look = () => {
        if (number(view.dataset.shown) < mine) return requestAnimationFrame(look);
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => window.drawn.push(performance.now() - started);
          channel.port2.postMessage(0);
        });
      };
      look();
    });
  });
}"""


def store_lenet(folder: Path) -> str:
    """The id of a run of LeNet-5, trained for one epoch."""
    config = TrainConfig(dataset="textures", epochs=1)
    spec = preset("LeNet-5", input_shape=(1, 32, 32), classes=len(datasets.TEXTURES))
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    run_id = store.create_run("benchmark", spec, config)
    store.append_events(run_id, *train(spec, datasets.load("textures"), config))
    return run_id


def open_pad(browser: Browser, address: str, view: str) -> Page:
    """A tab of its own with the pad and a view, both ready."""
    page = browser.new_page(viewport={"width": 1440, "height": 1400}, reduced_motion="reduce")
    page.goto(address)
    page.wait_for_selector(f"{SELECTORS[view]}[data-shown]")
    page.wait_for_timeout(2000)
    pad, shown = page.locator(".pad").element_handle(), page.locator(SELECTORS[view]).element_handle()
    page.evaluate(WATCH_DRAWING, [pad, shown])
    return page


def measure_drawing(browser: Browser, url: str, run_id: str, view: str) -> list[float]:
    """Milliseconds from each movement of the pen to all layers on the screen."""
    link = f"{url}/inspect?run={run_id}&inspect_source=Drawing+pad&inspect_view={view.replace(' ', '+')}"
    page = open_pad(browser, link, view)
    box = page.get_by_role("application").bounding_box()
    if box is None:
        raise RuntimeError("the pad is not on the screen")
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.wait_for_timeout(1500)  # the press itself is a drawing too
    for i in range(MOVES):
        page.mouse.move(box["x"] + 30 + 5 * i, box["y"] + 30 + (i * 37) % 200)
        page.wait_for_function("count => window.drawn.length > count", arg=i, polling=5)
        page.wait_for_timeout(100)
    page.mouse.up()
    times: list[float] = page.evaluate("window.drawn")
    page.close()
    return times[:MOVES]


def main() -> None:
    """Measure and print."""
    with chromium() as browser, tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as name:
        run_id = store_lenet(Path(name))
        with serve(Path(name)) as url:
            print(f"{'milliseconds':42}{'n':>6}{'median':>9}{'95 %':>9}{'largest':>9}")
            for view in SELECTORS:
                print(
                    table_row(
                        f"draw → all layers of LeNet-5, {view.lower()}", measure_drawing(browser, url, run_id, view)
                    )
                )
    print()
    _evaluation.print_report()


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"measured in {time.perf_counter() - started:.0f} s on {os.cpu_count()} cores")

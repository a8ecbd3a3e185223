"""The network at a glance in a real browser: pointing, unfolding, the sum behind a pixel, the keyboard, a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page, expect

from cnn_core import datasets
from cnn_core.insight.graph import network_graph, receptive_boxes
from cnn_core.insight.load import load_network
from cnn_core.networks import (
    BatchNorm,
    Branches,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    NetworkSpec,
    ReLU,
    Residual,
    preset,
)
from cnn_core.runs import RunStore
from cnn_core.training import TrainConfig, train
from cnn_core.training.inference import make_normaliser
from tests.browser.conftest import serve_warm

BLOCKS = NetworkSpec(
    "blocks",
    (1, 8, 8),
    (
        *(Conv2d(8, 3, padding=1, stride=(1, 2)), BatchNorm(), ReLU()),
        Residual((Conv2d(8, 3, padding=1, groups=2), BatchNorm())),
        Branches(((Conv2d(4, 1),), (Conv2d(4, 3, padding=2, dilation=2), ReLU()), ())),
        *(MaxPool2d(2), Flatten(), Linear(10)),
    ),
)
Runs = tuple[str, dict[str, str], RunStore]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Runs]:
    """Address of an app, ids of the runs that it has stored, and the store."""
    folder = tmp_path_factory.mktemp("glance")
    store = RunStore(f"sqlite:///{folder / 'runs.sqlite'}", folder)
    ids = {}
    for name, spec in (("tiny", preset("Tiny CNN")), ("blocks", BLOCKS)):
        config = TrainConfig(dataset="digits", epochs=1)
        ids[name] = store.create_run("browser", spec, config)
        store.append_events(ids[name], *train(spec, datasets.load("digits"), config))
    with serve_warm(browser, Path(folder), "/inspect") as url:
        yield url, ids, store


def opened(page: Page, runs: Runs, name: str, query: str = "") -> Locator:
    url, ids, _ = runs
    page.goto(f"{url}/inspect?run={ids[name]}{query}")
    glance = page.locator(".glance[data-shown]")
    expect(glance).to_be_visible()
    return glance


def point(page: Page, element: Locator, row: int, column: int, size: tuple[int, int]) -> None:
    """Move the mouse to the middle of a pixel of a map of `size`."""
    element.evaluate("element => element.scrollIntoView({ block: 'center', inline: 'center' })")
    box = element.bounding_box()
    assert box
    page.mouse.move(
        box["x"] + (column + 0.5) / size[1] * box["width"], box["y"] + (row + 0.5) / size[0] * box["height"]
    )


def test_pointing_lights_what_feeds_a_map(runs: Runs, page: Page) -> None:
    glance = opened(page, runs, "tiny")
    target = glance.get_by_role("button", name=re.compile("^conv2, map 3 of 32"))
    point(page, target.locator("canvas"), 1, 2, (4, 4))
    expect(glance.locator(".status")).to_contain_text(
        re.compile(r"^conv2, map 3, row 2, column 3: ≈ .* fed by 16 maps of pool1")
    )
    expect(target).to_have_class(re.compile("own"))
    expect(glance.locator('.column[aria-label^="pool1"] .fed')).to_have_count(16)
    expect(glance.locator("svg[data-count]")).to_have_attribute("data-count", "16")
    point(page, glance.get_by_role("button", name=re.compile("^pool1, map 5 of 16")).locator("canvas"), 0, 0, (4, 4))
    expect(glance.locator(".status")).to_contain_text("fed by map 5 of relu1 · sees 3 × 3 pixels")
    expect(glance.locator("svg[data-count]")).to_have_attribute("data-count", "1")


def test_the_receptive_field_in_the_browser_is_that_of_python(runs: Runs, page: Page) -> None:
    glance = opened(page, runs, "blocks")
    nodes = network_graph(BLOCKS)
    draw = np.random.default_rng(0)
    for name in [name for name, node in nodes.items() if not node.is_flat and node.inputs]:
        node = nodes[name]
        index, row, column = (int(draw.integers(0, size)) for size in (min(node.map_count, 16), *node.map_size))
        button = glance.locator(f'.column[aria-label^="{name},"] .map').nth(index)
        point(page, button.locator("canvas"), row, column, node.map_size)
        expect(glance).to_have_attribute("data-at", f"{name} {index} {row} {column}")
        box = receptive_boxes(nodes, name, index, row, column)["image"]
        expect(glance).to_have_attribute("data-field", " ".join(map(str, box[2:])))


def test_a_click_unfolds_and_a_click_on_a_pixel_opens_its_sum(runs: Runs, page: Page) -> None:
    glance = opened(page, runs, "tiny")
    glance.get_by_role("button", name=re.compile("^conv2, map 4 of 32")).click()
    unfolded = glance.get_by_role("region", name="conv2, map 4 of 32, unfolded")
    expect(unfolded).to_be_visible()
    expect(page).to_have_url(re.compile("inspect_glance_layer=conv2"))
    expect(page).to_have_url(re.compile("inspect_glance_map=4"))
    expect(unfolded.locator("figure.kernel")).to_have_count(8)
    expect(unfolded.locator("figure.output")).to_have_count(2)  # the map, and what ReLU makes of it
    result = unfolded.locator('figure[data-name="result"] canvas')
    point(page, result, 2, 1, (4, 4))
    expect(unfolded.locator(".said")).to_contain_text("Row 3, column 2: ≈")
    result.click(position={"x": 50, "y": 82})  # of 132 pixels a side: row 3, column 2
    expect(page).to_have_url(re.compile("inspect_glance_row=3"))
    expect(page).to_have_url(re.compile("inspect_glance_column=2"))
    expect(page.get_by_role("heading", name="conv2, map 4 of 32: row 3, column 2")).to_be_visible()
    value = computed(runs)[3, 2, 1]
    shown = page.get_by_text(re.compile("^The value is ")).locator("strong").inner_text().replace("−", "-")
    assert float(shown) == pytest.approx(value, abs=1e-4)
    player = page.locator(".player[data-ready]")
    expect(player.get_by_text("conv2, map 4, row 3, column 2", exact=True)).to_be_visible()
    total = player.locator(".sum b").inner_text().replace("−", "-")
    assert float(total) == pytest.approx(value, abs=1e-4)
    page.reload()
    expect(page.get_by_role("heading", name="conv2, map 4 of 32: row 3, column 2")).to_be_visible()


def computed(runs: Runs) -> np.ndarray:
    """What conv2 of the tiny network gives for the first test image, by a forward pass."""
    _, ids, store = runs
    run, digits = store.get_run(ids["tiny"]), datasets.load("digits")
    model = load_network(run.spec, store.load_weights(run.id, 1))
    x = make_normaliser(digits, torch.device("cpu"), run.config)(torch.from_numpy(digits.test.images[:1]))
    with torch.no_grad():
        return model[:4](x)[0].numpy()


def test_the_keyboard_does_it_all(runs: Runs, page: Page) -> None:
    glance = opened(page, runs, "tiny")
    glance.locator('.map[tabindex="0"]').focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(glance.get_by_role("button", name=re.compile("^relu1, map 2 of 16"))).to_be_focused()
    expect(glance.locator(".status")).to_contain_text("relu1, map 2")
    page.keyboard.press("Enter")
    expect(glance.get_by_role("region", name="relu1, map 2 of 16, unfolded")).to_be_visible()
    frame = glance.get_by_role("group", name=re.compile("arrow keys choose a pixel"))
    frame.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="relu1, map 2 of 16: row 2, column 2")).to_be_visible()
    frame.press("Escape")
    expect(page).to_have_url(re.compile("inspect_glance_layer=nothing"))
    expect(glance.locator(".unfold")).to_be_hidden()


def test_another_picture_is_drawn_in_place(runs: Runs, page: Page) -> None:
    glance = opened(page, runs, "tiny")
    expect(glance).to_have_attribute("data-shown", re.compile("^Test image 0,"))
    before = glance.locator(".map canvas").nth(1).evaluate("canvas => (canvas.kept = true, canvas.toDataURL())")
    page.get_by_role("spinbutton", name="Image, 1 to 360").fill("3")
    page.keyboard.press("Enter")
    expect(glance).to_have_attribute("data-shown", re.compile("^Test image 2,"))
    canvas = glance.locator(".map canvas").nth(1)
    assert canvas.evaluate("canvas => canvas.kept")  # the same element, drawn again
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before


def test_on_a_phone_nothing_is_cut_off(runs: Runs, page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 800})
    glance = opened(page, runs, "blocks", "&inspect_glance_layer=block1.body.conv1&inspect_glance_map=5")
    chosen = glance.locator(".map.chosen")
    expect(chosen).to_be_visible()
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= 375
    inside = glance.locator(".unfold").evaluate("panel => [panel.scrollWidth, panel.clientWidth]")
    assert inside[0] <= inside[1]
    seen = glance.evaluate(
        "root => { const frame = root.querySelector('.scroller').getBoundingClientRect();"
        " const map = root.querySelector('.map.chosen').getBoundingClientRect();"
        " return map.left >= frame.left && map.right <= frame.right; }"
    )
    assert seen  # scrolled to by itself

"""Compare in a real browser: two stored runs, a name, a deletion taken back, files taken home, a small experiment."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cnn_core import datasets
from cnn_core.networks import preset
from cnn_core.runs import RunStore
from cnn_core.training import TrainConfig, train
from tests.browser.conftest import serve_warm

pytestmark = pytest.mark.xdist_group("dask")


@pytest.fixture
def runs(tmp_path: Path, browser: Browser) -> Iterator[tuple[str, RunStore, list[str]]]:
    """(address of the page for a workspace, its store, ids of its two runs of two epochs on Digits)."""
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)
    digits, ids = datasets.load("digits"), []
    for network, rate in (("Tiny CNN", 0.002), ("Linear only", 0.01)):
        spec = preset(network, input_shape=digits.input_shape, classes=10)
        config = TrainConfig(epochs=2, learning_rate=rate, batch_size=128, device="cpu")
        ids.append(store.create_run("browser", spec, config))
        store.append_events(ids[-1], *train(spec, digits, config))
    with serve_warm(browser, tmp_path, "/compare") as url:
        yield f"{url}/compare?workspace=browser", store, ids


def downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_bytes()


def test_two_runs_side_by_side(runs: tuple[str, RunStore, list[str]], page: Page) -> None:
    address, store, ids = runs
    page.goto(address)
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts).to_have_count(2)
    wanted = f"{store.load_epochs(ids[0])[-1].val_loss:.3g}"
    expect(page.get_by_label(re.compile(f"^Curves of loss.*1. Tiny CNN on Digits {re.escape(wanted)}"))).to_be_visible()
    expect(page.get_by_text("These networks differ in size")).to_be_visible()
    expect(page.get_by_role("cell", name="6,090")).to_be_visible()
    page.wait_for_url(re.compile("runs=" + ids[1]))
    page.get_by_role("radio", name="seconds").click()
    page.wait_for_url(re.compile("compare_axis=seconds"))
    slider = page.get_by_role("slider", name="Smoothing")
    slider.press("ArrowRight")
    page.wait_for_url(re.compile(r"compare_smooth=0\.05"))
    expect(page.get_by_text("Faint: as it was before smoothing")).to_be_visible()
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_text("Faint: as it was before smoothing")).to_be_visible()
    expect(page.get_by_role("radio", name="seconds")).to_be_checked()
    lines = downloaded(page, "Table (CSV)").decode().splitlines()
    assert lines[0].startswith("run,network,")
    assert len(lines) == 3
    board = zipfile.ZipFile(io.BytesIO(downloaded(page, "Event files for TensorBoard")))
    assert len(board.namelist()) == 2


def test_rename_delete_undo_and_export(runs: tuple[str, RunStore, list[str]], page: Page) -> None:
    address, store, ids = runs
    page.goto(f"{address}&compare_view=My+runs&compare_run={ids[0]}")
    name = page.get_by_role("textbox", name="Name")
    name.fill("the first one")
    name.press("Enter")
    picker = page.get_by_role("combobox", name="Run")
    expect(picker).to_have_value(re.compile(r"^1\. the first one"))
    assert store.get_run(ids[0]).name == "the first one"
    page.get_by_role("button", name="Export").click()
    bundle = zipfile.ZipFile(io.BytesIO(downloaded(page, "Everything (ZIP)")))
    assert json.loads(bundle.read("run.json"))["name"] == "the first one"
    assert "weights/epoch-0002.safetensors" in bundle.namelist()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted: 1. the first one")).to_be_visible()
    assert [run.id for run in store.list_runs("browser")] == ids[1:]
    expect(picker).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Deleted:")).to_have_count(0)
    expect(picker).to_have_value(re.compile(r"^1\. the first one"))
    assert [run.id for run in store.list_runs("browser")] == ids[::-1]
    page.get_by_role("radio", name="Side by side").click()
    expect(page.get_by_role("columnheader", name="1. the first one").first).to_be_visible()


@pytest.mark.slow
def test_a_small_experiment_is_started_watched_and_read(runs: tuple[str, RunStore, list[str]], page: Page) -> None:
    address, store, ids = runs
    query = f"&compare_view=Change+one+factor&compare_base={ids[1]}&compare_seeds=2"
    page.goto(f"{address}{query}&compare_values_learning_rate=0.0001,0.01")
    expect(page.get_by_text("4 runs: 2 values × 2 seeds.")).to_be_visible()
    page.get_by_role("button", name="Start the experiment").click()
    expect(page.get_by_text(re.compile(r"Every seed of 0\.01 did better than every seed of 0\.0001"))).to_be_visible(
        timeout=120_000
    )
    expect(page.get_by_text(re.compile(r"\d of 4 runs are done"))).to_have_count(0)
    batch = [run for run in store.list_runs("browser") if run.batch]
    assert [run.status for run in batch] == ["finished"] * 4
    page.get_by_role("button", name="See their curves").click()
    expect(page.get_by_role("heading", name="What differed")).to_be_visible()
    expect(page.get_by_role("columnheader", name=re.compile("seed 1")).first).to_be_visible()

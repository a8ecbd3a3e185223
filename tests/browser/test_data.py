"""Look at data in a real browser: choose, see every view, bring a ZIP, try a download, go on to Train."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import serve


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("../../evil.png", b"?")
        for k, name in enumerate(("cats", "dogs")):
            for n in range(6):
                picture = io.BytesIO()
                Image.new("RGB", (40, 30), (200 * k, 20 * n, 90)).save(picture, "JPEG")
                file.writestr(f"pets/{name}/{n}.jpg", picture.getvalue())
    return buffer.getvalue()


def test_choose_a_data_set_and_look_at_every_view(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/data")
    expect(page.get_by_alt_text("8 images of the class 7")).to_be_visible()
    page.get_by_role("combobox", name="Data set").click()
    page.get_by_role("option", name="Shapes").click()
    expect(page.get_by_alt_text("8 images of the class star")).to_be_visible()
    expect(page).to_have_url(re.compile("data_set=Shapes"))
    page.get_by_role("radio", name="Numbers").click()
    expect(page.get_by_role("cell", name="2,000")).to_be_visible()
    expect(page.get_by_alt_text("Mean image of cross")).to_be_visible()
    page.get_by_role("radio", name="Maps").click()
    expect(page.locator("[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg")).to_be_visible()
    page.get_by_role("radio", name="Augmentation").click()
    expect(page.get_by_alt_text("The image and 6 draws of it, changed by: cutout")).to_be_visible()
    page.get_by_role("radio", name="Mixup").click()
    expect(page.get_by_text(re.compile(r"\d+% circle \+ \d+% \w+")).first).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name="Train on it").click()
    expect(page.get_by_role("heading", level=1, name="Train")).to_be_visible()
    expect(page.get_by_text("3,000 drawn circles")).to_be_visible()


def test_pointing_at_a_dot_shows_its_picture(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/data?data_view=Maps")
    chart = page.get_by_test_id("stVegaLiteChart")
    marks = chart.locator("canvas, svg").first
    expect(marks).to_be_visible()
    box = marks.bounding_box()
    assert box is not None
    picture = page.locator("#vg-tooltip-element img")
    # some six hundred dots: a walk across the middle meets one
    for step in range(200):
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.002 * step), box["y"] + box["height"] * 0.55)
        if picture.count():
            break
    expect(picture.first).to_have_attribute("src", re.compile("^data:image/webp;base64,"))


def test_a_zip_of_ones_own_is_read_shown_and_found_by_its_link(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/data?data_side=16&data_view=Numbers")
    page.get_by_role("button", name="Your own pictures").click()
    page.route("**/upload_file/**", lambda route: None)  # a slow line
    file = {"name": "pets.zip", "mimeType": "application/zip", "buffer": zipped()}
    with page.expect_request("**/upload_file/**"):
        page.locator('input[type="file"]').set_input_files(file)
    expect(page.get_by_text("pets.zip")).to_be_visible()
    # a click cannot overtake the file
    expect(page.get_by_role("button", name="Read the pictures")).to_be_disabled()
    page.unroute("**/upload_file/**")  # lets what was held go on
    page.get_by_role("button", name="Read the pictures").click()
    expect(page.get_by_text("12 pictures of your own, 16×16 pixels, colour, 2 classes.")).to_be_visible()
    expect(page.get_by_text("1 file was left out: 1 with an unsafe name")).to_be_visible()
    expect(page.get_by_alt_text("Mean image of dogs")).to_be_visible()
    expect(page).to_have_url(re.compile("own=own-[0-9a-f]{24}"))
    page.reload()
    expect(page.get_by_text("12 pictures of your own")).to_be_visible()


@pytest.mark.slow
def test_a_download_without_a_network_is_told_politely(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_LAB_DATASETS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(tmp_path) as url:
        page.goto(f"{url}/data?data_set=MNIST")
        page.get_by_role("button", name="Download").click()
        expect(page.get_by_text("mnist could not be downloaded: there is no connection")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_enabled()

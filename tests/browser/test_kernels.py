"""Edit a kernel on a photograph in a real browser: the picture answers, the sum is right, the link brings it back."""

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from cnn_core.images import photo, to_grey
from cnn_core.kernels import apply_kernel, named


def open_lab(page: Page, app_url: str, query: str = "") -> None:
    page.goto(f"{app_url}/kernels{query}")
    page.wait_for_selector(".lens[data-shown]")


def shows(page: Page, weights: str) -> None:
    """Wait until the result on the screen is that of these weights."""
    expect(page.locator(".lens")).to_have_attribute("data-shown", weights)


def cell(page: Page, row: int, column: int):
    return page.get_by_label(f"Kernel, row {row}, column {column}", exact=True)


def result(page: Page) -> bytes:
    return page.locator(".lens canvas").nth(1).evaluate("canvas => canvas.toDataURL()")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_a_typed_weight_changes_the_picture_and_keeps_the_caret(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    before = result(page)
    cell(page, 2, 2).click()
    place = cell(page, 2, 2).bounding_box()
    page.keyboard.type("-1.5")
    shows(page, "-1 0 1; -2 -1.5 2; -1 0 1")
    assert result(page) != before
    expect(cell(page, 2, 2)).to_be_focused()
    expect(cell(page, 2, 2)).to_have_value("-1.5")
    assert cell(page, 2, 2).bounding_box() == place  # the name of the kernel is gone, its cells have not moved
    page.keyboard.press("ArrowDown")  # a cell entered is selected, so typing replaces its number
    page.keyboard.type("7")
    shows(page, "-1 0 1; -2 -1.5 2; -1 7 1")


def test_the_sum_under_the_pointer_is_the_result(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_padding=Replicate")
    page.get_by_label("Picture: arrow keys move the window").focus()
    wanted = apply_kernel(to_grey(photo("camera")), named("Sobel x").weights, padding_mode="replicate")
    heading, total = page.locator(".lens h3"), page.locator(".lens output strong")
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowUp", "Shift+ArrowLeft", *["Shift+ArrowUp"] * 52):
        page.keyboard.press(key)
        row, column = (int(n) - 1 for n in re.findall(r"\d+", heading.inner_text()))
        assert int(total.inner_text().replace("−", "-")) == wanted[row, column]
    assert row == 0  # up to the border, where the window hangs over
    expect(page.locator(".lens output")).to_contain_text("·(−2) + ")


def test_sums_of_each_channel_of_a_turned_kernel_without_padding(page: Page, app_url: str) -> None:
    query = "?kernels_photo=Coffee&kernels_channels=Each+colour+channel&kernels_mode=True+convolution"
    open_lab(page, app_url, f"{query}&kernels_padding=None&kernels_weights=1 2 3;4 5 6;7 8 9")
    wanted = apply_kernel(
        photo("coffee"), np.arange(1.0, 10).reshape(3, 3), per_channel=True, padding_mode="valid", flip=True
    )
    frame = page.get_by_label("Result: arrow keys move the window")
    box = frame.bounding_box()
    frame.hover(position={"x": box["width"] * 0.4, "y": box["height"] * 0.55})
    row, column = (int(n) - 1 for n in re.findall(r"\d+", page.locator(".lens h3").inner_text()))
    assert abs(column - 0.4 * wanted.shape[1]) < 3
    totals = [int(text.replace(",", "")) for text in page.locator(".lens output strong").all_inner_texts()]
    assert totals == wanted[row, column].tolist()


def test_a_named_kernel_brings_its_weights_and_its_view(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    choose(page, "Kernel", "Sharpen: Sharpen")
    shows(page, "0 -1 0; -1 5 -1; 0 -1 0")
    expect(page.locator(".lens .ends")).to_have_text("0255")
    expect(page.locator(".lens .scale p")).to_contain_text("% of the values")
    page.get_by_role("radio", name="Absolute value").click()
    expect(page.locator(".lens .scale p")).to_contain_text("hides the sign")


def test_a_pasted_block_and_the_link_that_brings_it_back(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    page.get_by_text("5 × 5", exact=True).first.click()
    shows(page, "0 0 0 0 0; 0 -1 0 1 0; 0 -2 0 2 0; 0 -1 0 1 0; 0 0 0 0 0")
    cell(page, 1, 1).focus()
    page.evaluate(
        """() => {
          let active = document.activeElement;
          while (active.shadowRoot) active = active.shadowRoot.activeElement;
          const data = new DataTransfer();
          data.setData('text', '3\\t−4\\r\\n1/9\\t.5');
          const how = {clipboardData: data, bubbles: true, composed: true, cancelable: true};
          active.dispatchEvent(new ClipboardEvent('paste', how));
        }"""
    )
    pasted = "3 -4 0 0 0; 1/9 0.5 0 1 0; 0 -2 0 2 0; 0 -1 0 1 0; 0 0 0 0 0"
    shows(page, pasted)
    page.wait_for_url(re.compile("kernels_weights="))
    page.reload()
    shows(page, pasted)
    expect(cell(page, 2, 1)).to_have_value("1/9")


def test_an_emptied_cell_is_named_and_the_picture_stays(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    cell(page, 2, 3).fill("")
    expect(page.get_by_role("alert")).to_contain_text("row 2, column 3 of the kernel is empty: type a number")
    expect(cell(page, 2, 3)).to_have_attribute("aria-invalid", "true")
    shows(page, "-1 0 1; -2 0 2; -1 0 1")
    cell(page, 2, 3).fill("3")
    shows(page, "-1 0 1; -2 0 3; -1 0 1")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_thumbnails_choose_by_click_and_by_key(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    before = result(page)
    page.get_by_role("radio", name="Coins").click()
    expect(page.locator(".lens figcaption").first).to_have_text("Coins, grey")
    assert result(page) != before
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lens figcaption").first).to_have_text("Rocket, grey")
    page.wait_for_url(re.compile("kernels_photo=Rocket"))


def test_an_upload_is_filtered_and_a_bad_one_refused(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_weights=0 0 0;0 1 0;0 0 0")
    page.get_by_role("button", name="Use your own picture").click()
    chooser = page.locator('input[type="file"]')
    chooser.set_input_files({"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\nno"})
    expect(page.get_by_role("alert")).to_contain_text("no picture that can be read here: choose a PNG")
    buffer = io.BytesIO()
    Image.new("RGBA", (600, 300), (0, 0, 0, 0)).save(buffer, "PNG")
    chooser.set_input_files({"name": "clear.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    expect(page.get_by_text("Transparent parts are laid on white. Shrunk from 600 × 300")).to_be_visible()
    expect(page.locator(".lens output strong")).to_have_text("255")

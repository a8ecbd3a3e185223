"""Edit a kernel on a photograph in a real browser: the picture answers, the sum is right, the link brings it back."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from cnn_core.images import draw_pattern, load_photo, to_grey
from cnn_core.kernels.chain import run_chain
from cnn_core.kernels.edges import edge_gradient
from cnn_core.kernels.filtering import FilterSettings, apply_kernel
from cnn_core.kernels.notation import parse_kernel
from cnn_core.matrices.text import format_matrix
from cnn_core.render.filter_result import render_result

SOBEL = parse_kernel("Sobel 3").weights


def open_lab(page: Page, app_url: str, query: str = "") -> None:
    page.goto(f"{app_url}/kernels{query}")
    page.wait_for_selector(".lens[data-shown]")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def shows(page: Page, weights: str) -> None:
    """Wait until the result on the screen is that of these weights."""
    expect(page.locator(".lens")).to_have_attribute("data-shown", weights)


def cell(page: Page, row: int, column: int):
    return page.get_by_label(f"Kernel, row {row}, column {column}", exact=True)


def kernel_text(recipe: str) -> str:
    return format_matrix(parse_kernel(recipe).weights)


def result(page: Page) -> bytes:
    return page.locator(".lens canvas").nth(1).evaluate("canvas => canvas.toDataURL()")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.keyboard.type(option)  # a long list shows only a part of itself
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


def place_and_sum(page: Page) -> tuple[int, int, int]:
    """Row and column, from 0, of the pixel under the lens, and its sum: in one go, as the next frame may move both."""
    place, total = page.locator(".lens").evaluate(
        "lens => ['h3', 'output strong'].map(part => lens.querySelector(part).innerText)"
    )
    row, column = (int(n) - 1 for n in re.findall(r"\d+", place))
    return row, column, int(total.replace("−", "-"))


def test_the_sum_under_the_pointer_is_the_result(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_padding=Replicate")
    page.get_by_label("Picture: arrow keys move the window").focus()
    wanted = apply_kernel(to_grey(load_photo("camera")), SOBEL, FilterSettings(padding_mode="replicate"))
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowUp", "Shift+ArrowLeft", *["Shift+ArrowUp"] * 52):
        page.keyboard.press(key)
        row, column, total = place_and_sum(page)
        assert total == wanted[row, column]
    expect(page.locator(".lens h3")).to_contain_text("Row 1,")  # up to the border, where the window hangs over
    expect(page.locator(".lens output")).to_contain_text("·(−2) + ")


def test_sums_of_each_channel_of_a_turned_kernel_without_padding(page: Page, app_url: str) -> None:
    query = "?kernels_photo=Coffee&kernels_channels=Each+colour+channel&kernels_mode=True+convolution"
    open_lab(page, app_url, f"{query}&kernels_padding=None&kernels_weights=1 2 3;4 5 6;7 8 9")
    wanted = apply_kernel(
        load_photo("coffee"), np.arange(1.0, 10).reshape(3, 3), FilterSettings(padding_mode="valid", flip=True)
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


PASTE = """(what) => {
  let active = document.activeElement;
  while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  const data = new DataTransfer();
  if (what.text) data.setData('text', what.text);
  if (what.bytes) {
    const bytes = Uint8Array.from(atob(what.bytes), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], 'picture.png', {type: what.type}));
  }
  const how = {clipboardData: data, bubbles: true, composed: true, cancelable: true};
  active.dispatchEvent(new ClipboardEvent('paste', how));
}"""


def test_a_pasted_block_and_the_link_that_brings_it_back(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    page.get_by_role("slider", name="Size").fill("5")
    shows(page, kernel_text("Sobel 5"))
    expect(cell(page, 5, 5)).to_be_visible()  # the picture is there before its cells
    cell(page, 1, 1).focus()
    page.evaluate(PASTE, {"text": "3\t−4\r\n1/9\t.5"})
    pasted = "3 -4 0 2 1; 1/9 0.5 0 8 4; -6 -12 0 12 6; -4 -8 0 8 4; -1 -2 0 2 1"
    shows(page, pasted)
    page.wait_for_url(re.compile("kernels_weights=3"))
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
    page.get_by_role("button", name="Your own picture").click()
    chooser = page.locator('input[type="file"]')
    chooser.set_input_files({"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\nno"})
    expect(page.get_by_role("alert")).to_contain_text("no picture that can be read here: choose a PNG")
    buffer = io.BytesIO()
    Image.new("RGBA", (600, 300), (0, 0, 0, 0)).save(buffer, "PNG")
    chooser.set_input_files({"name": "clear.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
    expect(page.get_by_text("Transparent parts are laid on white. Shrunk from 600 × 300")).to_be_visible()
    expect(page.locator(".lens output strong")).to_have_text("255")


def test_undo_and_redo_by_button_and_by_key(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    sobel = "-1 0 1; -2 0 2; -1 0 1"
    undo, redo = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Redo"))
    expect(undo).to_be_disabled()
    cell(page, 2, 2).click()
    page.keyboard.type("-1.5")  # four keys, one step
    shows(page, "-1 0 1; -2 -1.5 2; -1 0 1")
    choose(page, "Kernel", "Sharpen: Sharpen")
    shows(page, "0 -1 0; -1 5 -1; 0 -1 0")
    undo.click()
    shows(page, "-1 0 1; -2 -1.5 2; -1 0 1")
    cell(page, 2, 2).click()
    page.keyboard.press("Control+z")
    shows(page, sobel)
    expect(cell(page, 2, 2)).to_have_value("0")  # also the cell that has the caret
    expect(undo).to_be_disabled()
    page.keyboard.press("Control+Shift+Z")
    shows(page, "-1 0 1; -2 -1.5 2; -1 0 1")
    redo.click()
    shows(page, "0 -1 0; -1 5 -1; 0 -1 0")
    expect(redo).to_be_disabled()


def test_a_dial_answers_while_it_is_dragged(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_weights=Gaussian blur 7 sigma=1")
    dial = page.get_by_role("slider", name="Width σ")
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    start = result(page)
    page.mouse.move(box["x"] + box["width"] * 0.19, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2, steps=5)
    expect(page.locator(".lens")).not_to_have_attribute("data-shown", kernel_text("Gaussian blur 7 sigma=1"))
    held = float(dial.input_value())
    shows(page, kernel_text(f"Gaussian blur 7 sigma={held}"))  # the button is still down
    assert result(page) != start
    page.wait_for_timeout(1600)  # the hand rests: no pause, and no slow answer, makes two steps of one drag
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2, steps=2)
    expect(page.locator(".lens")).not_to_have_attribute("data-shown", kernel_text(f"Gaussian blur 7 sigma={held}"))
    held = float(dial.input_value())
    shows(page, kernel_text(f"Gaussian blur 7 sigma={held}"))
    page.mouse.up()
    dial.press("ArrowRight")
    shows(page, kernel_text(f"Gaussian blur 7 sigma={held + 0.1:.1f}"))
    page.wait_for_url(re.compile(r"kernels_weights=Gaussian\+blur\+7\+sigma"))
    page.get_by_role("button", name="Undo", exact=True).click()
    shows(page, kernel_text("Gaussian blur 7 sigma=1"))  # one drag, one step


def test_a_chain_is_built_downloaded_and_reopened_from_its_link(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    page.get_by_role("button", name="Add", exact=True).click()
    shows(page, kernel_text("Gaussian blur 5 sigma=1"))
    page.get_by_role("radio", name="Chain", exact=True).click()
    expect(page.locator(".lens figcaption").nth(1)).to_have_text("After filter 2, 512 × 512")
    expect(page.get_by_text("One kernel does the same: 7 × 7")).to_be_visible()
    kernels = [SOBEL, parse_kernel("Gaussian blur 5 sigma=1").weights]
    wanted = run_chain(to_grey(load_photo("camera")), kernels, FilterSettings())[-1]
    page.get_by_role("button", name="Download and share").click()
    with page.expect_download() as found:
        page.get_by_role("button", name="Result, exact values (NumPy)").click()
    np.testing.assert_array_equal(np.load(found.value.path()), wanted)
    with page.expect_download() as found:
        page.get_by_role("button", name="Result (PNG)").click()
    pixels = np.asarray(Image.open(found.value.path()))
    np.testing.assert_array_equal(pixels, render_result(wanted, "signed").pixels)
    with page.expect_download() as found:
        page.get_by_role("button", name="Kernels (JSON)").click()
    stored = json.loads(found.value.path().read_text())
    assert [kernel["recipe"] for kernel in stored["kernels"]] == ["Sobel 3 angle=0", "Gaussian blur 5 sigma=1"]
    link = page.get_by_test_id("stCode").first.inner_text().strip()
    again = page.context.new_page()
    again.goto(link)
    expect(again.locator(".lens figcaption").nth(1)).to_have_text("After filter 2, 512 × 512")
    expect(again.get_by_role("radio", name="2. Gaussian blur")).to_be_checked()


def test_a_clicked_pixel_opens_in_the_player_and_in_the_link(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_photo=Coins&kernels_padding=Reflect&kernels_look=Waves")
    frame = page.get_by_label("Result: arrow keys move the window")
    box = frame.bounding_box()
    frame.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.4})
    row, column = (int(n) for n in re.findall(r"\d+", page.locator(".lens h3").inner_text()))
    expect(page.get_by_label("Row", exact=True)).to_have_value(str(row))
    expect(page.get_by_label("Column", exact=True)).to_have_value(str(column))
    wanted = apply_kernel(to_grey(load_photo("coins")), SOBEL, FilterSettings(padding_mode="reflect"))[
        row - 1, column - 1
    ]
    expect(page.locator(".player")).to_contain_text(f"{int(wanted)}".replace("-", "−"))
    page.wait_for_url(re.compile(f"kernels_row={row}"))
    link, output = page.url, page.locator(".lens output strong").inner_text()
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_selector(".lens[data-shown]")
    expect(page.locator(".lens h3")).to_have_text(f"Row {row}, column {column} of the result")
    expect(page.locator(".lens output strong")).to_have_text(output)


def test_stride_dilation_bias_and_relu_in_the_sum(page: Page, app_url: str) -> None:
    layer = FilterSettings(stride=3, dilation=2, padding_mode="circular", bias=-40.0, relu=True)
    query = "?kernels_stride=3&kernels_dilation=2&kernels_padding=Circular&kernels_bias=-40&kernels_relu=true"
    open_lab(page, app_url, f"{query}&kernels_weights=1 2; -3 4; 0 1&kernels_photo=Coins")
    wanted = apply_kernel(to_grey(load_photo("coins")), parse_kernel("1 2; -3 4; 0 1").weights, layer)
    frame = page.get_by_label("Result: arrow keys move the window")
    frame.focus()
    seen = set()
    for key in ("ArrowDown", "Shift+ArrowLeft", "Shift+ArrowUp", *["Shift+ArrowRight"] * 14, *["Shift+ArrowDown"] * 12):
        page.keyboard.press(key)
        row, column, total = place_and_sum(page)
        assert total == wanted[row, column]
        seen.add(total > 0)
    assert (row, column) == tuple(size - 1 for size in wanted.shape)
    expect(page.locator(".lens output")).to_contain_text("− 40")


def test_the_divider_between_before_and_after(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_layout=Compare")
    divider = page.get_by_role("slider", name="Before and after")
    expect(divider).to_have_attribute("aria-valuenow", "50")
    box, frame = divider.bounding_box(), page.locator(".lens .frame").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.2, box["y"] + 120, steps=4)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "20")
    divider.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    page.get_by_role("radio", name="Side by side").click()
    expect(divider).to_have_count(0)
    assert page.locator(".lens .frame").nth(1).locator("canvas").count() == 1


def test_a_picture_from_the_clipboard(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_weights=1")
    buffer = io.BytesIO()
    Image.fromarray(draw_pattern("Text")).save(buffer, "PNG")
    bytes_ = base64.b64encode(buffer.getvalue()).decode()
    page.evaluate(PASTE, {"bytes": bytes_, "type": "image/png"})
    expect(page.locator(".lens figcaption").first).to_have_text("Your picture, grey")
    expect(page.get_by_text("Your picture from the clipboard.")).to_be_visible()
    page.evaluate(PASTE, {"bytes": base64.b64encode(b"<svg></svg>").decode(), "type": "image/svg+xml"})
    expect(page.get_by_role("alert")).to_contain_text("An SVG is a drawing, not pixels")
    expect(page.locator(".lens figcaption").first).to_have_text("Your picture, grey")  # the last one stays


def test_taking_a_kernel_apart_and_putting_it_in_a_chain(page: Page, app_url: str) -> None:
    open_lab(page, app_url, "?kernels_look=Factors")
    expect(page.get_by_text("Separable:")).to_be_visible()
    page.get_by_role("button", name="Put the two in a chain").click()
    shows(page, "")
    expect(page.get_by_text("One kernel does the same: 3 × 3")).to_be_visible()
    expect(page.get_by_role("radio", name="1. Own 3 × 1")).to_be_visible()
    page.get_by_role("button", name="Take it as the kernel").click()
    expect(page.get_by_role("combobox", name="Kernel")).to_have_value("Edges: Sobel x")


def test_directions_of_edges(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/kernels?kernels_together=Edges&kernels_photo=Edge")
    expect(page.get_by_role("radio", name="Direction", exact=True)).to_be_checked()
    page.get_by_role("radio", name="Strength", exact=True).click()
    expect(page.locator(".lens figcaption").nth(1)).to_have_text("Strength, 256 × 256")


def test_a_clicked_pixel_of_an_edge_tells_its_slopes(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/kernels?kernels_together=Edges&kernels_photo=Coins&kernels_padding=Replicate")
    expect(page.locator(".player")).to_be_visible()
    frame = page.get_by_label("Result: arrow keys move the window")
    box = frame.bounding_box()
    row, column = 121, 115
    frame.click(position={"x": box["width"] * (column + 0.5) / 384, "y": box["height"] * (row + 0.5) / 303})
    expect(page.get_by_label("Row", exact=True)).to_have_value(f"{row + 1}")
    expect(page.get_by_label("Column", exact=True)).to_have_value(f"{column + 1}")
    slopes = edge_gradient(to_grey(load_photo("coins")), "Sobel", FilterSettings(padding_mode="replicate"))
    across, down = (f"{int(slope[row, column])}".replace("-", "−") for slope in (slopes.x, slopes.y))
    output = page.locator('.player .plane[data-grid="output"]')
    expect(output.first).to_contain_text(across)
    page.get_by_role("button", name="filter 2").click()
    expect(output.nth(1)).to_be_visible()
    expect(output.nth(1)).to_contain_text(down)


def test_a_value_of_a_chain_is_framed_by_what_it_sees(page: Page, app_url: str) -> None:
    open_lab(
        page, app_url, "?kernels_weights=Sobel 3 | Box blur 11&kernels_slot=2&kernels_together=Chain&kernels_side=64"
    )
    frame = page.get_by_label("Picture: arrow keys move the window").bounding_box()
    mark = page.locator(".lens .mark").first.bounding_box()
    assert mark["width"] / frame["width"] == pytest.approx((3 + 10) / 64, abs=0.02)


def test_the_webcam_is_asked_for_only_when_it_is_wanted(page: Page, app_url: str) -> None:
    open_lab(page, app_url)
    expect(page.get_by_test_id("stCameraInput")).to_have_count(0)
    page.get_by_role("button", name="Your own picture").click()
    expect(page.get_by_test_id("stCameraInput")).to_be_visible()

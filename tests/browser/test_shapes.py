"""The Shapes page in a browser: set a layer, read the answers, follow a window, share the link."""

from playwright.sync_api import Page, expect


def set_number(page: Page, label: str, value: int) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(str(value))
    field.press("Enter")


def test_set_the_course_layer_and_read_its_size_and_parameters(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/shapes?shapes_stride=1&shapes_padding=0&shapes_filters=8")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("8 × 28 × 28")
    set_number(page, "Filters", 36)
    set_number(page, "Stride", 2)
    set_number(page, "Padding", 1)
    answers = page.get_by_test_id("stMetricValue")
    expect(answers.nth(0)).to_have_text("36 × 15 × 15")
    expect(answers.nth(1)).to_have_text(f"{36 * 3 * 5 * 5 + 36:,}")
    expect(page.get_by_text("The last row and column of the padded input are never visited")).to_be_visible()
    page.wait_for_function("!location.search.includes('shapes_padding=0')")
    expect(page.get_by_text("nn.Conv2d(3, 36, kernel_size=5, stride=2, padding=1)")).to_be_visible()


def test_the_window_map_follows_slider_and_pointer(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/shapes?shapes_height=7&shapes_width=7&shapes_kernel=3")
    reading = page.locator(".reading")
    expect(reading).to_contain_text("Output row 4, column 4 reads rows 6 to 8 and columns 6 to 8")
    slider = page.get_by_role("slider", name="Window")
    slider.press("Home")
    expect(reading).to_contain_text("Output row 1, column 1 reads rows 0 to 2 and columns 0 to 2")
    expect(reading).to_contain_text("4 of them pixels, 5 outside the image")
    page.locator(".input svg").first.hover()
    expect(reading).to_contain_text(
        "The pixel in row 4, column 4 is read by 4 outputs"
    )  # two windows down × two across


def test_an_impossible_layer_is_explained_and_can_be_mended(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/shapes?shapes_height=3&shapes_padding=0")
    expect(page.get_by_test_id("stAlert")).to_contain_text("padding 1 or more would")
    set_number(page, "Padding", 1)
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("36 × 1 × 15")


def test_a_question_asked_backwards(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/shapes?shapes_height=512&shapes_width=512&shapes_kernel=3&shapes_stride=1&shapes_padding=0")
    set_number(page, "Wished-for output size", 504)
    expect(page.get_by_role("row", name="kernel 3 9")).to_be_visible()
    page.get_by_role("radio", name="stride", exact=True).click()
    page.wait_for_url("**shapes_over=stride**")


def test_a_transposed_convolution_writes_to_its_output(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/shapes?shapes_layer=Transposed+convolution&shapes_height=4&shapes_width=4")
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("36 × 8 × 8")
    page.get_by_role("slider", name="Window").press("Home")
    expect(page.locator(".reading")).to_contain_text("Input row 1, column 1 writes to rows 0 to 3")


def test_an_adaptive_pooling_is_walked_through(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/shapes?shapes_layer=Adaptive+pooling&shapes_height=10&shapes_width=10&shapes_bins=3")
    page.get_by_role("slider", name="Window").press("Home")
    expect(page.locator(".reading")).to_contain_text("Output row 1, column 1 reads rows 1 to 4 and columns 1 to 4")
    page.get_by_role("slider", name="Window").press("ArrowRight")
    expect(page.locator(".reading")).to_contain_text("columns 4 to 7")

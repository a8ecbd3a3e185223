"""What real courses make students work out by hand, read off the screen of the page that shows it."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect


def shapes_link(url: str, **settings: object) -> str:
    return f"{url}/shapes?" + urlencode({f"shapes_{name}": value for name, value in settings.items()})


def convolution(height: int, width: int, kernel: int, **more: int) -> dict[str, object]:
    return {"height": height, "width": width, "kernel": kernel, "stride": 1} | more


CONVOLUTIONS = {
    # a batch of 32 × 32 colour images, 36 filters of 5 × 5, stride 2, padding 1: 29 / 2 is not whole
    "first layer of 36 filters": (convolution(32, 32, 5, stride=2, padding=1, filters=36), (36, 15, 15), 36 * 75 + 36),
    # which padding keeps the size for kernel 5: (5 − 1) / 2
    "padding that keeps the size": (convolution(32, 32, 5, padding=2, filters=32), (32, 32, 32), 32 * 75 + 32),
    # from 512 to 504 without padding: kernel 9
    "kernel from 512 to 504": (convolution(512, 512, 9, padding=0, filters=1), (1, 504, 504), 3 * 81 + 1),
    "valid 3 × 3 on 252": (convolution(252, 252, 3, padding=0, filters=1), (1, 250, 250), 3 * 9 + 1),
    # 28 × 32 RGB, 10 filters of 5 × 5
    "ten filters": (convolution(28, 32, 5, padding=0, filters=10), (10, 24, 28), 760),
    "ten filters, padding 1": (convolution(28, 32, 5, padding=1, filters=10), (10, 26, 30), 760),
    "ten filters, grey": (convolution(28, 32, 5, padding=0, filters=10, channels=1), (10, 24, 28), 260),
    # the second and third layer of a network of 390,410 parameters
    "second layer": (convolution(16, 16, 5, padding=2, filters=64, channels=32), (64, 16, 16), 51_264),
    "third layer": (convolution(8, 8, 5, padding=2, filters=128, channels=64), (128, 8, 8), 204_928),
}


@pytest.mark.parametrize("question", CONVOLUTIONS)
def test_sizes_and_parameters(page: Page, app_url: str, question: str) -> None:
    settings, shape, parameters = CONVOLUTIONS[question]
    page.goto(shapes_link(app_url, **settings))
    answers = page.get_by_test_id("stMetricValue")
    expect(answers.nth(0)).to_have_text(" × ".join(map(str, shape)))
    expect(answers.nth(1)).to_have_text(f"{parameters:,}")


def test_pooling_halves_504(page: Page, app_url: str) -> None:
    page.goto(shapes_link(app_url, layer="Max pooling", height=504, width=504))
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("3 × 252 × 252")


@pytest.mark.parametrize(("classes", "loss"), [(20, "2.9957"), (10, "2.3026")])
def test_the_loss_starts_at_ln_c(page: Page, app_url: str, classes: int, loss: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_classes={classes}&scratch_scale=0.001")
    values = page.get_by_test_id("stMetricValue")
    expect(values.nth(1)).to_have_text(loss)
    expect(values.nth(0)).to_have_text(re.compile(loss[:5]))


def test_which_layer_reduces_the_sensitivity_to_shifts(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/pooling?pooling_shift=1")
    says = page.get_by_text(re.compile(r"Moved by 1 pixel, the features change by"))
    expect(says).to_be_visible()
    without, largest, *_ = [int(share) for share in re.findall(r"(\d+)%", says.inner_text())]
    assert largest < without  # measured, not only stated


def test_gradients_are_below_the_courses_bound(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_check=Gradient+check")
    expect(page.get_by_role("cell").filter(has_text=re.compile("pass$"))).to_have_count(6)
    table = page.get_by_role("table").last.inner_text()
    errors = [float(text) for text in re.findall(r"\d\.\de[-+]\d+", table)]
    assert len(errors) == 12
    assert max(errors) <= 1e-6  # W1 … b3, against nudged numbers and autograd


def test_equal_weights_never_separate(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_check=Equal+weights")
    expect(page.get_by_text(re.compile(r"Largest difference between any two filters 0, between"))).to_be_visible()


def test_quadratic_cost_stalls_where_cross_entropy_learns(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_check=Sure+and+wrong&scratch_neuron_start=3.0")
    expect(page.get_by_text(re.compile(r"After 300 steps: 0\.997 and 0\.012"))).to_be_visible()


def test_dead_units_stay_where_leaky_ones_learn(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/scratch?scratch_check=Dead+units&scratch_units_bias=-4.0")
    says = page.get_by_text(re.compile("Before training no input brings 20 of 20 units above 0"))
    expect(says).to_contain_text("0.1720 → 0.1720")
    leaky = re.search(r"leaky ReLU: (\d+\.\d+) → (\d+\.\d+)", says.inner_text())
    assert leaky
    assert float(leaky[2]) < float(leaky[1]) / 2


COUNTS = {"A": "88,436", "B-base": "390,410", "B-net1": "391,006", "D-vgg": "34,591,299", "D-resnet18": "11,178,051"}


@pytest.mark.parametrize("name", [*COUNTS, "E"])
def test_the_parameters_of_a_whole_network(page: Page, app_url: str, name: str) -> None:
    page.goto(f"{app_url}/designer")
    page.wait_for_selector(".network[data-shown]")
    page.get_by_role("combobox", name=re.compile("Begin with")).click()
    page.get_by_role("option", name=name, exact=True).click()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(COUNTS.get(name, "538,506"))
    table = page.locator(".network")
    if name == "A":
        expect(table).to_contain_text("1764")
    if name == "B-base":
        for count in ("2,432", "51,264", "204,928", "131,136", "650"):
            expect(table.get_by_text(count, exact=True).first).to_be_visible()
    if name.startswith("D"):
        for megabytes in {"D-vgg": ("16.39", "131.96"), "D-resnet18": ("5.13", "42.64")}[name]:
            expect(page.get_by_text(megabytes, exact=True).first).to_be_visible()

"""The From scratch page: defaults, every check with extreme settings, hostile links."""

import re
import time

import pytest

from pages.parts.scratch.sanity import CHECKS


@pytest.fixture(autouse=True)
def fresh_cache():
    from pages.parts.scratch.ladder import default_climb

    yield
    default_climb().stop()
    default_climb.clear()


def test_opens_with_a_climb_of_its_own(open_page):
    at = open_page("scratch")
    assert not at.error
    deadline = time.monotonic() + 60
    table = ""
    while time.monotonic() < deadline and table.count("×**") < 4 * 2:  # four jobs, two faster rungs
        time.sleep(0.3)
        at.run()
        table = next((text.value for text in at.markdown if "largest difference" in text.value), "")
    assert table.count("×**") == 4 * 2
    assert "PyTorch, CPU" in table


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_answers(open_page, check):
    at = open_page("scratch", scratch_check=check)
    assert not at.error
    assert not at.exception
    assert any(CHECKS[check][0] in text.value for text in at.markdown)


def test_extreme_settings_of_the_checks(open_page):
    at = open_page("scratch", scratch_check="Initial loss", scratch_classes=100, scratch_scale=0.5, scratch_reg=1.0)
    assert any("Not where guessing is" in text.value for text in at.markdown)
    assert float(at.metric[1].value) == pytest.approx(4.6052)
    at = open_page("scratch", scratch_check="Gradient check", scratch_check_filters=8, scratch_check_hidden=12)
    assert sum(text.value.count("pass]") for text in at.markdown) == 6
    at = open_page("scratch", scratch_check="Overfit a handful", scratch_overfit_count=100, scratch_overfit_reg=1.0)
    assert any("Not yet" in text.value for text in at.markdown)
    at = open_page("scratch", scratch_check="Equal weights", scratch_symmetry_epochs=1)
    assert any("any two filters **0**" in text.value for text in at.markdown)


def test_long_loops_are_announced_and_left_out(open_page):
    at = open_page("scratch", scratch_batch=8, scratch_channels=16, scratch_size=32, scratch_filters=32)
    assert "The plain loops will take about" in at.warning[0].value
    assert at.toggle("scratch_loops").value is False


def test_hopeless_loops_are_not_offered(open_page):
    at = open_page(
        "scratch", scratch_batch=64, scratch_channels=32, scratch_size=48, scratch_filters=64, scratch_kernel=5
    )
    assert re.search(r"about \*\*\d+ (h|min) ", at.warning[0].value)
    assert not at.toggle


@pytest.mark.parametrize(
    "query",
    [
        {"scratch_batch": "-1"},
        {"scratch_size": "1e9"},
        {"scratch_kernel": "x"},
        {"scratch_check": "<b>"},
        {"scratch_classes": "0"},
        {"scratch_reg": "nan"},
        {"scratch_check": ""},
    ],
)
def test_hostile_links_fall_back(open_page, query):
    at = open_page("scratch", **query)
    assert not at.error
    assert not at.exception


def test_a_kernel_that_does_not_fit_gets_a_sentence(open_page):
    at = open_page("scratch", scratch_size=2, scratch_kernel=5, scratch_padding=0)
    assert "does not fit" in at.error[0].value


def test_costs_and_units_compared_at_the_ends_of_their_sliders(open_page):
    at = open_page("scratch", scratch_check="Sure and wrong", scratch_neuron_start=3.0)
    assert any("After 300 steps: **0.997** and **0.012**" in text.value for text in at.markdown)
    at = open_page("scratch", scratch_check="Dead units", scratch_units_bias=-4.0)
    assert any("**0.1720 → 0.1720**" in text.value for text in at.markdown)
    at = open_page("scratch", scratch_check="Dead units", scratch_units_bias=0.0, scratch_units_steps=10)
    assert any("**0 of 20**" in text.value for text in at.markdown)


def test_a_rung_slower_than_the_loops_is_not_called_0_times_as_fast():
    from cnn_core.experiments.ladder import Measurement
    from pages.parts.scratch.ladder import timing_table

    slow = [Measurement("job", "Plain loops", 0.001, 3, None), Measurement("job", "PyTorch, CPU", 0.004, 3, 0.0)]
    assert "**0.25×**" in timing_table(slow)[2]


def test_a_single_ratio_is_no_range():
    from cnn_core.experiments.ladder import JOBS, LOOPS, NUMPY, Measurement
    from pages.parts.scratch.ladder import summarise_timings

    one = [Measurement(JOBS[0], LOOPS, 0.2, 3, None), Measurement(JOBS[0], NUMPY, 0.002, 3, 0.0)]
    assert "is **100 times** as fast" in summarise_timings(one)

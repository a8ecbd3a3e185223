"""Home names every page, where to start, and the device."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnn_core.hardware import Device
from pages import shared
from pages.shared.site import PAGES

FIGURES = Path(shared.__file__).resolve().parents[2] / "assets" / "figures"


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in (*at.title, *at.header, *at.subheader, *at.markdown))


def test_every_page_is_named_with_what_one_does_there(open_page: Callable[..., AppTest]) -> None:
    shown = texts(open_page("home"))
    steps = [info for info in PAGES if info.file != "home"]
    for number, info in enumerate(steps, start=1):
        assert f"{number}. {info.title}" in shown
        assert info.help in shown
    links = [link.proto.page for link in open_page("home").get("page_link")]
    start, following = "convolution", "convolution"  # the big button at the top, the way on at the bottom
    assert links == [start, *(info.file for info in steps), following]


@pytest.mark.parametrize(
    ("device", "line"),
    [
        (Device("cuda", "NVIDIA H100", 80 * 2**30, 16), "**GPU: NVIDIA H100**, 80 GiB · 16 CPU cores"),
        (Device("cpu", "AMD Ryzen 7", None, 1), "**CPU: AMD Ryzen 7**, 1 CPU core · no GPU"),
    ],
)
def test_the_device_is_named(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, device: Device, line: str
) -> None:
    monkeypatch.setattr("cnn_core.hardware.detect_device", lambda: device)
    assert line in texts(open_page("home"))


@pytest.mark.parametrize("path", sorted(FIGURES.glob("*.svg")), ids=lambda path: path.stem)
def test_figures_adapt_to_the_theme_and_say_what_they_show(path: Path) -> None:
    svg = path.read_text(encoding="utf-8")
    assert 'role="img"' in svg
    assert len(svg.split("<title>")[1].split("</title>")[0]) > 20
    assert "var(--st-" in svg
    assert "http://" not in svg.replace("http://www.w3.org/2000/svg", "")

"""The sentences on what the rounding leaves over name the case."""

import re

import pytest

from cnn_core.networks import Conv2d, MaxPool2d
from cnn_core.shapes.explain import describe_leftovers

COURSE = Conv2d(36, 5, stride=2, padding=1)


def test_what_the_course_example_leaves_over() -> None:
    text = describe_leftovers(COURSE.windows((3, 32, 32))[0], "row and column")
    assert text == (
        "29/2 is not whole: the floor drops the window that would no longer fit. "
        "The last row and column of the padded input are never visited (only padding, no pixel is lost)."
    )
    bare = describe_leftovers(Conv2d(36, 5, stride=2).windows((3, 32, 32))[0], "row")
    assert bare.endswith("The last row of the padded input is never visited (pixels are lost).")


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (Conv2d(1, 3, padding=1), "Stride 1 always fits"),
        (Conv2d(1, 2, stride=2), "8/2 is whole"),
        (Conv2d(1, 1, stride=3), "6 rows between the windows are never visited"),
        (MaxPool2d(3, 2, ceil_mode=True), "the ceiling keeps one more window, which reaches 1 cell past the edge"),
        (MaxPool2d(2, 4, padding=1, ceil_mode=True), "9/4|10/4 is not whole"),
    ],
)
def test_leftovers_name_the_case(layer: Conv2d | MaxPool2d, sentence: str) -> None:
    assert re.search(sentence, describe_leftovers(layer.windows((1, 10, 10))[0], "row"))

"""Names of data sets: every one is described, and unknown ones get a sentence."""

import pytest

from cnn_core.datasets import (
    BUILT_IN,
    DESCRIPTIONS,
    DOWNLOADABLE,
    load,
)


@pytest.mark.parametrize("name", [*BUILT_IN, *DOWNLOADABLE])
def test_every_name_is_described(name: str) -> None:
    assert DESCRIPTIONS[name]


@pytest.mark.parametrize("name", ["", "Digits", "imagenet", "../digits"])
def test_unknown_names_get_a_sentence(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"Name is .*: there is no such data set; choose one of digits, .*cifar100-20\."
    ):
        load(name)

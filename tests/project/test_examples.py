"""The examples in the docstrings of `cnn_core` run and give what they say."""

import doctest
import importlib
import pkgutil

import pytest

import cnn_core

MODULES = [
    module.name
    for module in pkgutil.walk_packages(cnn_core.__path__, prefix="cnn_core.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    # an example shows the beginning of a long error: the dots stand for the rest
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0

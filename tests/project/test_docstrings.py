"""What the library says of itself: every public name is documented, and the examples give what they promise."""

import ast
import doctest
import importlib
import pkgutil
from types import FunctionType

import pytest

import cnn_core

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(cnn_core.__path__, "cnn_core.")
    if not module.name.endswith("__main__")
)
PUBLIC = [
    (name, public)
    for name in MODULES
    for public in getattr(importlib.import_module(name), "__all__", ())
    if hasattr(importlib.import_module(name), "__path__") or name == "cnn_core.geometry"
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_promise(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert not failed


@pytest.mark.parametrize(("package", "name"), PUBLIC, ids=lambda value: str(value))
def test_every_public_name_has_an_example(package: str, name: str) -> None:
    value = getattr(importlib.import_module(package), name)
    if isinstance(value, type | FunctionType):  # constants and modules have no docstring of their own
        assert ">>>" in (value.__doc__ or ""), f"{package}.{name} shows no example"


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_are_documented(name: str) -> None:
    file = importlib.import_module(name).__file__
    assert file is not None
    with open(file, encoding="utf-8") as source:
        tree = ast.parse(source.read())
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name}.{node.name}"

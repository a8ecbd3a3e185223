"""Write pages/components/payloads.d.ts: what Python sends to the browser's components, and gets back, for TypeScript.

The TypedDicts in pages/components and those that they are made of are the one source; a test holds the file to them.
Run it with `python -m assets.write_payload_types` after a change to one of them.
"""

import importlib
import inspect
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

ROOT = Path(__file__).resolve().parents[1]
COMPONENTS = ROOT / "pages" / "components"
TARGET = COMPONENTS / "payloads.d.ts"
HEAD = "// Written by assets/write_payload_types.py from the TypedDicts in Python; do not edit.\n"
PLAIN: dict[Any, str] = {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}


def write_types() -> str:
    """Return the TypeScript of every TypedDict in pages/components and of those that these refer to, by name."""
    types: dict[str, Any] = {}
    for path in sorted([*COMPONENTS.glob("*/__init__.py"), *COMPONENTS.glob("*/*payload.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        module = importlib.import_module(".".join(part for part in parts if part != "__init__"))
        for value in vars(module).values():
            _collect(value, types)
    return HEAD + "".join(f"\n{_declare(types[name])}" for name in sorted(types))


def _collect(value: Any, types: dict[str, Any]) -> None:
    """Add `value` to the types, with all that it refers to, where it is a TypedDict or made of some."""
    if is_typeddict(value):
        if types.setdefault(value.__name__, value) is not value:
            raise ValueError(f"Two TypedDicts are called {value.__name__}: rename one of them.")
        for part in get_type_hints(value, include_extras=True).values():
            _collect(part, types)
    for part in get_args(value):
        _collect(part, types)


def _declare(type_: Any) -> str:
    """Return a TypedDict as an interface, its docstring as the comment."""
    lines = [f" * {line}".rstrip() for line in inspect.cleandoc(type_.__doc__ or "").split("\n")]
    keys = get_type_hints(type_, include_extras=True)
    fields = [f"  {name}{_colon(hint)} {_spell(hint)};" for name, hint in keys.items()]
    return "\n".join(["/**", *lines, " */", f"export interface {type_.__name__} {{", *fields, "}", ""])


def _colon(hint: Any) -> str:
    return "?:" if get_origin(hint) is NotRequired else ":"


def _spell(hint: Any) -> str:
    """Return a type hint in TypeScript. Raises TypeError for one that JSON has no form for."""
    origin, parts = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return str(hint.__name__)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin is Literal:
        return " | ".join(f'"{part}"' for part in parts)
    if origin is NotRequired:
        return _spell(parts[0])
    if origin in (Union, UnionType):
        return " | ".join(map(_spell, parts))
    if origin is list:
        return f"({_spell(parts[0])})[]" if " | " in _spell(parts[0]) else f"{_spell(parts[0])}[]"
    if origin is tuple:
        return f"[{', '.join(map(_spell, parts))}]"
    if origin is dict:
        return f"Record<string, {_spell(parts[1])}>"
    raise TypeError(f"{hint} has no form in TypeScript: use TypedDicts, lists, tuples, dictionaries and plain values.")


if __name__ == "__main__":
    TARGET.write_text(write_types(), encoding="utf-8")

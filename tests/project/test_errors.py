"""Errors are finished sentences where they are raised, so that a page shows them unchanged."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("cnn_core/**/*.py"), *ROOT.glob("pages/**/*.py")])
PLACEHOLDER = "\0"
"""Stands for a value in an f-string."""
START = re.compile(rf"[A-Z“‘\d({PLACEHOLDER}]")
END = re.compile(r"[.!?…][”)]?$")
OPEN_END = re.compile(rf"[.!?…:]( ?{PLACEHOLDER})+$")
"""A value at the end brings its own sentence when another sentence or a colon stands before it."""


def message_text(node: ast.expr) -> str | None:
    """The text of a literal, an f-string or a concatenation of them; None of what is computed."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(message_text(part) or "" for part in parts)
        case ast.FormattedValue():
            return PLACEHOLDER
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return f"{message_text(left) or PLACEHOLDER}{message_text(right) or PLACEHOLDER}"
    return None


def unfinished_messages(source: str) -> list[str]:
    """Line and text of each raised ValueError that is no finished sentence."""
    unfinished = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id="ValueError"), args=[message])):
                text = message_text(message)
                if text and not (START.match(text) and (END.search(text) or OPEN_END.search(text))):
                    unfinished.append(f"{node.lineno}: {text.replace(PLACEHOLDER, '{}')}")
    return unfinished


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_error_is_a_finished_sentence(path: Path) -> None:
    assert unfinished_messages(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("message", "finished"),
    [
        ('"Stride is 0: it must be 1 or more."', True),
        ('"stride is 0: it must be 1 or more."', False),
        ('"Stride is 0"', False),
        ('f"{name} is 0: it must be 1 or more."', True),
        ('f"Stride is {stride}"', False),
        ('f"{name}: {error}"', True),
        ('f"“{word}” is no number: " + "type one such as 2."', True),
        ("str(error)", True),
    ],
)
def test_unfinished_messages_are_found(message: str, finished: bool) -> None:
    assert (unfinished_messages(f"raise ValueError({message})") == []) is finished

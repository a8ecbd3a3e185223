"""How a component's JavaScript, styles and HTML are handed to Streamlit, and the JavaScript that components share.

Components are written as ES modules, one file a concern: so they are checked for types, linted, and tested one by one
(`npm run check`, `npm test`). Streamlit takes one string of JavaScript and there is no build step, so `join_modules`
joins a component's modules into one as the app starts.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
"""The one form in which a module imports names: from a file beside it, under the names that they have there."""
EXPORT = re.compile(r"^export (?!default )", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export (?!default ))\b.*", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/[ \t]*)\n", re.MULTILINE)
"""A comment with lines of its own. Streamlit sends the text with every drawing, of which comments are a third."""
DECLARATION = re.compile(r"^(?:async )?(?:function|class|const|let|var) (\w+)", re.MULTILINE)
"""A name at the top of a module."""


def register_component(name: str, entry: Path, html: str) -> "ComponentRenderer":
    """Register the component whose entry module is `entry`, with the style sheet of the same name where there is one.

    Returns what mounts it: see `st.components.v2.component`.
    """
    css = entry.with_suffix(".css")
    return st.components.v2.component(
        name,
        # Streamlit takes a string of one line with a slash in it for the path of a file (component_path_utils.py,
        # looks_like_inline_content), and every HTML end tag has a slash: so the HTML gets a second line.
        html=f"{html}\n<!-- filled by {entry.name} -->",
        css=css.read_text(encoding="utf-8") if css.exists() else None,
        js=join_modules(entry),
    )


def join_modules(entry: Path) -> str:
    """Return the JavaScript of the module `entry` and of all that it imports as one module, imported names first.

    Raises ValueError for modules that cannot be joined: ones that import each other in a circle, import in another
    form than `import { a, b } from "./file.js";`, or declare a name that another one has declared.
    """
    modules: dict[Path, str] = {}
    _collect_modules(entry.resolve(), (), modules)
    texts = [_without_imports(path, text) for path, text in modules.items()]
    names: set[str] = set()
    for text in texts:
        for name in DECLARATION.findall(text):
            if name in names:
                raise ValueError(f"{entry.name} and what it imports declare {name} twice: rename one of them.")
            names.add(name)
    return "\n".join(texts)


def _collect_modules(path: Path, importers: tuple[Path, ...], modules: dict[Path, str]) -> None:
    """Add the text of the module at `path`, and before it of all that it imports, to those that are `modules` yet."""
    if path in importers:
        raise ValueError(f"{path.name} imports itself through {importers[-1].name}: move what both need to a third.")
    if path in modules:
        return
    text = path.read_text(encoding="utf-8")
    for address in IMPORT.findall(text):
        _collect_modules((path.parent / address).resolve(), (*importers, path), modules)
    modules[path] = text


def _without_imports(path: Path, text: str) -> str:
    """Return a module's text without imports and comments, and with its exported names as plain ones."""
    text = EXPORT.sub("", IMPORT.sub("", COMMENT.sub("", text)))
    left_over = LEFT_OVER.search(text)
    if left_over:
        raise ValueError(
            f'{path.name}: “{left_over.group()}” cannot be joined: write import {{ a }} from "./file.js";.'
        )
    return text

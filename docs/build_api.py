"""Builds the library's documentation from its docstrings: `python -m docs.build_api` writes build/docs."""

import importlib
import pkgutil
import warnings
from pathlib import Path

import pdoc

import cnn_core

OUTPUT = Path(__file__).resolve().parents[1] / "build" / "docs"


def main() -> None:
    """Write a page for each module; a name that is promised and missing ends the build."""
    for found in pkgutil.walk_packages(cnn_core.__path__, "cnn_core."):
        module = importlib.import_module(found.name)
        # pdoc looks into a module's dictionary, where names that are loaded on demand are not yet.
        vars(module).update({name: getattr(module, name) for name in getattr(module, "__all__", ())})
    warnings.simplefilter("error", UserWarning)
    pdoc.render.configure(docformat="markdown", show_source=True)
    pdoc.pdoc("cnn_core", output_directory=OUTPUT)
    print(f"documentation written: {OUTPUT.relative_to(Path.cwd())}/index.html")


if __name__ == "__main__":
    main()

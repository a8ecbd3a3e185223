"""A component's modules are joined into the one string of JavaScript that Streamlit takes."""

import subprocess
from pathlib import Path

import pytest

from pages.components.common import join_modules

COMPONENTS = Path(__file__).resolve().parents[2] / "pages" / "components"
ENTRIES = [path for path in sorted(COMPONENTS.glob("*/*.js")) if path.stem == path.parent.name]


def write(folder: Path, **modules: str) -> Path:
    """Write modules as files and return the path of the first."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(modules))}.js"


def test_what_is_imported_comes_first_and_once(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        top='import { b } from "./left.js";\nimport {\n  a,\n} from "./bottom.js";\n\nexport default () => a + b;\n',
        left='import { a } from "./bottom.js";\n\nexport const b = a;\n',
        bottom="export const a = 1;\n",
    )
    assert " ".join(join_modules(entry).split()) == "const a = 1; const b = a; export default () => a + b;"


def test_comments_on_lines_of_their_own_are_left_out(tmp_path: Path) -> None:
    kept = 'const a = "// no comment"; // c\nconst b = /** @type {any} */ (a);\n'
    text = f"// A.\n/**\n * B\n */\n{kept}  /** @type {{any}} */\n"
    assert join_modules(write(tmp_path, top=text)) == kept


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        ({"top": 'import { a } from "./b.js";\nconst a = 1;\n', "b": "export function a() {}\n"}, "declare a twice"),
        (
            {"top": 'import { b } from "./b.js";\n', "b": 'import { a } from "./top.js";\n'},
            "imports itself through b.js",
        ),
        ({"top": 'import * as b from "./b.js";\n', "b": ""}, "cannot be joined"),
        ({"top": 'import b from "https://example.org/b.js";\n'}, "cannot be joined"),
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, modules: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        join_modules(write(tmp_path, **modules))


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_a_component_is_one_valid_module(entry: Path, tmp_path: Path) -> None:
    joined = tmp_path / "joined.mjs"
    joined.write_text(join_modules(entry), encoding="utf-8")
    checked = subprocess.run(["node", "--check", joined], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert joined.read_text(encoding="utf-8").count("export default ") == 1


def test_every_component_is_looked_at() -> None:
    assert len(ENTRIES) == 12

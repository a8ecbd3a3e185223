"""How the project is laid out: what may import what, how long things get, and that the pins hold together."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ("*.py", "assets/*.py", "docs/*.py", "cnn_core/**/*.py", "pages/**/*.py", "benchmarks/*.py", "tests/**/*.py")
SOURCES = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
PAGES = sorted(ROOT.glob("pages/*.py"))
SCREEN = [ROOT / "app.py", *sorted(ROOT.glob("pages/**/*.py"))]


@cache
def top_level_imports(path: Path) -> frozenset[str]:
    """Dotted names that importing the file imports: what stands in functions or under TYPE_CHECKING does not count."""
    names: set[str] = set()

    def visit(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
                visit(node.body + node.orelse)
            elif isinstance(node, ast.Try | ast.With):
                visit(node.body)

    visit(ast.parse(path.read_text(encoding="utf-8")).body)
    return frozenset(names)


def files_of(name: str) -> list[Path]:
    """The project files that importing the dotted `name` runs: the packages above it and the module itself."""
    parts = name.split(".")
    places = [ROOT.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
    candidates = [file for place in places for file in (place / "__init__.py", place.with_suffix(".py"))]
    return [file for file in candidates if file.is_file()]


def chain_to(package: str, start: Path) -> list[str]:
    """The shortest chain of top-level imports from `start` to `package`, empty when there is none."""
    queue, seen = [[start]], {start}
    for chain in queue:
        for name in sorted(top_level_imports(chain[-1])):
            if name.split(".")[0] == package:
                return [str(file.relative_to(ROOT)) for file in chain] + [name]
            for file in files_of(name):
                if file not in seen:
                    seen.add(file)
                    queue.append([*chain, file])
    return []


@cache
def files_imported_by(path: Path) -> frozenset[Path]:
    """The project files that are imported anywhere in the file, in functions too."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(file for name in names for file in files_of(name))


def page_of(path: Path) -> str:
    """The page that a file of the screen belongs to, by its script or its room; empty for what belongs to none."""
    match path.relative_to(ROOT).with_suffix("").parts:
        case ("pages", "parts", page, _) | ("pages", page):
            return page
    return ""


def pages_using(module: Path, seen: frozenset[Path] = frozenset()) -> set[str]:
    """The pages that import a module, themselves or through another shared module; what the app imports serves all."""
    users = {path for path in SCREEN if module in files_imported_by(path)} - seen
    if ROOT / "app.py" in users:
        return {page.stem for page in PAGES if page.stem != "__init__"}
    through = (pages_using(path, seen | {module}) for path in users if path.parent.name == "shared")
    return {page_of(path) for path in users if page_of(path)}.union(*through)


@pytest.mark.parametrize("module", sorted(ROOT.glob("pages/shared/[a-z]*.py")), ids=lambda module: module.stem)
def test_what_is_shared_is_used_by_two_pages(module: Path) -> None:
    assert len(pages_using(module)) >= 2, (
        f"{module.name} serves {pages_using(module)}: it belongs into that page's room"
    )


def test_the_import_rules_name_every_room_and_every_module_of_charts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    rules = {rule["name"]: rule for rule in project["tool"]["importlinter"]["contracts"]}
    rooms = {f"pages.parts.{page.stem}" for page in PAGES if page.stem != "__init__"}
    assert set(rules["A page's room is its own"]["modules"]) == rooms
    assert {f"pages.parts.{file.parent.name}" for file in ROOT.glob("pages/parts/*/__init__.py")} == rooms
    plain = [file for file in SCREEN if "No Streamlit here" in (ast.get_docstring(ast.parse(file.read_text())) or "")]
    names = {".".join(file.relative_to(ROOT).with_suffix("").parts) for file in plain}
    assert set(rules["Charts are plain Altair"]["source_modules"]) == names


@pytest.mark.parametrize("page", [page for page in PAGES if page.stem != "train"], ids=lambda page: page.stem)
@pytest.mark.parametrize("package", ["torch", "torchvision", "captum"])
def test_only_training_imports_torch_at_once(page: Path, package: str) -> None:
    chain = chain_to(package, page)
    assert not chain, " → ".join(chain)


def test_the_import_walker_sees_a_chain() -> None:
    assert chain_to("torch", ROOT / "cnn_core/insight/activations.py") == ["cnn_core/insight/activations.py", "torch"]
    assert chain_to("streamlit", ROOT / "app.py")[0] == "app.py"


def test_the_library_imports_quickly_and_without_a_screen() -> None:
    names = ["hardware", "geometry", "ops", "trace", "networks", "datasets", "training", "training.config"]
    names += ["training.events", "evaluation.metrics", "render.overlay", "insight", "words"]
    code = "; ".join(f"import cnn_core.{name}" for name in names)
    code += "; import sys; print(*sorted({'torch', 'streamlit', 'altair', 'sklearn', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    assert lines <= (130 if path in PAGES else 500), f"{path.name} has {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 50, f"{path.name}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", sorted(ROOT.glob("tests/cnn_core/**/test_*.py")), ids=lambda path: path.stem)
def test_tests_of_the_library_are_named_after_a_module(path: Path) -> None:
    room = ROOT / path.parent.relative_to(ROOT / "tests")
    modules = {file.stem for file in room.glob("*.py")} | {room.name}
    tested = path.stem.removeprefix("test_")
    assert any(tested == module or tested.startswith(f"{module}_") for module in modules), (
        f"{room.name} has no {tested}"
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_page_can_be_opened_by_its_own_address(path: Path) -> None:
    if path.stem != "__init__":
        assert "ensure_router()" in path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", [ROOT / "app.py", *PAGES], ids=lambda path: path.stem)
def test_scripts_hold_no_text_that_streamlit_would_write_onto_the_page(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body[1:]
    assert not [node.lineno for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]


def pins(name: str) -> dict[str, str]:
    """Package → version of a requirements file."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith(("#", "-r "))]
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in pairs}


def test_every_requirement_is_pinned_and_locked_alike() -> None:
    locked = pins("requirements.lock")
    for file in ("requirements.txt", "requirements-dev.txt"):
        for package, version in pins(file).items():
            assert locked[package] == version, f"{file}: {package}"


def test_the_lock_names_no_registry() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "requirements.lock"):
        assert not re.search(r"https?:|file:|--|@", (ROOT / file).read_text(encoding="utf-8")), file


SCRIPT_PATTERNS = ("*.js", "pages/components/*/*.js", "tests/components/*.js")
SCRIPTS = sorted(path for pattern in SCRIPT_PATTERNS for path in ROOT.glob(pattern))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_javascript_stays_short_and_is_checked_for_types(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 500, f"{path.name} has {len(lines)} lines"
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []
    assert lines[0] == "// @ts-check"


def test_what_checks_the_javascript_is_pinned_and_its_lock_names_no_registry() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    locked = json.loads(text)["packages"]
    assert package["private"]
    assert "dependencies" not in package
    for name, version in package["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert locked[f"node_modules/{name}"]["version"] == version, name
    assert '"resolved"' not in text
    assert all("integrity" in entry for name, entry in locked.items() if name)
    assert "://" not in text

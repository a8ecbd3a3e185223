"""A run ends with the names of the tests that needed a second try."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNSTEADY = """
from pathlib import Path

import pytest

MARK = Path(__file__).with_name("tried")

@pytest.mark.flaky(reruns=1)
def test_unsteady():
    if not MARK.exists():
        MARK.touch()
        raise ValueError("not yet drawn")

@pytest.mark.flaky(reruns=1)
def test_broken():
    assert 1 == 2

def test_steady():
    pass
"""


def run_pytest(folder: Path, *arguments: str) -> str:
    (folder / "test_three.py").write_text(UNSTEADY)
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    command = [str(Path(sys.executable).with_name("pytest")), "-q", "-p", "no:cacheprovider", *arguments, "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120).stdout


def test_second_tries_are_named_with_their_cause(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, "-n", "1")
    listed = output.split("needed a second try")[1]
    assert "test_three.py::test_unsteady: then passed; first: test_three.py:12 ValueError: not yet drawn" in listed
    assert "test_three.py::test_broken: failed again; first: test_three.py:16 assert 1 == 2" in listed
    assert "test_steady" not in output


def test_a_run_without_second_tries_lists_none(tmp_path: Path) -> None:
    assert "second try" not in run_pytest(tmp_path, "-k", "steady and not unsteady")

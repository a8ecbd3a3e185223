"""`pip install .` gives the library without the app: in a folder of its own, with no Streamlit in reach."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
USE = """
import sys
sys.modules["streamlit"] = None  # any import of it fails
sys.path.insert(0, sys.argv[1])
import cnn_core, numpy as np
assert cnn_core.__file__.startswith(sys.argv[1])
from cnn_core import geometry, ops
from cnn_core.networks import preset
print(geometry.conv_output_size(32, 5, stride=2, padding=1))
print(ops.conv2d(np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))).shape)
print(preset("Tiny CNN", input_shape=(1, 8, 8), classes=10).total_parameters > 0)
"""


@pytest.mark.slow
def test_the_wheel_is_the_library_alone(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps", "--no-build-isolation"]
    source = tmp_path / "source"
    shutil.copytree(ROOT / "cnn_core", source / "cnn_core", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run([*pip, "-q", "-w", tmp_path, source], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cnn_core"}
    assert "cnn_core/py.typed" in names
    modules = {str(file.relative_to(ROOT)) for file in ROOT.glob("cnn_core/**/*.py")}
    assert modules <= set(names)
    use = [sys.executable, "-c", USE, str(tmp_path / "installed")]
    done = subprocess.run(use, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["15", "(1, 1, 3, 3)", "True"]

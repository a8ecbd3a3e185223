"""Networks as PyTorch source, notebook, ONNX file and tables."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import onnxruntime
import pytest
import torch
from torchvision.datasets import FakeData

from cnn_core.networks import PRESETS, NetworkSpec, preset
from cnn_core.networks.export import to_csv, to_markdown, to_notebook, to_onnx, to_source
from cnn_core.networks.layers import (
    Conv2d,
    Flatten,
    Linear,
    ReLU,
)
from tests.cnn_core.networks.drawn import BRANCHED, NETWORK_FIGURES

SMALL = [name for name in PRESETS if preset(name).total_parameters < 3e7]


@pytest.mark.parametrize("name", [*SMALL, "Branched"])
def test_the_source_makes_the_same_parameters(name: str) -> None:
    spec = BRANCHED if name == "Branched" else preset(name)
    here: dict = {"__name__": "taken_home"}
    exec(to_source(spec, seed=3), here)
    torch.manual_seed(3)
    theirs, ours = here["network"]().state_dict(), spec.build(seed=3).state_dict()
    assert list(theirs) == list(ours)
    assert all(torch.equal(theirs[key], ours[key]) for key in ours)


def test_the_source_runs_by_itself(tmp_path: Path) -> None:
    assert BRANCHED.to_code(seed=3) == to_source(BRANCHED, seed=3)
    hostile = NetworkSpec('"""\nimport os; os.abort()\n\\', BRANCHED.input_shape, BRANCHED.layers)
    file = tmp_path / "net.py"
    file.write_text(to_source(hostile))
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"(1, 7) {BRANCHED.total_parameters}"


def test_the_notebook_builds_and_trains(tmp_path: Path) -> None:
    notebook = nbformat.reads(to_notebook(preset("Tiny CNN")), as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    out = io.StringIO()
    here: dict = {"__name__": "notebook", "print": lambda *words: print(*words, file=out)}
    for cell in code:
        exec(cell, here)
    assert len(out.getvalue().splitlines()) == 5
    assert here["accuracy"] > 0.8
    cifar = nbformat.reads(to_notebook(preset("E")), as_version=4)
    assert "CIFAR10" in cifar.cells[2].source
    compile(cifar.cells[2].source, "cifar", "exec")


class Pictures(FakeData):
    """Twelve pictures in place of CIFAR-10, which would be downloaded."""

    def __init__(self, root: str, train: bool, download: bool, transform) -> None:
        super().__init__(12, (3, 32, 32), 10, transform)
        self.targets = [self[index][1] for index in range(12)]


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec("Few classes", (3, 16, 16), (Conv2d(4, 3), Flatten(), Linear(3))),
        NetworkSpec("No linear layer, five channels", (5, 12, 10), (Conv2d(10, 3), ReLU())),
        NetworkSpec("Grey, many classes", (1, 20, 20), (Flatten(), Linear(20))),
    ],
    ids=lambda spec: spec.name,
)
def test_every_notebook_trains(spec: NetworkSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchvision.datasets.CIFAR10", Pictures)
    here: dict = {"__name__": "notebook", "print": lambda *_: None}
    for cell in nbformat.reads(to_notebook(spec), as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source.replace("epochs = 5", "epochs = 1"), here)
    assert 0 <= here["accuracy"] <= 1


@pytest.mark.parametrize("name", ["Tiny CNN + batch norm", "A", "Branched"])
def test_onnx_gives_the_same_answers(name: str, tmp_path: Path) -> None:
    spec = BRANCHED if name == "Branched" else preset(name)
    to_onnx(spec, tmp_path / "net.onnx", seed=1)
    x = torch.randn(5, *spec.input_shape)
    theirs = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"image": x.numpy()})[0]
    np.testing.assert_allclose(theirs, spec.build(seed=1).eval()(x).detach(), atol=1e-4)


def test_tables() -> None:
    spec = preset("E")
    rows = list(csv.DictReader(io.StringIO(to_csv(spec))))
    assert sum(int(row["parameters"]) for row in rows) == NETWORK_FIGURES["E"]["parameters"]
    assert rows[0]["output shape"] == "64×30×30"
    assert [rows[3][name] for name in ("kind", "activations (bytes)", "receptive field", "jump", "centre")] == [
        *("MaxPool2d", str(4 * 64 * 15 * 15), "4×4", "2×2", "2.5×2.5"),
    ]
    assert f"**{NETWORK_FIGURES['E']['parameters']:,}**" in to_markdown(spec)

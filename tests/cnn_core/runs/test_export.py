"""What a run becomes outside: code that runs by itself, tables, and event files that TensorBoard itself reads."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file

from cnn_core import datasets
from cnn_core.datasets import Dataset, Split
from cnn_core.insight.load import load_network
from cnn_core.networks import preset
from cnn_core.runs import RunStore
from cnn_core.runs.export import export_archive, export_tensorboard, file_name, write_tensorboard
from cnn_core.training import TrainConfig, train
from cnn_core.training.events import Finished, Snapshot, StepDone
from cnn_core.training.inference import predict_logits

ASK = """
import numpy as np, torch
from network import network, normalise, trained
np.save("logits.npy", trained()(normalise(torch.from_numpy(np.load("images.npy")))).detach().numpy())
"""


def tiny_data(shape: tuple[int, int, int], classes: int) -> Dataset:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4 * classes, *shape), dtype=np.uint8)
    split = Split(images, np.arange(4 * classes) % classes)
    return Dataset("digits", tuple(f"class '{k}' \\ \"" for k in range(classes)), split, split, split)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}", tmp_path)


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        assert bundle.testzip() is None
        bundle.extractall(folder)
    return folder


def run_python(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("network", ["Tiny CNN", pytest.param("D-resnet18", marks=pytest.mark.slow)])
def test_the_code_in_the_archive_gives_the_logits_of_the_run(store, tmp_path, network):
    data = tiny_data((3, 32, 32), 5)
    spec = preset(network, input_shape=(3, 32, 32), classes=5)
    run_id = store.create_run("mine", spec, TrainConfig(epochs=1, batch_size=8))
    events = list(train(spec, data, TrainConfig(epochs=1, batch_size=8, device="cpu")))
    store.append_events(run_id, *events)
    folder = unpacked(export_archive(store, run_id, data), tmp_path / "out")
    np.save(folder / "images.npy", data.test.images)
    run_python(folder, "-c", ASK)
    wanted = predict_logits(load_network(spec, store.load_weights(run_id)), data.test.images, data)
    np.testing.assert_allclose(np.load(folder / "logits.npy"), wanted, rtol=1e-4, atol=1e-5)
    assert [path.name for path in (folder / "weights").iterdir()] == ["epoch-0001.safetensors"]
    Image.fromarray(data.test.images[0].transpose(1, 2, 0)).save(folder / "one.png")
    said = run_python(folder, "network.py", "one.png")
    assert f"{spec.total_parameters} parameters" in said
    assert f"one.png {data.class_names[int(wanted[0].argmax())]}" in said


def test_tables_and_json_hold_what_the_store_holds(store, tmp_path):
    data, spec, config = (
        datasets.load("digits"),
        preset("Tiny CNN"),
        TrainConfig(epochs=2, batch_size=256, device="cpu"),
    )
    run_id = store.create_run("mine", spec, config, name="wide", batch="b")
    store.annotate_run(run_id, "looks good")
    events = [e for e in train(spec, data, config) if not isinstance(e, Finished)]
    store.append_events(run_id, *events, Finished("completed", 2, 0.5, 0.875, 3.0, ((7, 1), (0, 8))))
    folder = unpacked(export_archive(store, run_id, data, every_epoch=True), tmp_path / "out")
    told = json.loads((folder / "run.json").read_text("utf-8"))
    assert TrainConfig.from_dict(told["config"]) == config
    assert type(spec).from_json(json.dumps(told["network"])) == spec
    assert told["results"]["test_accuracy"] == 0.875
    assert told["results"]["confusion"] == [[7, 1], [0, 8]]
    assert (told["name"], told["note"], told["parameters"]) == ("wide", "looks good", 6090)
    assert told["versions"]["torch"] == torch.__version__.split("+")[0]
    assert "workspace" not in json.dumps(told)  # who has it could change the runs
    with (folder / "steps.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = [event for event in events if isinstance(event, StepDone)]
    assert len(rows) == len(wanted)
    for row, step in zip(rows, wanted, strict=True):
        told_by_row = {name: float(value) for name, value in row.items() if value}
        assert told_by_row.items() <= asdict(step).items()
        assert {"step", "epoch", "loss", "accuracy", "learning_rate", "seconds"} <= set(told_by_row)
    assert (folder / "epochs.csv").read_text().count("\n") == 3
    for snapshot in (event for event in events if isinstance(event, Snapshot)):
        weights = load_file(folder / "weights" / f"epoch-{snapshot.epoch:04d}.safetensors")
        assert {name: array.tolist() for name, array in weights.items()} == {
            name: array.tolist() for name, array in snapshot.weights.items()
        }
    readme = (folder / "README.txt").read_text()
    assert "looks good" in readme
    assert readme.startswith("wide\n====\n")


def test_a_run_that_never_began_and_whose_images_are_gone_is_exported(store, tmp_path):
    run_id = store.create_run("mine", preset("Tiny CNN"), TrainConfig())
    folder = unpacked(export_archive(store, run_id, None), tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {
        "run.json",
        "steps.csv",
        "epochs.csv",
        "network.py",
        "README.txt",
    }
    assert "put the right numbers in" in (folder / "network.py").read_text()
    run_python(folder, "-c", "import network; network.network()")
    with pytest.raises(ValueError, match="There is no run"):
        export_archive(store, "nobody", None)


def test_tensorboard_reads_the_files_back(store, tmp_path):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    data, spec, config = tiny_data((1, 8, 8), 10), preset("Tiny CNN"), TrainConfig(epochs=2, batch_size=8)
    ids = [store.create_run("mine", spec, config, name=name) for name in ("../../a b/…", "", "")]
    for run_id in ids[:2]:
        store.append_events(run_id, *train(spec, data, TrainConfig(epochs=2, batch_size=8, device="cpu")))
    write_tensorboard(store, ids[0], tmp_path / "board")
    found = reader.EventAccumulator(str(tmp_path / "board"), size_guidance={reader.SCALARS: 0})
    found.Reload()
    run, epochs = store.get_run(ids[0]), store.load_epochs(ids[0])
    assert [(e.step, e.value) for e in found.Scalars("step/loss")] == [
        (s.step, pytest.approx(s.loss, rel=1e-6)) for s in store.load_steps(ids[0])
    ]
    for name in ("train_loss", "val_loss", "train_accuracy", "val_accuracy"):
        wanted = [pytest.approx(getattr(epoch, name), rel=1e-6) for epoch in epochs]
        assert [e.value for e in found.Scalars(f"epoch/{name}")] == wanted
    assert found.Scalars("epoch/test_accuracy")[0].value == pytest.approx(run.test_accuracy)
    assert found.Scalars("epoch/val_loss")[0].wall_time == pytest.approx(run.created_at + epochs[0].seconds, abs=1e-3)
    folder = unpacked(export_tensorboard(store, ids), tmp_path / "all")
    assert sorted(path.name for path in folder.iterdir()) == ["1-a-b", "2-Tiny-CNN", "3-Tiny-CNN"]


@pytest.mark.parametrize(
    ("text", "wanted"), [("", "run"), ("../..", "run"), ("ä b", "b"), ("C:\\x\0y", "C-x-y"), ("x" * 99, "x" * 40)]
)
def test_names_become_names_of_files(text, wanted):
    assert file_name(text) == wanted

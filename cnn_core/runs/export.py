"""A run as files: a ZIP of JSON, tables, weights and code that runs without CNN Lab, and files for TensorBoard."""

import csv
import io
import json
import platform
import re
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from cnn_core.datasets import Dataset, channel_statistics
from cnn_core.runs.schema import Run
from cnn_core.runs.store import RunStore
from cnn_core.training.events import EpochDone, StepDone

LIBRARIES = ("torch", "torchvision", "numpy", "safetensors")
"""Libraries whose versions are written down: results may depend on them."""
ALL_STEPS = 10**9
"""More steps than any run has: nothing is thinned."""
EARLIEST_ZIP_YEAR = 1980
"""The ZIP format knows no earlier dates. Files are dated when the run was made, so the same run gives the same ZIP."""

_README = """{title}
{line}

Made with CNN Lab.

  run.json      settings, network, data set, results, library versions
  steps.csv     loss and accuracy of every batch
  epochs.csv    the same for every epoch, training and validation
  weights/      the network's weights after an epoch, as safetensors (epoch 0: untrained)
  network.py    the network as PyTorch code; needs torch, safetensors and Pillow

Try it:

  python network.py picture.png

says what the network takes a picture for. In Python:

  from network import normalise, trained
  logits = trained()(normalise(images))   # images: uint8, {shape}
"""

_LOADING_SOURCE = '''

# Each channel's mean and standard deviation over the training images, on the scale 0 … 255.
MEAN = {mean}
DEVIATION = {deviation}{missing}
CLASSES = {classes}
WEIGHTS = Path(__file__).parent / "weights" / "{weights}"


def normalise(images: torch.Tensor) -> torch.Tensor:
    """uint8 (N, {shape}), 0 … 255, as the network learned to take them."""
    mean, deviation = (torch.tensor(values).view(1, -1, 1, 1) for values in (MEAN, DEVIATION))
    return (images.to(torch.float32) - mean) / deviation


def trained(weights: Path = WEIGHTS) -> nn.Module:
    """The network with its learned weights, ready to answer."""
    model = network()
    model.load_state_dict(load_file(weights))
    return model.eval()


if __name__ == "__main__":
    model = trained()
    print(sum(p.numel() for p in model.parameters()), "parameters")
    for name in sys.argv[1:]:
        picture = Image.open(name).convert("{mode}").resize(({width}, {height}))
        image = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).view(1, {height}, {width}, {channels})
        shares = model(normalise(image.permute(0, 3, 1, 2))).softmax(1)[0]
        print(name, CLASSES[int(shares.argmax())], f"{{float(shares.max()):.1%}}")
'''


def export_archive(store: RunStore, run_id: str, data: Dataset | None, *, every_epoch: bool = False) -> bytes:
    """Return a ZIP with run.json, steps.csv, epochs.csv, network.py, README.txt and the last stored weights.

    With `every_epoch`, it contains the weights of every stored epoch.

    `data` are the images the run learned from, or None when they are missing: network.py then lacks their mean.
    Raises ValueError when there is no such run.
    """
    from safetensors.numpy import save

    run, epochs = store.get_run(run_id), store.checkpoint_epochs(run_id)
    moment = datetime.fromtimestamp(max(run.created_at, 0), UTC).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:

        def write_entry(name: str, content: str | bytes, kind: int = zipfile.ZIP_DEFLATED) -> None:
            when = moment if moment[0] >= EARLIEST_ZIP_YEAR else (EARLIEST_ZIP_YEAR, 1, 1, 0, 0, 0)
            bundle.writestr(zipfile.ZipInfo(name, when), content, compress_type=kind)

        write_entry("run.json", json.dumps(_run_to_dict(run, data, epochs), indent=2, ensure_ascii=False))
        write_entry("steps.csv", _events_to_csv(StepDone, store.load_steps(run_id, at_most=ALL_STEPS)))
        write_entry("epochs.csv", _events_to_csv(EpochDone, store.load_epochs(run_id)))
        for epoch in epochs if every_epoch else epochs[-1:]:
            weights = {name: np.ascontiguousarray(array) for name, array in store.load_weights(run_id, epoch).items()}
            write_entry(
                f"weights/epoch-{epoch:04d}.safetensors", save(weights), zipfile.ZIP_STORED
            )  # weights do not compress
        write_entry("network.py", export_code(run, data, epochs[-1] if epochs else 0))
        write_entry("README.txt", _readme_text(run))
    return buffer.getvalue()


def export_code(run: Run, data: Dataset | None, epoch: int) -> str:
    """Return a program that builds the network, loads its weights after `epoch` and classifies pictures."""
    made = run.spec.to_code(run.config.seed).split('\n\n\nif __name__ == "__main__":')[0]
    imports = "\nimport sys\nfrom collections import OrderedDict\nfrom pathlib import Path\n\nimport torch\n"
    imports += "from PIL import Image\nfrom safetensors.torch import load_file\n"
    channels, height, width = run.spec.input_shape
    mean, deviation = _statistics_lists(run, data)
    missing = "" if data else "\n# The images were not at hand when this was made: put the right numbers in."
    return made.replace("\nfrom collections import OrderedDict\n\nimport torch\n", imports, 1) + _LOADING_SOURCE.format(
        mean=mean,
        deviation=deviation,
        missing=missing,
        classes=tuple(data.class_names) if data else tuple(map(str, range(run.spec.classes))),
        weights=f"epoch-{epoch:04d}.safetensors",
        shape=", ".join(map(str, run.spec.input_shape)),
        mode="L" if channels == 1 else "RGB",
        channels=channels,
        height=height,
        width=width,
    )


def _statistics_lists(run: Run, data: Dataset | None) -> tuple[list[float], list[float]]:
    if data is None:
        return [0.0] * run.spec.input_shape[0], [1.0] * run.spec.input_shape[0]
    mean, deviation = channel_statistics(data)
    return mean.tolist(), deviation.tolist()


def _run_to_dict(run: Run, data: Dataset | None, checkpoints: Sequence[int]) -> dict[str, Any]:
    mean, deviation = _statistics_lists(run, data)
    told = asdict(run)
    kept = ("id", "name", "note", "status", "message", "device", "batch", "parent")
    results = ("initial_loss", "test_loss", "test_accuracy", "seconds", "confusion")
    return {
        **{name: told[name] for name in kept},
        "created": datetime.fromtimestamp(run.created_at, UTC).isoformat(timespec="seconds"),
        "config": run.config.to_dict(),
        "network": json.loads(run.spec.to_json()),
        "parameters": run.spec.total_parameters,
        "classes": data.class_names if data else None,
        "normalisation": {"mean": mean, "deviation": deviation} if data else None,
        "results": {name: told[name] for name in results},
        "checkpoints": list(checkpoints),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def _events_to_csv(kind: type[Any], rows: Iterable[Any]) -> str:
    """Return the events as CSV with a column for each field."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, [field.name for field in fields(kind)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return buffer.getvalue()


def _readme_text(run: Run) -> str:
    title = run.name or f"{run.spec.name} on {run.config.dataset}"
    shape = f"(N, {', '.join(map(str, run.spec.input_shape))})"
    text = _README.format(title=title, line="=" * len(title), shape=shape)
    return f"{text}\nNote\n----\n{run.note}\n" if run.note else text


def write_tensorboard(store: RunStore, run_id: str, folder: Path) -> None:
    """Write the run into `folder` as an event file for TensorBoard.

    Under "step/…" the horizontal axis counts batches, under "epoch/…" epochs; test figures stand at the last epoch.
    Raises ValueError when there is no such run.
    """
    from tensorboardX import SummaryWriter

    run, epochs = store.get_run(run_id), store.load_epochs(run_id)
    with SummaryWriter(str(folder)) as writer:

        def add_figure(tag: str, value: float | None, step: int, seconds: float) -> None:
            if value is not None:
                writer.add_scalar(tag, value, step, walltime=run.created_at + seconds)

        settings = "\n".join(f"| {name} | {value} |" for name, value in run.config.to_dict().items())
        writer.add_text("run", f"| setting | value |\n|---|---|\n| network | {run.spec.name} |\n{settings}")
        for step in store.load_steps(run_id, at_most=ALL_STEPS):
            for name in ("loss", "accuracy", "learning_rate"):
                add_figure(f"step/{name}", getattr(step, name), step.step, step.seconds)
        for epoch in epochs:
            for name in ("train_loss", "val_loss", "train_accuracy", "val_accuracy"):
                add_figure(f"epoch/{name}", getattr(epoch, name), epoch.epoch, epoch.seconds)
        for name in ("test_loss", "test_accuracy"):
            add_figure(f"epoch/{name}", getattr(run, name), len(epochs), run.seconds or 0.0)


def export_tensorboard(store: RunStore, run_ids: Sequence[str]) -> bytes:
    """Return a ZIP with a folder of TensorBoard files for each run; `tensorboard --logdir` compares them."""
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="cnn-lab-tensorboard-") as folder, zipfile.ZipFile(buffer, "w") as bundle:
        for number, run_id in enumerate(run_ids, 1):
            run = store.get_run(run_id)
            target = Path(folder) / f"{number}-{file_name(run.name or run.spec.name)}"
            write_tensorboard(store, run_id, target)
            for file in target.iterdir():
                bundle.write(file, f"{target.name}/{file.name}", zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def file_name(text: str) -> str:
    """Return the text as a file name for every system: letters, digits and hyphens, at most 40 characters.

    >>> file_name("Tiny CNN, 3×3: first try!")
    'Tiny-CNN-3-3-first-try'
    """
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40] or "run"

"""Export networks: stand-alone PyTorch source, a notebook, tables, and ONNX."""

import csv
import io
import json
import zlib
from math import prod
from pathlib import Path
from typing import Any

from cnn_core.networks.blocks import Branches, Residual, block_parts, part_names
from cnn_core.networks.draft import Draft, ResolvedLine, examine_draft
from cnn_core.networks.layers import Layer, Shape
from cnn_core.networks.memory import FLOAT_BYTES, check_free_memory, parameter_mb
from cnn_core.networks.spec import NetworkSpec, name_layers
from cnn_core.networks.torch_lines import torch_line
from cnn_core.words import format_shape

_RESIDUAL_SOURCE = '''class Residual(nn.Module):
    """body(x) + shortcut(x); an empty shortcut is the identity."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


'''
_BRANCHES_SOURCE = '''class Branches(nn.Module):
    """Every branch on the same input, the channels of their outputs stacked."""

    def __init__(self, **branches):
        super().__init__()
        for name, branch in branches.items():
            self.add_module(name, branch)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], dim=1)


'''


def to_source(spec: NetworkSpec, seed: int = 0) -> str:
    """Return a Python file with a function `network()`; run, it prints the output's shape and number of parameters.

    After `torch.manual_seed(seed)` it makes the same parameters, with the same names, as `spec.build(seed)`.
    """
    lines = _sequence_lines(spec.layers, spec.input_shape, 1)
    body = "\n".join(lines)
    shape = ", ".join(map(str, spec.input_shape))
    return (
        f'"""{_docstring_text(spec.name)}: made with CNN Lab."""\n\n'
        "from collections import OrderedDict\n\nimport torch\nfrom torch import nn\n\n\n"
        f"{_RESIDUAL_SOURCE if _contains_kind(spec.layers, Residual) else ''}"
        f"{_BRANCHES_SOURCE if _contains_kind(spec.layers, Branches) else ''}"
        f'def network() -> nn.Module:\n    """Takes (N, {shape}) and returns {spec.output_shape} for each image."""\n'
        f"    return {body.strip()}\n\n\n"
        f'if __name__ == "__main__":\n    torch.manual_seed({seed})\n    model = network().eval()\n'
        f"    x = torch.zeros(1, {shape})\n"
        "    print(tuple(model(x).shape), sum(p.numel() for p in model.parameters()))\n"
    )


def _docstring_text(text: str) -> str:
    """Return a name that is safe in a docstring: one line, no quotes, no backslashes."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split()) or "Network"


def _contains_kind(layers: tuple[Layer, ...], kind: type[Layer]) -> bool:
    return any(
        isinstance(layer, kind) or any(_contains_kind(part, kind) for part in block_parts(layer)) for layer in layers
    )


def _sequence_lines(layers: tuple[Layer, ...], shape: Shape, depth: int) -> list[str]:
    """Return the lines of an nn.Sequential, indented by `depth`."""
    if not layers:
        return ["    " * depth + "nn.Sequential()"]
    indent, inner = "    " * depth, "    " * (depth + 1)
    lines = [f"{indent}nn.Sequential(OrderedDict(["]
    for name, layer in name_layers(layers):
        if block_parts(layer):
            lines.append(f'{inner}("{name}", {type(layer).__name__}(')
            for part_name, part in zip(part_names(layer), block_parts(layer), strict=True):
                made = _sequence_lines(part, shape, depth + 2)
                made[0] = f"{'    ' * (depth + 2)}{part_name}={made[0].strip()}"
                lines += [*made[:-1], f"{made[-1]},"]
            lines.append(f"{inner})),")
        else:
            lines.append(f'{inner}("{name}", {torch_line(layer, shape)}),')
        shape = layer.output_shape(shape)
    return [*lines, f"{indent}]))"]


COLUMNS = (
    "layer",
    "kind",
    "output shape",
    "parameters",
    "MACs",
    "activations (bytes)",
    "receptive field",
    "jump",
    "centre",
)
"""Columns of the tables."""


def _table_rows(spec: NetworkSpec) -> list[tuple[str | int, ...]]:
    """Return the cells of COLUMNS for every layer; the centre is that of the first unit, in pixels counted from 1."""
    rows: list[tuple[str | int, ...]] = []
    lines = examine_draft(Draft(spec.name, spec.input_shape, spec.layers))
    for line in (line for line in lines if isinstance(line, ResolvedLine)):  # all of them, as a NetworkSpec fits
        row, out = line.row, line.row.output_shape
        centre = format_shape(middle + 1.0 for middle in line.centre)
        seen = (format_shape(row.receptive_field), format_shape(line.jump), centre)
        rows.append((row.name, row.kind, format_shape(out), row.parameters, row.macs, FLOAT_BYTES * prod(out), *seen))
    return rows


def to_markdown(spec: NetworkSpec) -> str:
    """Return the network's table as Markdown, with totals."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|---|---|--:|--:|--:|---|---|---|"]
    for cells in _table_rows(spec):
        written = (f"{cell:,}" if isinstance(cell, int) else cell for cell in cells)
        lines.append(f"| {' | '.join(written)} |")
    lines.append(f"| **total** | | | **{spec.total_parameters:,}** | **{spec.total_macs:,}** | | | | |")
    return "\n".join(lines) + "\n"


def to_csv(spec: NetworkSpec) -> str:
    """Return the network's table as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([COLUMNS, *_table_rows(spec)])
    return buffer.getvalue()


def to_notebook(spec: NetworkSpec, seed: int = 0) -> str:
    """Return a Jupyter notebook that builds the network, loads data of its input's shape, and trains it."""
    source = to_source(spec, seed).split('\n\n\nif __name__ == "__main__":')[0]
    cells = [
        _notebook_cell("markdown", f"# {spec.name}\n\nMade with CNN Lab. Run the cells from top to bottom."),
        _notebook_cell("code", source),
        _notebook_cell(
            "code",
            (_DIGITS_SOURCE if spec.input_shape == (1, 8, 8) else _cifar_source(spec))
            + _subset_source(spec)
            + "epochs = 5\n",
        ),
        _notebook_cell("code", _training_source(spec, seed)),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False
    )


def _notebook_cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"{kind}-{zlib.crc32(text.encode()):08x}", "metadata": {}}
    cell["source"] = text.splitlines(keepends=True)
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


_DIGITS_SOURCE = """# scikit-learn's handwritten digits, 8 × 8 pixels
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import TensorDataset

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16 - 0.5
labels = torch.tensor(digits.target)
parts = train_test_split(images, labels, test_size=0.2, random_state=0, stratify=labels)
train, test = TensorDataset(parts[0], parts[2]), TensorDataset(parts[1], parts[3])
"""
NOTEBOOK_CLASSES = 10
"""Classes of both data sets that the notebooks load."""


def _cifar_source(spec: NetworkSpec) -> str:
    channels, height, width = spec.input_shape
    grey = "    transforms.Grayscale(),\n" if channels == 1 else ""
    mean = ", ".join(["0.5"] * (1 if channels == 1 else 3))
    repeated = ""
    if channels not in (1, 3):
        repeated = (
            f"    lambda image: image[[channel % 3 for channel in range({channels})]],  # red, green, blue in turn\n"
        )
    return f"""# CIFAR-10, brought to the size the network takes (downloaded once, 163 MB)
from torchvision import datasets, transforms

prepare = transforms.Compose([
{grey}    transforms.Resize(({height}, {width})),
    transforms.ToTensor(),
    transforms.Normalize(({mean},), ({mean},)),
{repeated}])
train = datasets.CIFAR10("data", train=True, download=True, transform=prepare)
test = datasets.CIFAR10("data", train=False, download=True, transform=prepare)
"""


def _subset_source(spec: NetworkSpec) -> str:
    """Return lines that keep only as many classes as the network has outputs; "" when it has enough."""
    if spec.output_shape[0] >= NOTEBOOK_CLASSES:
        return ""
    targets = "part[:][1]" if spec.input_shape == (1, 8, 8) else "part.targets"
    return f"""
# the network has {spec.output_shape[0]} outputs: only the first classes are kept
from torch.utils.data import Subset

train, test = (
    Subset(part, [i for i, label in enumerate({targets}) if label < {spec.output_shape[0]}]) for part in (train, test)
)
"""


def _training_source(spec: NetworkSpec, seed: int) -> str:
    """Return the training loop; when the network ends in maps, their means are the logits."""
    text = _TRAINING_LOOP.replace("SEED", str(seed))
    if len(spec.output_shape) == 1:
        return text
    mean = (
        "model = nn.Sequential(network(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).to(device)  # one logit for each map"
    )
    return text.replace("model = network().to(device)", mean)


_TRAINING_LOOP = """from torch.utils.data import DataLoader

device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(SEED)
model = network().to(device)
optimizer = torch.optim.Adam(model.parameters())
criterion = nn.CrossEntropyLoss()  # takes logits: no softmax before it

for epoch in range(epochs):
    model.train()
    for x, y in DataLoader(train, batch_size=64, shuffle=True):
        loss = criterion(model(x.to(device)), y.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = sum((model(x.to(device)).argmax(1) == y.to(device)).sum().item() for x, y in DataLoader(test, 256))
    accuracy = right / len(test)
    print(f"epoch {epoch + 1}: loss {loss.item():.3f}, test accuracy {accuracy:.1%}")
"""


ONNX_COPIES = 4
"""Copies of the weights in memory while an ONNX file is made: module, graph, protobuf, bytes."""


def to_onnx(spec: NetworkSpec, path: Path, seed: int = 0) -> None:
    """Write the network, with the weights of `spec.build(seed)`, as an ONNX file to `path`.

    Its input "image" is (N, C, H, W), its output "logits". Needs torch and onnx.
    Raises ValueError with the estimate when there is not enough memory.
    """
    import torch

    check_free_memory("The ONNX file", ONNX_COPIES * parameter_mb(spec))
    model = spec.build(seed=seed).eval()
    # Two images, because an axis of length 1 is taken for a constant.
    image = torch.zeros(2, *spec.input_shape)
    torch.onnx.export(
        model,
        (image,),
        path,
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("N")},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )

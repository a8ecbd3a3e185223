"""A network as the table and the diagram that are drawn: every number and word comes from here."""

from dataclasses import fields
from math import prod
from typing import Any

from cnn_core.spec.blocks import Branches, Residual
from cnn_core.spec.draft import Draft, Line, Path
from cnn_core.spec.layers import AdaptiveAvgPool2d, AvgPool2d, Conv2d, Layer, Linear, MaxPool2d
from cnn_core.spec.predict import COLUMNS, FIELD, PARAMETERS, SHAPE, question, times
from pages.shared.designer.draft import as_words

MACS, MEMORY, JUMP = "MACs", "Activations", "Jump"
TITLES = (
    {"name": SHAPE, "title": SHAPE, "number": False},
    {"name": PARAMETERS, "title": PARAMETERS, "number": True},
    {"name": MACS, "title": MACS, "number": True},
    {"name": MEMORY, "title": "Activations", "number": True},
    {"name": FIELD, "title": FIELD, "number": False},
    {"name": JUMP, "title": JUMP, "number": False},
)
NOTHING = "Nothing"
PREDICTABLE = (NOTHING, *COLUMNS)
ROLES = {Conv2d: "conv", MaxPool2d: "pool", AvgPool2d: "pool", AdaptiveAvgPool2d: "pool", Linear: "linear"}


def table_data(draft: Draft, lines: list[Line], chosen: Path | None, predict: str) -> dict[str, Any]:
    """What network.js draws; the column `predict` is asked for instead of shown."""
    totals = {
        PARAMETERS: sum(line.row.parameters for line in lines if line.row),
        MACS: sum(line.row.macs for line in lines if line.row),
        MEMORY: sum(prod(line.row.output_shape) for line in lines if line.row),
    }
    return {
        "label": f"Layers of {draft.name}",
        "columns": list(TITLES),
        "chosen": as_words(chosen),
        "predict": predict,
        "lines": [_line(lines, index, totals, predict) for index in range(len(lines))],
        "boxes": boxes(draft, lines),
        "alt": f"Diagram of {draft.name}: a box for each layer, as tall as its maps and as wide as it is deep",
        "shown": draft.to_json(),
    }


def _line(lines: list[Line], index: int, totals: dict[str, int], predict: str) -> dict[str, Any]:
    line = lines[index]
    row = line.row
    cells: dict[str, str] = {}
    shares: dict[str, float] = {}
    if row:
        values = {PARAMETERS: row.parameters, MACS: row.macs, MEMORY: prod(row.output_shape)}
        cells = {SHAPE: times(row.output_shape), FIELD: times(row.receptive_field)}
        cells[JUMP] = f"{line.jump[0]}" if line.jump[0] == line.jump[1] else times(line.jump)
        cells |= {PARAMETERS: f"{row.parameters:,}", MACS: f"{row.macs:,}", MEMORY: memory(prod(row.output_shape))}
        shares = {name: value / totals[name] for name, value in values.items() if value and totals[name]}
    return {
        "path": as_words(line.path),
        "depth": line.depth,
        "title": line.name.rsplit(".", 2)[-1] if line.depth == 0 else ".".join(line.name.split(".")[-2:]),
        "settings": settings(line.layer),
        "cells": cells,
        "shares": shares,
        "problem": line.problem,
        "waits": row is None and not line.problem,
        "question": _question(lines, index, predict),
    }


def _question(lines: list[Line], index: int, predict: str) -> dict[str, Any] | None:
    """What is asked of a layer; nothing of blocks, of layers not reached, and while nothing is predicted."""
    line = lines[index]
    if predict not in COLUMNS or line.row is None or isinstance(line.layer, Residual | Branches):
        return None
    earlier = [other for other in lines[:index] if other.row and other.path[:-1] == line.path[:-1]]
    last = earlier[-1] if earlier else None
    before = last.row.receptive_field if last and last.row else (1, 1)
    return vars(question(line, predict, before, last.jump if last else (1, 1)))


def memory(values: int) -> str:
    """Bytes of float32 numbers, in the unit that suits."""
    size = 4 * values
    return f"{size / 2**20:.2f} MB" if size >= 2**20 else f"{size / 2**10:.1f} kB"


def settings(layer: Layer) -> str:
    """A layer's settings in few words: 32 filters 3×3, padding 1."""
    if isinstance(layer, Residual):
        return "body + shortcut" if layer.shortcut else "body + input"
    if isinstance(layer, Branches):
        empty = sum(not branch for branch in layer.branches)
        return f"{len(layer.branches)} branches, stacked" + (f"; {empty} of them the input itself" if empty else "")
    said = []
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.name == "filters":
            said.append(f"{value} filters")
        elif field.name == "units":
            said.append(f"{value} units")
        elif field.name == "kernel_size":
            said.append(times(value) if isinstance(value, tuple) else f"{value}×{value}")
        elif field.name == "output_size":
            said.append(f"to {times(value) if isinstance(value, tuple) else f'{value}×{value}'}")
        elif value != field.default and value is not None:
            name = field.name.replace("_", " ")
            said.append(f"no {name}" if value is False else name if value is True else f"{name} {_short(value)}")
    return ", ".join(said)


def _short(value: object) -> str:
    return times(value) if isinstance(value, tuple) else str(value)


def boxes(draft: Draft, lines: list[Line]) -> list[dict[str, Any]]:
    """The input and every layer outside of blocks that changes the shape, as boxes."""
    found = [_box("input", "input", draft.input_shape, "")]
    shape: tuple[int, ...] = draft.input_shape
    for line in lines:
        if line.depth or line.row is None:
            continue
        if line.row.output_shape != shape or type(line.layer) in ROLES or isinstance(line.layer, Residual | Branches):
            shape = line.row.output_shape
            role = ROLES.get(type(line.layer), "conv" if isinstance(line.layer, Residual | Branches) else "other")
            found.append(_box(line.name, role, shape, as_words(line.path)))
    return found


def _box(name: str, role: str, shape: tuple[int, ...], path: str) -> dict[str, Any]:
    # a flat vector is drawn tall and thin, as the row of numbers that it is
    height, depth = (max(shape[1:]), shape[0]) if len(shape) == 3 else (max(8, round(shape[0] ** 0.5)), 1)
    return {"name": name, "role": role, "shape": times(shape), "height": height, "depth": depth, "path": path}

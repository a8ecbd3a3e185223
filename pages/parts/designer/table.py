"""The data of the Designer's table and diagram: every number and word that they show."""

from dataclasses import fields
from math import prod

from cnn_core.networks.blocks import Branches, Residual
from cnn_core.networks.draft import Draft, LayerLine, LayerPath, ResolvedLine, UnresolvedLine
from cnn_core.networks.layers import AdaptiveAvgPool2d, AvgPool2d, Conv2d, Layer, Linear, MaxPool2d
from cnn_core.networks.memory import FLOAT_BYTES
from cnn_core.networks.quiz import COLUMNS, FIELD, PARAMETERS, SHAPE, make_question
from cnn_core.words import format_memory, format_shape
from pages.components.network_table.payload import (
    NetworkBox,
    NetworkColumn,
    NetworkLine,
    NetworkQuestion,
    NetworkTablePayload,
)
from pages.parts.designer.session import format_path

MACS = "MACs"
MEMORY = "Activations"
JUMP = "Jump"
CENTRE = "Centre"
TABLE_COLUMNS: tuple[NetworkColumn, ...] = (
    {"name": SHAPE, "number": False, "hint": "Channels × height × width of one image's output"},
    {"name": PARAMETERS, "number": True, "hint": "Learned weights and biases; the bar is the share of the total"},
    {"name": MACS, "number": True, "hint": "Multiply–accumulates for one image; the bar is the share of the total"},
    {
        "name": MEMORY,
        "number": True,
        "hint": "One image's output as float32; the bar is the share of the total",
    },
    {"name": FIELD, "number": False, "hint": "Pixels of the image that one unit sees, height × width"},
    {"name": JUMP, "number": False, "hint": "Pixels from what one unit sees to what its neighbour sees"},
    {"name": CENTRE, "number": False, "hint": "Middle of what the first unit sees, in pixels counted from 1"},
)
NOTHING = "Nothing"
PREDICTABLE = (NOTHING, *COLUMNS)
BOX_ROLES = {Conv2d: "conv", MaxPool2d: "pool", AvgPool2d: "pool", AdaptiveAvgPool2d: "pool", Linear: "linear"} | {
    Residual: "sum",
    Branches: "stack",
}


def table_data(draft: Draft, lines: list[LayerLine], chosen: LayerPath | None, predict: str) -> NetworkTablePayload:
    """Return the data of the component `network_table`; the column `predict` is asked for instead of shown."""
    rows = [line.row for line in lines if isinstance(line, ResolvedLine)]
    totals = {
        PARAMETERS: sum(row.parameters for row in rows),
        MACS: sum(row.macs for row in rows),
        MEMORY: sum(prod(row.output_shape) for row in rows),
    }
    boxes = diagram_boxes(draft, lines)
    if predict == SHAPE:
        boxes = [{**box, "shape": ""} for box in boxes]
    return {
        "label": f"Layers of {draft.name}",
        "columns": list(TABLE_COLUMNS),
        "chosen": format_path(chosen),
        "predict": predict,
        "lines": [_line_data(line, totals, predict) for line in lines],
        "boxes": boxes,
        "alt": f"Diagram of {draft.name}: a box for each layer, as tall as its maps and as wide as it is deep",
        "shown": draft.to_json(),
    }


def _line_data(line: LayerLine, totals: dict[str, int], predict: str) -> NetworkLine:
    cells: dict[str, str] = {}
    shares: dict[str, float] = {}
    if isinstance(line, ResolvedLine):
        row = line.row
        values = {PARAMETERS: row.parameters, MACS: row.macs, MEMORY: prod(row.output_shape)}
        cells = {SHAPE: format_shape(row.output_shape), FIELD: format_shape(row.receptive_field)}
        cells[JUMP] = _format_axes(*(str(jump) for jump in line.jump))
        cells[CENTRE] = _format_axes(*(f"{middle + 1:g}" for middle in line.centre))
        cells |= {
            PARAMETERS: f"{row.parameters:,}",
            MACS: f"{row.macs:,}",
            MEMORY: format_memory(FLOAT_BYTES * prod(row.output_shape)),
        }
        shares = {name: value / totals[name] for name, value in values.items() if value and totals[name]}
    if isinstance(line.layer, Residual | Branches):
        cells.pop(predict, None)  # what is asked of its last layer
    return {
        "path": format_path(line.path),
        "depth": line.depth,
        "title": line.name.rsplit(".", 2)[-1] if line.depth == 0 else ".".join(line.name.split(".")[-2:]),
        "kind": type(line.layer).__name__,
        "settings": describe_settings(line.layer),
        "cells": cells,
        "shares": shares,
        "problem": line.problem,
        "waits": isinstance(line, UnresolvedLine) and not line.problem,
        "question": _question_data(line, predict),
    }


def _question_data(line: LayerLine, predict: str) -> NetworkQuestion | None:
    """Return the question about a layer; None for blocks, unresolved layers, and when nothing is predicted."""
    if predict not in COLUMNS or isinstance(line, UnresolvedLine) or isinstance(line.layer, Residual | Branches):
        return None
    question = make_question(line, predict)
    return {"answer": question.answer, "slips": question.slips, "hint": question.hint}


def _format_axes(down: str, across: str) -> str:
    """Return one text for both axes: a single number where they are equal."""
    return down if down == across else f"{down}×{across}"


def describe_settings(layer: Layer) -> str:
    """Return a layer's settings in a few words, such as "32 filters, 3×3, padding 1"."""
    if isinstance(layer, Residual):
        return "body + shortcut" if layer.shortcut else "body + input"
    if isinstance(layer, Branches):
        empty = sum(not branch for branch in layer.branches)
        return f"{len(layer.branches)} branches, stacked" + (f"; {empty} of them the input itself" if empty else "")
    parts = []
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.name == "filters":
            parts.append(f"{value} filters")
        elif field.name == "units":
            parts.append(f"{value} units")
        elif field.name == "kernel_size":
            parts.append(format_shape(value) if isinstance(value, tuple) else f"{value}×{value}")
        elif field.name == "output_size":
            parts.append(f"to {format_shape(value) if isinstance(value, tuple) else f'{value}×{value}'}")
        elif value != field.default and value is not None:
            name = field.name.replace("_", " ")
            parts.append(
                f"no {name}" if value is False else name if value is True else f"{name} {_format_value(value)}"
            )
    return ", ".join(parts)


def _format_value(value: object) -> str:
    return format_shape(value) if isinstance(value, tuple) else str(value)


def diagram_boxes(draft: Draft, lines: list[LayerLine]) -> list[NetworkBox]:
    """Return a box for the input and for every layer outside blocks that changes the shape or is drawn in any case."""
    result = [_diagram_box("input", "input", draft.input_shape, "")]
    shape: tuple[int, ...] = draft.input_shape
    for line in lines:
        if line.depth or isinstance(line, UnresolvedLine):
            continue
        if line.row.output_shape != shape or type(line.layer) in BOX_ROLES:
            shape = line.row.output_shape
            result.append(
                _diagram_box(line.name, BOX_ROLES.get(type(line.layer), "other"), shape, format_path(line.path))
            )
    return result


def _diagram_box(name: str, role: str, shape: tuple[int, ...], path: str) -> NetworkBox:
    # A flat vector is drawn as a thin column whose height grows with the square root of its length.
    height, depth = (max(shape[1:]), shape[0]) if len(shape) == 3 else (max(8, round(shape[0] ** 0.5)), 1)
    return {"name": name, "role": role, "shape": format_shape(shape), "height": height, "depth": depth, "path": path}

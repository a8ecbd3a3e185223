"""Write tests/components/fixtures/*.json: what Python computes, to which the tests hold the JavaScript that does too.

Run it with `python -m tests.components.write_fixtures` after a change in the maths; a test holds the files to it.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from cnn_core.geometry import AxisWindows, Bins
from cnn_core.insight.graph import Graph, network_graph, receptive_boxes
from cnn_core.kernels.filtering import FilterSettings, apply_to_padded, pad_image
from cnn_core.matrices.text import clean_word, format_matrix, parse_matrix, split_matrix
from cnn_core.networks import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Branches,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    NetworkSpec,
    ReLU,
    Residual,
)
from cnn_core.networks.layers import Layer
from cnn_core.trace import convolution_trace, play_data
from cnn_core.trace.as_code import loop_code
from cnn_core.trace.decimals import exact_decimal, format_decimal, is_rounded
from cnn_core.trace.likely_mistakes import convolution_slips
from pages.components.player.payload import PlayerPayload
from pages.components.window_map import _axis_data
from pages.parts.inspect.glance_data import graph_data

FOLDER = Path(__file__).parent / "fixtures"
TYPED = (
    "0 7 -3 −0.5 +2 2,5 1/9 -1/3 01/03 1/0 0/4 .5 5. . -. 1e3 1E-2 1.5e2 1e 1.5/2 1e3/2 1/-2 1/2/3 1_000 "
    "٣ ² x 0x10 inf nan 1e6 1000001 -1e7 1e999 --1 1,2,3"
)


def receptive_field() -> list[dict[str, Any]]:
    """Networks as the browser gets them, and what some of their values see in every node."""
    plain: tuple[Layer, ...] = (
        Conv2d(4, 3, stride=2, padding=1),
        ReLU(),
        MaxPool2d(2),
        Conv2d(8, 3, dilation=2, padding=2, groups=2),
        AvgPool2d(2),
        Flatten(),
        Linear(5),
    )
    joined: tuple[Layer, ...] = (
        Conv2d(6, 3),
        Residual((Conv2d(6, 3, padding=1), ReLU())),
        Branches(((Conv2d(2, 1),), (MaxPool2d(3, stride=1, padding=1), Conv2d(3, 5, padding=2)), ())),
        MaxPool2d(3, stride=2, ceil_mode=True),
        AdaptiveAvgPool2d(2),
        Flatten(),
        Linear(3),
    )
    specs = [NetworkSpec("plain", (2, 17, 14), plain), NetworkSpec("joined", (3, 13, 16), joined)]
    return [_network_case(spec.name, network_graph(spec)) for spec in specs]


def _network_case(title: str, graph: Graph) -> dict[str, Any]:
    places = {name: place for place, name in enumerate(graph)}
    values = []
    for name, node in graph.items():
        rows, columns = node.map_size
        pixels = {(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 3)}
        for index in sorted({0, node.map_count // 2, node.map_count - 1}):
            for row, column in sorted(pixels):
                boxes = receptive_boxes(graph, name, index, row, column)
                seen = {places[source]: list(box) for source, box in boxes.items()}
                values.append({"place": places[name], "map": index, "row": row, "column": column, "seen": seen})
    return {"title": title, "graph": graph_data(graph), "values": values}


def window_map() -> list[dict[str, Any]]:
    """Axes as the browser gets them, the cells that each window reads, and how many windows read each cell."""
    shape = (1, 11, 8)
    layers: list[Conv2d | MaxPool2d | AvgPool2d] = [
        Conv2d(1, 3),
        Conv2d(1, 3, stride=2, padding=1),
        Conv2d(1, 3, stride=3, dilation=2, padding=2),
        Conv2d(1, 4, padding="same"),
        MaxPool2d(3, stride=2, ceil_mode=True),
        MaxPool2d(1),
    ]
    axes: list[AxisWindows] = [windows for layer in layers for windows in layer.windows(shape)]
    axes += [Bins(11, 4), Bins(8, 8), Bins(7, 1)]
    return [{"axis": _axis_data(axis), "cells": _cells_of(axis)} for axis in axes]


def _cells_of(axis: AxisWindows) -> list[list[int]]:
    if isinstance(axis, Bins):
        return [list(cells) for cells in axis.all_cells]
    return [[i * axis.stride + tap * axis.dilation for tap in range(axis.kernel)] for i in range(axis.out)]


def lens_sum() -> dict[str, Any]:
    """Pictures, kernels and results; and numbers with the text that they are shown as."""
    rng = np.random.default_rng(0)
    grey, colour = rng.integers(0, 256, (9, 8), np.uint8), rng.integers(0, 256, (7, 9, 3), np.uint8)
    cases = [
        _filter_case(grey, np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]), FilterSettings()),
        _filter_case(grey, np.full((3, 3), 1 / 9), FilterSettings(stride=2, dilation=2, bias=-20.0, relu=True)),
        _filter_case(grey, np.array([[0.25, -1.5]]), FilterSettings(flip=True, padding_mode="reflect")),
        _filter_case(colour, np.array([[-1.0, 0.5], [0.125, 0]]), FilterSettings(padding_mode="valid", bias=0.5)),
        _filter_case(grey, np.zeros((1, 2)), FilterSettings(bias=3.0)),
    ]
    numbers = [0, -0.5, 1 / 3, -2 / 3, 0.03125, 0.09375, -0.03125, 0.00005, 0.00015, 12.5, 1e-12, 63750.000001, 255 / 9]
    rounded = [[value, is_rounded(exact_decimal(value)), format_decimal(exact_decimal(value))] for value in numbers]
    return {"cases": cases, "rounded": rounded}


def _filter_case(picture: np.ndarray, weights: np.ndarray, layer: FilterSettings) -> dict[str, Any]:
    padded = pad_image(picture, weights, layer)
    oriented = layer.orient_kernel(weights)
    text = format_matrix(oriented)
    channels = padded[..., np.newaxis] if padded.ndim == 2 else padded
    return {
        "pixels": np.dstack([channels] * (3 // channels.shape[2])).tolist(),
        "channels": channels.shape[2],
        "weights": oriented.tolist(),
        "words": split_matrix(text),
        "stride": layer.stride,
        "dilation": layer.dilation,
        "bias": layer.bias,
        "relu": layer.relu,
        "result": np.atleast_3d(apply_to_padded(padded, weights, layer)).tolist(),
    }


def cells() -> dict[str, Any]:
    """What is typed into a cell with the number that Python reads, null for none; and blocks with their words."""
    words = [*TYPED.split(" "), "", "1 2", "1 /9"]
    blocks = ["1 2; 3 4", "1\t2\n3\t4\r\n", "[[1, 2], [3, 4]]", "(1 2)\n(3 4)", "1,2\n\n;3 x;", "", " 7 "]
    return {
        "numbers": [[word, _read_cell(word)] for word in words],
        "blocks": [[block, split_matrix(block)] for block in blocks],
    }


def _read_cell(word: str) -> float | None:
    try:
        return float(parse_matrix(clean_word(word))[0, 0])
    except ValueError:
        return None


def player() -> PlayerPayload:
    """A convolution of two channels with padding and two filters, as the player gets it."""
    rng = np.random.default_rng(1)
    x, w = rng.integers(-3, 4, (2, 4, 3)).astype(float), rng.integers(-2, 3, (2, 2, 2, 2)).astype(float)
    trace = convolution_trace(x, w, np.array([1.0, -1.0]), stride=2, padding=1)
    wrong = convolution_trace(x, w[..., ::-1, ::-1], np.array([1.0, -1.0]), stride=2, padding=1)
    return {
        **play_data(trace),
        "padding_text": "0",
        "tally": "multiplications",
        "loops": loop_code(trace, stride=2),
        "slips": convolution_slips(trace, wrong.grid["output"].values[None], flip=False),
        "editable": ["input", "kernel"],
        "seen": 0,
    }


FIXTURES = {
    "receptive_field": receptive_field,
    "window_map": window_map,
    "lens_sum": lens_sum,
    "cells": cells,
    "player": player,
}


def fixture_text(name: str) -> str:
    """Return the text of the file fixtures/`name`.json."""
    return json.dumps(FIXTURES[name](), ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    for name in FIXTURES:
        (FOLDER / f"{name}.json").write_text(fixture_text(name), encoding="utf-8")

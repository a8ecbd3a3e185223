"""A convolution as code that runs: nested loops to step through, and PyTorch."""

from collections.abc import Mapping
from typing import Any, TypedDict

from cnn_core.trace.model import Cell, Trace

TORCH_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
"""The `padding_mode` of torch.nn.Conv2d → the `mode` of torch.nn.functional.pad."""


class LitLines(TypedDict):
    """The lines that run last: as a sum starts, at each term, and when the sum is complete."""

    start: int
    term: int
    end: int


class LoopCode(TypedDict):
    """Loops to step through, as `loop_code` lays them out."""

    lines: list[str]
    lit: LitLines
    step: list[str]
    term: list[str]


def loop_code(trace: Trace, *, stride: int = 1, dilation: int = 1, groups: int = 1) -> LoopCode:
    """Write the nested loops of a convolution's `trace` as Python that can be stepped through line by line.

    `lines` fill y from the padded input xp (C, H, W), w (F, C/groups, kH, kW) and, where there is one, b (F,). `lit`
    holds the numbers of the lines that are lit when a sum starts, when a product is added and at the end of a step.
    `step` and `term` say what the variables hold in each step, and at each term of a step. Raises ValueError for a
    trace without weights.

    >>> import numpy as np
    >>> from cnn_core.trace import convolution_trace
    >>> loops = loop_code(convolution_trace(np.ones((1, 3, 3)), np.ones((1, 1, 2, 2))))
    >>> loops["lines"][0], loops["step"][1]
    ('for i in range(2):', 'i = 0  j = 1')
    """
    filters, rows, columns = trace.grid["output"].values.shape
    channels = len(trace.grid["kernel"].values) // filters
    kernel = trace.grid["kernel"].values.shape[1:]
    outer = [("f", filters), ("i", rows), ("j", columns)]
    inner = [("c", channels), ("u", kernel[0]), ("v", kernel[1])]
    # a loop over a single filter or channel would only be one more line to read
    loops = [loop for loop in outer if loop[1] > 1 or loop[0] != "f"]
    depth = len(loops)
    lines = [f"{'    ' * n}for {name} in range({count}):" for n, (name, count) in enumerate(loops)]
    f, bias = ("f" if filters > 1 else "0"), "bias" in trace.grid
    lines.append(f"{'    ' * depth}y[{f}, i, j] = {f'b[{f}]' if bias else '0'}")
    taps = [loop for loop in inner if loop[1] > 1 or loop[0] != "c"]
    lines += [f"{'    ' * (depth + n)}for {name} in range({count}):" for n, (name, count) in enumerate(taps)]
    c = "c" if channels > 1 else "0"
    seen = _channel_index(f, c, filters, channels, groups)
    row, column = _input_index("i", "u", stride, dilation), _input_index("j", "v", stride, dilation)
    product = f"xp[{seen}, {row}, {column}] * w[{f}, {c}, u, v]"
    lines.append(f"{'    ' * (depth + len(taps))}y[{f}, i, j] += {product}")
    return {
        "lines": lines,
        "lit": {"start": depth, "term": len(lines) - 1, "end": len(lines) - 1},
        "step": [_format_variables(loops, step.writes) for step in trace.steps],
        "term": [_format_variables(taps, _first_filter_cell(term.right, channels)) for term in trace.steps[0].terms],
    }


def _first_filter_cell(cell: Cell | None, channels: int) -> Cell:
    if cell is None:
        raise ValueError("The trace is not that of a convolution: its terms have no weights.")
    return cell._replace(plane=cell.plane % channels)


def _channel_index(f: str, c: str, filters: int, channels: int, groups: int) -> str:
    """Write the index of the channel of xp that a filter reads: with groups, counted from the first of its group."""
    if groups == 1:
        return c
    group = f if filters == groups else f"{f} // {filters // groups}"
    first = group if channels == 1 else f"{group} * {channels}" if filters == groups else f"({group}) * {channels}"
    return first if channels == 1 else f"{first} + {c}"


def _input_index(output: str, tap: str, stride: int, dilation: int) -> str:
    return f"{output if stride == 1 else f'{output}*{stride}'} + {tap if dilation == 1 else f'{tap}*{dilation}'}"


def _format_variables(loops: list[tuple[str, int]], cell: Cell) -> str:
    held = dict(zip("fij", cell[1:], strict=True)) | dict(zip("cuv", cell[1:], strict=True))
    return "  ".join(f"{name} = {held[name]}" for name, _ in loops)


def torch_code(
    settings: Mapping[str, Any], *, padding_mode: str = "zeros", flip: bool = False, bias: bool = False
) -> str:
    """Write PyTorch code for y from x (1, C, H, W) and w (F, C/groups, kH, kW), with b (F,) where there is a `bias`.

    `settings` are those of `cnn_core.ops.conv2d`; what F.conv2d cannot pad itself (unequal sides, other values than
    zeros) is padded first.

    >>> print(torch_code({"stride": 2, "padding": 1}))
    import torch.nn.functional as F
    <BLANKLINE>
    y = F.conv2d(x, w, stride=2, padding=1)
    """
    lines = ["import torch.nn.functional as F", ""]
    options = {name: value for name, value in settings.items() if value != {"groups": 1, "padding": 0}.get(name, 1)}
    padding = settings.get("padding", 0)
    if isinstance(padding, tuple) or (padding_mode != "zeros" and "padding" in options):
        options.pop("padding", None)
        (top, bottom), (left, right) = padding if isinstance(padding, tuple) else ((padding,) * 2,) * 2
        mode = f', mode="{TORCH_MODES[padding_mode]}"' if padding_mode != "zeros" else ""
        lines.append(f"x = F.pad(x, ({left}, {right}, {top}, {bottom}){mode})  # left, right, top, bottom")
    weight = "w.flip(-2, -1)" if flip else "w"
    arguments = ["x", weight, *(["b"] if bias else []), *(f"{name}={value!r}" for name, value in options.items())]
    return "\n".join([*lines, f"y = F.conv2d({', '.join(arguments)})"])

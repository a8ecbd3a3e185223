"""A layer's output size, parameters and MACs worked out on paper: LaTeX lines with the numbers substituted.

Every function returns the steps of one derivation, each line an equality that continues the line before.
"""

from dataclasses import dataclass
from itertools import groupby

from cnn_core.geometry import effective_kernel, sides, visits
from cnn_core.networks.layers import AvgPool2d, Conv2d, MaxPool2d, Shape
from cnn_core.ops.adaptive import adaptive_bins
from cnn_core.ops.arguments import Sweep
from cnn_core.shapes.calculator import (
    AVERAGE_POOLING,
    AXIS_NAMES,
    CONVOLUTION,
    LINEAR,
    MAX_POOLING,
    TRANSPOSED_CONVOLUTION,
    WINDOWED_KINDS,
    AxisSettings,
    LayerCase,
    axis_output,
    layer_report,
)

WindowLayer = Conv2d | MaxPool2d | AvgPool2d


@dataclass(frozen=True)
class AxisWindows:
    """A layer's windows along one axis: `size` input cells, `before` and `after` cells of padding, `out` windows."""

    size: int
    kernel: int
    stride: int
    padding_before: int
    padding_after: int
    dilation: int
    ceil_mode: bool
    out: int

    @property
    def span(self) -> int:
        """Cells from the first to the last tap of the kernel."""
        return effective_kernel(self.kernel, self.dilation)

    @property
    def room(self) -> int:
        """How far the window can move: padded size − span. The size formula divides this by the stride."""
        return self.size + self.padding_before + self.padding_after - self.span

    @property
    def reach(self) -> int:
        """Cells from the start of the padding to the end of the last window or of the padding, whichever is later."""
        return max(self.size + self.padding_before + self.padding_after, (self.out - 1) * self.stride + self.span)

    @property
    def read_counts(self) -> tuple[int, ...]:
        """How many windows read each cell of the padded axis."""
        padding = (self.padding_before, self.padding_after)
        return visits(self.size, self.kernel, self.out, stride=self.stride, padding=padding, dilation=self.dilation)

    @property
    def unvisited_runs(self) -> tuple[tuple[int, int], ...]:
        """Runs (first cell, number of cells) of the padded axis that no window reads."""
        return tuple((run[0], len(run)) for run in _unvisited_runs(self.read_counts))


@dataclass(frozen=True)
class AdaptiveWindows:
    """The windows of an adaptive pooling along one axis: `out` of them share `size` cells out."""

    size: int
    out: int

    @property
    def window_bounds(self) -> tuple[tuple[int, int], ...]:
        """The first cell of each window, and one past its last."""
        return tuple((cells.start, cells.stop) for cells in adaptive_bins(self.size, self.out))


def _unvisited_runs(counts: tuple[int, ...]) -> list[list[int]]:
    """Neighbouring cells with count 0, in groups."""
    groups = groupby(range(len(counts)), key=lambda cell: counts[cell] == 0)
    return [list(cells) for never, cells in groups if never]


def layer_windows(layer: WindowLayer, shape: Shape, axis: int) -> AxisWindows:
    """The windows of `layer` along the height (0) or width (1) of an input of `shape` (C, H, W).

    Raises ValueError with a sentence when the layer does not fit.
    """
    where = layer.axis(axis)
    before, after = sides(where["padding"])
    ceil_mode = not isinstance(layer, Conv2d) and layer.ceil_mode
    out = layer.output_shape(shape)[1 + axis]
    return AxisWindows(
        shape[1 + axis], where["kernel"], where["stride"], before, after, where["dilation"], ceil_mode, out
    )


def sweep_windows(sweep: Sweep, axis: int) -> AxisWindows:
    """The windows along the height (0) or width (1) of an operation of `cnn_core.ops` that rounds down."""
    before, after = sweep.padding[axis]
    size, kernel, stride, dilation = sweep.size[axis], sweep.kernel[axis], sweep.stride[axis], sweep.dilation[axis]
    return AxisWindows(size, kernel, stride, before, after, dilation, False, sweep.output[axis])


def align_steps(steps: list[str]) -> str:
    """The steps as one LaTeX block, aligned at their equals signs."""
    return r"\begin{aligned}" + r" \\[0.4em] ".join(map(_mark_alignment, steps)) + r"\end{aligned}"


def _mark_alignment(step: str) -> str:
    """A step with the mark at which it is aligned: its first equals sign, or where one would stand."""
    if "&" in step:
        return step
    if step.startswith("="):
        return "&" + step
    left, equals, right = step.partition(" = ")
    return f"{left} &= {right}" if equals and r"\ge" not in left else rf"&\phantom{{=}}\; {step}"


def latex_int(value: int) -> str:
    """A whole number in LaTeX, thousands separated."""
    return f"{value:,}".replace(",", "{,}")


def _mixed_fraction(room: int, stride: int) -> str:
    """room / stride as a mixed fraction, exact: 14½, 9⅔, 15."""
    if room < 0:  # only with ceil_mode, whose single window hangs over the edge
        return rf"-\tfrac{{{-room}}}{{{stride}}}"
    whole, rest = divmod(room, stride)
    fraction = rf"\tfrac{{{rest}}}{{{stride}}}" if rest else ""
    return fraction if fraction and whole == 0 else f"{whole}{fraction}"


def size_steps(axis: AxisWindows, symbol: str) -> list[str]:
    """The output size along one axis; `symbol` is its letter, "H" or "W". Source: see `geometry.conv_output_size`."""
    left, right = (r"\left\lceil", r"\right\rceil") if axis.ceil_mode else (r"\left\lfloor", r"\right\rfloor")
    kernel = "K" if axis.dilation == 1 else "K'"
    padding = (
        rf"2 \cdot {axis.padding_before}"
        if axis.padding_before == axis.padding_after
        else f"{axis.padding_before} + {axis.padding_after}"
    )
    steps = []
    if axis.dilation > 1:
        steps.append(rf"K' = D\,(K - 1) + 1 = {axis.dilation}\,({axis.kernel} - 1) + 1 = {axis.span}")
    fraction = rf"\frac{{{symbol} + 2P - {kernel}}}{{S}}"
    steps.append(rf"{symbol}_\text{{out}} = {left} {fraction} {right} + 1")
    numbers = rf"\frac{{{axis.size} + {padding} - {axis.span}}}{{{axis.stride}}}"
    steps.append(rf"= {left} {numbers} {right} + 1 = {left} \frac{{{axis.room}}}{{{axis.stride}}} {right} + 1")
    rounded = -(-axis.room // axis.stride) if axis.ceil_mode else axis.room // axis.stride
    whole = axis.room % axis.stride == 0
    before = "" if whole else rf"= {left} {_mixed_fraction(axis.room, axis.stride)} {right} + 1 "
    steps.append(rf"{before}= {rounded} + 1 = {rounded + 1}")
    if rounded + 1 > axis.out:
        start, bound = rounded * axis.stride, axis.size + axis.padding_before
        steps.append(
            rf"{start} \ge {axis.size} + {axis.padding_before} = {bound} \;\Rightarrow\; {rounded + 1} - 1 = {axis.out}"
        )
    return steps


def bin_steps(size: int, out: int, symbol: str) -> list[str]:
    """Which cells each window of an adaptive pooling reads along one axis, counted from 1.

    At most the first three and the last window are written out. Source: see `ops.adaptive.adaptive_bins`.
    """
    steps = [
        rf"\text{{window }} i &: \left\lfloor \tfrac{{(i-1)\,{symbol}}}{{{symbol}_\text{{out}}}} \right\rfloor + 1 "
        rf"\;\ldots\; \left\lceil \tfrac{{i\,{symbol}}}{{{symbol}_\text{{out}}}} \right\rceil"
    ]
    shown = range(1, out + 1) if out <= 4 else (1, 2, 3, out)
    for i in shown:
        first, last = (i - 1) * size // out + 1, -(-i * size // out)
        if i == out > 4:
            steps.append(r"&\;\;\vdots")
        steps.append(
            rf"i = {i} &: \left\lfloor \tfrac{{{i - 1} \cdot {size}}}{{{out}}} \right\rfloor + 1 \;\ldots\; "
            rf"\left\lceil \tfrac{{{i} \cdot {size}}}{{{out}}} \right\rceil = {first} \;\ldots\; {last}"
        )
    return steps


def describe_sharing(axis: AdaptiveWindows, noun: str) -> str:
    """How an adaptive pooling shares the cells of one axis out; `noun` is "row", "column" …"""
    lengths = sorted({last - first for first, last in axis.window_bounds})
    each = " or ".join(map(str, lengths))
    cells = f"{each} {noun}" if lengths == [1] else f"{each} {noun}s"
    if axis.size % axis.out == 0:
        return f"{axis.size}/{axis.out} is whole: each window reads {cells}, none of them twice."
    return f"{axis.size}/{axis.out} is not whole: windows of {cells}, and neighbours share what is on their border."


def describe_leftovers(axis: AxisWindows, noun: str) -> str:
    """What the rounding does along one axis, and which cells no window reads.

    `noun` is "row", "column", or "row and column" when both axes are alike.
    """
    return " ".join(part for part in (_describe_rounding(axis), _describe_unvisited(axis, noun)) if part)


def _describe_rounding(axis: AxisWindows) -> str:
    rest = axis.room % axis.stride
    if axis.stride == 1:
        return "Stride 1 always fits: the last window ends exactly at the edge."
    if not rest:
        return f"{axis.room}/{axis.stride} is whole: the last window ends exactly at the edge."
    text = f"{axis.room}/{axis.stride} is not whole: "
    if not axis.ceil_mode:
        return text + "the floor drops the window that would no longer fit."
    floored = axis.room // axis.stride + 1
    if axis.out > floored:
        over = axis.reach - len(axis.read_counts)
        return text + f"the ceiling keeps one more window, which reaches {_count_nouns(over, 'cell')} past the edge."
    return text + (
        f"the ceiling would add a window, but it would start at {floored * axis.stride}, "
        f"beyond input + left padding ({axis.size} + {axis.padding_before}), so it is dropped."
    )


def _describe_unvisited(axis: AxisWindows, noun: str) -> str:
    """The sentence on cells of the padded input that no window reads, the last ones first; empty when all are read."""
    runs, end = axis.unvisited_runs, len(axis.read_counts)
    last = runs[-1][1] if runs and sum(runs[-1]) == end else 0
    between = sum(length for _, length in runs) - last
    one = " and " not in noun
    parts = []
    if last:
        lost = max(0, last - axis.padding_after)
        what = "pixels are lost" if lost else "only padding, no pixel is lost"
        which = f"the last {noun}" if last == 1 else f"the last {_count_nouns(last, noun)}"
        verb = "is" if last == 1 and one else "are"
        parts.append(f"{which} of the padded input {verb} never visited ({what})")
    if between:
        parts.append(
            f"{_count_nouns(between, noun)} between the windows {'is' if between == 1 and one else 'are'} never visited"
        )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _count_nouns(count: int, noun: str) -> str:
    """1 row, 3 columns, 3 rows and 3 columns."""
    words = noun.split(" and ")
    return " and ".join(f"{count} {word}" if count == 1 else f"{count} {word}s" for word in words)


def case_windows(case: LayerCase, axis: int) -> AxisWindows:
    """The windows of a layer along one of its axes; a linear layer's single window covers everything.

    A transposed convolution is shown as the convolution it undoes: its windows lie on the output, an input each. Raises
    ValueError with a sentence when the layer does not fit, or has no windows of one size.
    """
    way = case.axes[axis]
    if case.kind == LINEAR:
        return AxisWindows(way.size, way.size, 1, 0, 0, 1, False, 1)
    if case.kind not in WINDOWED_KINDS:
        raise ValueError(f"{case.kind} has no windows of one size.")
    out = axis_output(case.kind, way, ceil_mode=case.ceil_mode)
    if case.kind == TRANSPOSED_CONVOLUTION:
        after = max(0, way.padding - way.output_padding)
        return AxisWindows(out, way.kernel, way.stride, way.padding, after, way.dilation, False, way.size)
    pooled = case.kind in (MAX_POOLING, AVERAGE_POOLING)
    dilation = 1 if case.kind == AVERAGE_POOLING else way.dilation
    ceil_mode = pooled and case.ceil_mode
    return AxisWindows(way.size, way.kernel, way.stride, way.padding, way.padding, dilation, ceil_mode, out)


def transposed_steps(axis: AxisSettings, symbol: str) -> list[str]:
    """The output size of a transposed convolution along one axis; source: `geometry.transposed_output_size`."""
    kernel = "K" if axis.dilation == 1 else "K'"
    span = effective_kernel(axis.kernel, axis.dilation)
    steps = []
    if axis.dilation > 1:
        steps.append(rf"K' = D\,(K - 1) + 1 = {axis.dilation}\,({axis.kernel} - 1) + 1 = {span}")
    extra, more = (" + P_o", f" + {axis.output_padding}") if axis.output_padding else ("", "")
    steps.append(rf"{symbol}_\text{{out}} = ({symbol} - 1)\,S - 2P + {kernel}{extra}")
    out = axis_output(TRANSPOSED_CONVOLUTION, axis)
    steps.append(rf"= ({axis.size} - 1) \cdot {axis.stride} - 2 \cdot {axis.padding} + {span}{more} = {out}")
    return steps


def parameter_steps(case: LayerCase) -> list[str]:
    """Weights and biases of a layer that learns; nothing for others."""
    found = layer_report(case)
    filters, channels = case.filters, case.channels
    match case.kind:
        case "Linear":
            letters, numbers = r"M \cdot N", rf"{filters} \cdot {latex_int(case.input_shape[0])}"
            steps = [f"{letters} + M" if case.bias else letters, _append_bias(numbers, filters, case.bias)]
        case "Batch norm":
            steps = ["2\\,C", rf"\underbrace{{{channels}}}_{{\gamma}} + \underbrace{{{channels}}}_{{\beta}}"]
            return [steps[0], f"= {steps[1]} = {latex_int(found.parameters)}"]
        case "Convolution" | "Transposed convolution":
            # the kernels of a transposed convolution lie the other way round: from each input channel to the filters
            up = case.kind == TRANSPOSED_CONVOLUTION
            outer, inner = (channels, filters) if up else (filters, channels)
            one, other = ("C", "F") if up else ("F", "C")
            inputs = (rf"\tfrac{{{other}}}{{G}}", rf"\tfrac{{{inner}}}{{{case.groups}}}")
            if case.groups == 1:
                inputs = (other, str(inner))
            kernel = [str(way.kernel) for way in case.axes]
            letters = rf"{one}\,({_join_product([inputs[0], *kernel_letters(case)])})"
            numbers = rf"{outer}\,({_join_product([inputs[1], *kernel])})"
            steps = [f"{letters} + F" if case.bias else letters, _append_bias(numbers, filters, case.bias)]
            fan_in = found.weights // outer
            steps.append(_append_bias(rf"{outer} \cdot {latex_int(fan_in)}", filters, case.bias))
        case _:
            return []
    weights = rf"\underbrace{{{latex_int(found.weights)}}}_\text{{weights}}"
    biases = rf" + \underbrace{{{latex_int(filters)}}}_\text{{biases}} = {latex_int(found.parameters)}"
    return [steps[0], *(f"= {step}" for step in steps[1:]), f"= {weights}{biases if case.bias else ''}"]


def kernel_letters(case: LayerCase) -> list[str]:
    """K_h, K_w …: the letters of the kernel's sides."""
    return ["K"] if len(case.axes) == 1 else [f"K_{name[0]}" for name in AXIS_NAMES[len(case.axes)]]


def size_letters(case: LayerCase) -> list[str]:
    """L; H, W; D, H, W: the letters of the input's sides."""
    return [name[0].upper() for name in AXIS_NAMES[len(case.axes)]]


def _join_product(factors: list[str]) -> str:
    return r" \cdot ".join(factors)


def _append_bias(weights: str, biases: int, bias: bool) -> str:
    return f"{weights} + {biases}" if bias else weights


def mac_steps(case: LayerCase) -> list[str]:
    """Multiply–accumulates for one example: every weight once per place; nothing where none are counted."""
    found = layer_report(case)
    total = latex_int(found.macs)
    if case.kind == LINEAR:
        return [r"M \cdot N", rf"= {case.filters} \cdot {latex_int(case.input_shape[0])} = {total}"]
    if case.kind not in (CONVOLUTION, TRANSPOSED_CONVOLUTION):
        return []
    up = case.kind == TRANSPOSED_CONVOLUTION
    places = [way.size for way in case.axes] if up else list(found.output_shape[1:])
    letters = size_letters(case) if up else [rf"{letter}_\text{{out}}" for letter in size_letters(case)]
    return [
        rf"{_join_product(letters)} \cdot \text{{weights}}",
        rf"= {_join_product(list(map(str, places)))} \cdot {latex_int(found.weights)} = {total}",
    ]

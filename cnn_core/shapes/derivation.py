"""A layer's output size, parameters and MACs worked out on paper: LaTeX lines with the numbers substituted.

Every function returns the steps of one derivation, each line an equality that continues the line before.
"""

from dataclasses import dataclass
from itertools import groupby

from cnn_core.geometry import effective_kernel, sides, visits
from cnn_core.networks.layers import AvgPool2d, Conv2d, MaxPool2d, Shape
from cnn_core.ops.adaptive import bins
from cnn_core.ops.arguments import Sweep
from cnn_core.shapes.calculator import (
    AVERAGE_POOLING,
    AXES,
    CONVOLUTION,
    LINEAR,
    MAX_POOLING,
    TRANSPOSED,
    WINDOWED,
    Case,
    Way,
    answer,
    axis_output,
)

WindowLayer = Conv2d | MaxPool2d | AvgPool2d


@dataclass(frozen=True)
class Axis:
    """A layer's windows along one axis: `size` input cells, `before` and `after` cells of padding, `out` windows."""

    size: int
    kernel: int
    stride: int
    before: int
    after: int
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
        return self.size + self.before + self.after - self.span

    @property
    def reach(self) -> int:
        """Cells from the start of the padding to the end of the last window or of the padding, whichever is later."""
        return max(self.size + self.before + self.after, (self.out - 1) * self.stride + self.span)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows read each cell of the padded axis."""
        padding = (self.before, self.after)
        return visits(self.size, self.kernel, self.out, stride=self.stride, padding=padding, dilation=self.dilation)

    @property
    def unvisited(self) -> tuple[tuple[int, int], ...]:
        """Runs (first cell, number of cells) of the padded axis that no window reads."""
        return tuple((run[0], len(run)) for run in _runs(self.counts))


@dataclass(frozen=True)
class Bins:
    """The windows of an adaptive pooling along one axis: `out` of them share `size` cells out."""

    size: int
    out: int

    @property
    def taps(self) -> tuple[tuple[int, int], ...]:
        """The first cell of each window, and one past its last."""
        return tuple((cells.start, cells.stop) for cells in bins(self.size, self.out))


def _runs(counts: tuple[int, ...]) -> list[list[int]]:
    """Neighbouring cells with count 0, in groups."""
    groups = groupby(range(len(counts)), key=lambda cell: counts[cell] == 0)
    return [list(cells) for never, cells in groups if never]


def axis_of(layer: WindowLayer, shape: Shape, axis: int) -> Axis:
    """The windows of `layer` along the height (0) or width (1) of an input of `shape` (C, H, W).

    Raises ValueError with a sentence when the layer does not fit.
    """
    where = layer.axis(axis)
    before, after = sides(where["padding"])
    ceil_mode = not isinstance(layer, Conv2d) and layer.ceil_mode
    out = layer.output_shape(shape)[1 + axis]
    return Axis(shape[1 + axis], where["kernel"], where["stride"], before, after, where["dilation"], ceil_mode, out)


def axis_of_sweep(sweep: Sweep, axis: int) -> Axis:
    """The windows along the height (0) or width (1) of an operation of `cnn_core.ops` that rounds down."""
    before, after = sweep.padding[axis]
    size, kernel, stride, dilation = sweep.size[axis], sweep.kernel[axis], sweep.stride[axis], sweep.dilation[axis]
    return Axis(size, kernel, stride, before, after, dilation, False, sweep.output[axis])


def aligned(steps: list[str]) -> str:
    """The steps as one LaTeX block, aligned at their equals signs."""
    return r"\begin{aligned}" + r" \\[0.4em] ".join(map(_anchored, steps)) + r"\end{aligned}"


def _anchored(step: str) -> str:
    """A step with the mark at which it is aligned: its first equals sign, or where one would stand."""
    if "&" in step:
        return step
    if step.startswith("="):
        return "&" + step
    left, equals, right = step.partition(" = ")
    return f"{left} &= {right}" if equals and r"\ge" not in left else rf"&\phantom{{=}}\; {step}"


def number(value: int) -> str:
    """A whole number in LaTeX, thousands separated."""
    return f"{value:,}".replace(",", "{,}")


def _quotient(room: int, stride: int) -> str:
    """room / stride as a mixed fraction, exact: 14½, 9⅔, 15."""
    if room < 0:  # only with ceil_mode, whose single window hangs over the edge
        return rf"-\tfrac{{{-room}}}{{{stride}}}"
    whole, rest = divmod(room, stride)
    fraction = rf"\tfrac{{{rest}}}{{{stride}}}" if rest else ""
    return fraction if fraction and whole == 0 else f"{whole}{fraction}"


def size_steps(axis: Axis, symbol: str) -> list[str]:
    """The output size along one axis; `symbol` is its letter, "H" or "W". Source: see `geometry.conv_output_size`."""
    left, right = (r"\left\lceil", r"\right\rceil") if axis.ceil_mode else (r"\left\lfloor", r"\right\rfloor")
    kernel = "K" if axis.dilation == 1 else "K'"
    padding = rf"2 \cdot {axis.before}" if axis.before == axis.after else f"{axis.before} + {axis.after}"
    steps = []
    if axis.dilation > 1:
        steps.append(rf"K' = D\,(K - 1) + 1 = {axis.dilation}\,({axis.kernel} - 1) + 1 = {axis.span}")
    fraction = rf"\frac{{{symbol} + 2P - {kernel}}}{{S}}"
    steps.append(rf"{symbol}_\text{{out}} = {left} {fraction} {right} + 1")
    numbers = rf"\frac{{{axis.size} + {padding} - {axis.span}}}{{{axis.stride}}}"
    steps.append(rf"= {left} {numbers} {right} + 1 = {left} \frac{{{axis.room}}}{{{axis.stride}}} {right} + 1")
    rounded = -(-axis.room // axis.stride) if axis.ceil_mode else axis.room // axis.stride
    whole = axis.room % axis.stride == 0
    before = "" if whole else rf"= {left} {_quotient(axis.room, axis.stride)} {right} + 1 "
    steps.append(rf"{before}= {rounded} + 1 = {rounded + 1}")
    if rounded + 1 > axis.out:
        start, bound = rounded * axis.stride, axis.size + axis.before
        steps.append(
            rf"{start} \ge {axis.size} + {axis.before} = {bound} \;\Rightarrow\; {rounded + 1} - 1 = {axis.out}"
        )
    return steps


def bin_steps(size: int, out: int, symbol: str) -> list[str]:
    """Which cells each window of an adaptive pooling reads along one axis, counted from 1.

    At most the first three and the last window are written out. Source: see `ops.adaptive.bins`.
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


def shared_out(axis: Bins, noun: str) -> str:
    """How an adaptive pooling shares the cells of one axis out; `noun` is "row", "column" …"""
    lengths = sorted({last - first for first, last in axis.taps})
    each = " or ".join(map(str, lengths))
    cells = f"{each} {noun}" if lengths == [1] else f"{each} {noun}s"
    if axis.size % axis.out == 0:
        return f"{axis.size}/{axis.out} is whole: each window reads {cells}, none of them twice."
    return f"{axis.size}/{axis.out} is not whole: windows of {cells}, and neighbours share what is on their border."


def leftovers(axis: Axis, noun: str) -> str:
    """What the rounding does along one axis, and which cells no window reads.

    `noun` is "row", "column", or "row and column" when both axes are alike.
    """
    return " ".join(part for part in (_rounding(axis), _never_visited(axis, noun)) if part)


def _rounding(axis: Axis) -> str:
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
        over = axis.reach - len(axis.counts)
        return text + f"the ceiling keeps one more window, which reaches {_count(over, 'cell')} past the edge."
    return text + (
        f"the ceiling would add a window, but it would start at {floored * axis.stride}, "
        f"beyond input + left padding ({axis.size} + {axis.before}), so it is dropped."
    )


def _never_visited(axis: Axis, noun: str) -> str:
    """The sentence on cells of the padded input that no window reads, the last ones first; empty when all are read."""
    runs, end = axis.unvisited, len(axis.counts)
    last = runs[-1][1] if runs and sum(runs[-1]) == end else 0
    between = sum(length for _, length in runs) - last
    one = " and " not in noun
    parts = []
    if last:
        lost = max(0, last - axis.after)
        what = "pixels are lost" if lost else "only padding, no pixel is lost"
        which = f"the last {noun}" if last == 1 else f"the last {_count(last, noun)}"
        verb = "is" if last == 1 and one else "are"
        parts.append(f"{which} of the padded input {verb} never visited ({what})")
    if between:
        parts.append(
            f"{_count(between, noun)} between the windows {'is' if between == 1 and one else 'are'} never visited"
        )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _count(count: int, noun: str) -> str:
    """1 row, 3 columns, 3 rows and 3 columns."""
    words = noun.split(" and ")
    return " and ".join(f"{count} {word}" if count == 1 else f"{count} {word}s" for word in words)


def axis_of_case(case: Case, axis: int) -> Axis:
    """The windows of a layer along one of its axes; a linear layer's single window covers everything.

    A transposed convolution is shown as the convolution it undoes: its windows lie on the output, an input each. Raises
    ValueError with a sentence when the layer does not fit, or has no windows of one size.
    """
    way = case.axes[axis]
    if case.kind == LINEAR:
        return Axis(way.size, way.size, 1, 0, 0, 1, False, 1)
    if case.kind not in WINDOWED:
        raise ValueError(f"{case.kind} has no windows of one size.")
    out = axis_output(case.kind, way, ceil_mode=case.ceil_mode)
    if case.kind == TRANSPOSED:
        after = max(0, way.padding - way.output_padding)
        return Axis(out, way.kernel, way.stride, way.padding, after, way.dilation, False, way.size)
    pooled = case.kind in (MAX_POOLING, AVERAGE_POOLING)
    dilation = 1 if case.kind == AVERAGE_POOLING else way.dilation
    ceil_mode = pooled and case.ceil_mode
    return Axis(way.size, way.kernel, way.stride, way.padding, way.padding, dilation, ceil_mode, out)


def transposed_steps(way: Way, symbol: str) -> list[str]:
    """The output size of a transposed convolution along one axis; source: `geometry.transposed_output_size`."""
    kernel = "K" if way.dilation == 1 else "K'"
    span = effective_kernel(way.kernel, way.dilation)
    steps = []
    if way.dilation > 1:
        steps.append(rf"K' = D\,(K - 1) + 1 = {way.dilation}\,({way.kernel} - 1) + 1 = {span}")
    extra, more = (" + P_o", f" + {way.output_padding}") if way.output_padding else ("", "")
    steps.append(rf"{symbol}_\text{{out}} = ({symbol} - 1)\,S - 2P + {kernel}{extra}")
    out = axis_output(TRANSPOSED, way)
    steps.append(rf"= ({way.size} - 1) \cdot {way.stride} - 2 \cdot {way.padding} + {span}{more} = {out}")
    return steps


def parameter_steps(case: Case) -> list[str]:
    """Weights and biases of a layer that learns; nothing for others."""
    found = answer(case)
    filters, channels = case.filters, case.channels
    match case.kind:
        case "Linear":
            letters, numbers = r"M \cdot N", rf"{filters} \cdot {number(case.input_shape[0])}"
            steps = [f"{letters} + M" if case.bias else letters, _plus(numbers, filters, case.bias)]
        case "Batch norm":
            steps = ["2\\,C", rf"\underbrace{{{channels}}}_{{\gamma}} + \underbrace{{{channels}}}_{{\beta}}"]
            return [steps[0], f"= {steps[1]} = {number(found.parameters)}"]
        case "Convolution" | "Transposed convolution":
            # the kernels of a transposed convolution lie the other way round: from each input channel to the filters
            up = case.kind == TRANSPOSED
            outer, inner = (channels, filters) if up else (filters, channels)
            one, other = ("C", "F") if up else ("F", "C")
            inputs = (rf"\tfrac{{{other}}}{{G}}", rf"\tfrac{{{inner}}}{{{case.groups}}}")
            if case.groups == 1:
                inputs = (other, str(inner))
            kernel = [str(way.kernel) for way in case.axes]
            letters = rf"{one}\,({_times([inputs[0], *kernel_letters(case)])})"
            numbers = rf"{outer}\,({_times([inputs[1], *kernel])})"
            steps = [f"{letters} + F" if case.bias else letters, _plus(numbers, filters, case.bias)]
            fan_in = found.weights // outer
            steps.append(_plus(rf"{outer} \cdot {number(fan_in)}", filters, case.bias))
        case _:
            return []
    weights = rf"\underbrace{{{number(found.weights)}}}_\text{{weights}}"
    biases = rf" + \underbrace{{{number(filters)}}}_\text{{biases}} = {number(found.parameters)}"
    return [steps[0], *(f"= {step}" for step in steps[1:]), f"= {weights}{biases if case.bias else ''}"]


def kernel_letters(case: Case) -> list[str]:
    """K_h, K_w …: the letters of the kernel's sides."""
    return ["K"] if len(case.axes) == 1 else [f"K_{name[0]}" for name in AXES[len(case.axes)]]


def size_letters(case: Case) -> list[str]:
    """L; H, W; D, H, W: the letters of the input's sides."""
    return [name[0].upper() for name in AXES[len(case.axes)]]


def _times(factors: list[str]) -> str:
    return r" \cdot ".join(factors)


def _plus(weights: str, biases: int, bias: bool) -> str:
    return f"{weights} + {biases}" if bias else weights


def mac_steps(case: Case) -> list[str]:
    """Multiply–accumulates for one example: every weight once per place; nothing where none are counted."""
    found = answer(case)
    total = number(found.macs)
    if case.kind == LINEAR:
        return [r"M \cdot N", rf"= {case.filters} \cdot {number(case.input_shape[0])} = {total}"]
    if case.kind not in (CONVOLUTION, TRANSPOSED):
        return []
    up = case.kind == TRANSPOSED
    places = [way.size for way in case.axes] if up else list(found.output_shape[1:])
    letters = size_letters(case) if up else [rf"{letter}_\text{{out}}" for letter in size_letters(case)]
    return [
        rf"{_times(letters)} \cdot \text{{weights}}",
        rf"= {_times(list(map(str, places)))} \cdot {number(found.weights)} = {total}",
    ]

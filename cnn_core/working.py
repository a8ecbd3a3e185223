"""A layer's output size, parameters and MACs worked out on paper: LaTeX lines with the numbers substituted.

Every function returns the steps of one derivation, each line an equality that continues the line before.
"""

from dataclasses import dataclass
from itertools import groupby

from cnn_core.geometry import effective_kernel, sides, visits
from cnn_core.ops.arguments import Sweep
from cnn_core.spec.layers import AvgPool2d, Conv2d, Linear, MaxPool2d, Shape, pair

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


def parameter_steps(layer: Conv2d | Linear, shape: Shape) -> list[str]:
    """Weights and biases of a layer with parameters; `shape` is its input, (C, H, W) or (n,)."""
    if isinstance(layer, Linear):
        outputs, fan_in, letters, numbers = (
            layer.units,
            shape[0],
            r"M \cdot N",
            rf"{layer.units} \cdot {number(shape[0])}",
        )
        steps = [f"{letters} + M" if layer.bias else letters, _plus(numbers, layer.units, layer.bias)]
    else:
        height, width = pair(layer.kernel_size)
        outputs, fan_in = layer.filters, shape[0] // layer.groups * height * width
        inputs = (r"\tfrac{C}{G}", rf"\tfrac{{{shape[0]}}}{{{layer.groups}}}") if layer.groups > 1 else ("C", shape[0])
        letters = rf"F\,({inputs[0]} \cdot K_h \cdot K_w)"
        numbers = rf"{layer.filters}\,({inputs[1]} \cdot {height} \cdot {width})"
        steps = [f"{letters} + F" if layer.bias else letters, _plus(numbers, layer.filters, layer.bias)]
        steps.append(_plus(rf"{layer.filters} \cdot {number(fan_in)}", layer.filters, layer.bias))
    weights = rf"\underbrace{{{number(outputs * fan_in)}}}_\text{{weights}}"
    biases = rf" + \underbrace{{{number(outputs)}}}_\text{{biases}} = {number(layer.parameters(shape))}"
    return [steps[0], *(f"= {step}" for step in steps[1:]), f"= {weights}{biases if layer.bias else ''}"]


def _plus(weights: str, biases: int, bias: bool) -> str:
    return f"{weights} + {biases}" if bias else weights


def mac_steps(layer: Conv2d | Linear, shape: Shape) -> list[str]:
    """Multiply–accumulates for one image: every weight of every filter once per output position."""
    total = number(layer.macs(shape))
    if isinstance(layer, Linear):
        return [r"M \cdot N", rf"= {layer.units} \cdot {number(shape[0])} = {total}"]
    filters, height, width = layer.output_shape(shape)
    kernel = pair(layer.kernel_size)
    fan_in = number(shape[0] // layer.groups * kernel[0] * kernel[1])
    inputs = r"\tfrac{C}{G}" if layer.groups > 1 else "C"
    return [
        rf"H_\text{{out}} \cdot W_\text{{out}} \cdot F\,({inputs} \cdot K_h \cdot K_w)",
        rf"= {height} \cdot {width} \cdot {filters} \cdot {fan_in} = {total}",
    ]

"""A layer's output size, parameters and MACs worked out on paper: LaTeX lines with the numbers substituted.

Every function returns the steps of one derivation, each line an equality that continues the line before.
"""

from cnn_core.geometry import Bins, Window, effective_kernel
from cnn_core.shapes.calculator import (
    AXIS_NAMES,
    CONVOLUTION,
    LINEAR,
    TRANSPOSED_CONVOLUTION,
    AxisSettings,
    LayerCase,
    axis_output,
    layer_report,
)
from cnn_core.words import capitalize_first


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


def size_steps(axis: Window, symbol: str) -> list[str]:
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
    before = "" if whole else rf"= {left} {_mixed_fraction(axis.room, axis.stride)} {right} + 1 "
    steps.append(rf"{before}= {rounded} + 1 = {rounded + 1}")
    if rounded + 1 > axis.out:
        start, bound = rounded * axis.stride, axis.size + axis.before
        steps.append(
            rf"{start} \ge {axis.size} + {axis.before} = {bound} \;\Rightarrow\; {rounded + 1} - 1 = {axis.out}"
        )
    return steps


def bin_steps(bins: Bins, symbol: str) -> list[str]:
    """Which cells each window of an adaptive pooling reads along one axis, counted from 1.

    At most the first three and the last window are written out. Source: see `geometry.Bins`.
    """
    steps = [
        rf"\text{{window }} i &: \left\lfloor \tfrac{{(i-1)\,{symbol}}}{{{symbol}_\text{{out}}}} \right\rfloor + 1 "
        rf"\;\ldots\; \left\lceil \tfrac{{i\,{symbol}}}{{{symbol}_\text{{out}}}} \right\rceil"
    ]
    size, out = bins.size, bins.out
    shown = range(1, out + 1) if out <= 4 else (1, 2, 3, out)
    for i in shown:
        cells = bins.cells(i - 1)
        if i == out > 4:
            steps.append(r"&\;\;\vdots")
        steps.append(
            rf"i = {i} &: \left\lfloor \tfrac{{{i - 1} \cdot {size}}}{{{out}}} \right\rfloor + 1 \;\ldots\; "
            rf"\left\lceil \tfrac{{{i} \cdot {size}}}{{{out}}} \right\rceil = {cells.start + 1} \;\ldots\; {cells.stop}"
        )
    return steps


def describe_sharing(axis: Bins, noun: str) -> str:
    """How an adaptive pooling shares the cells of one axis out; `noun` is "row", "column" …"""
    lengths = sorted({len(cells) for cells in axis.all_cells})
    each = " or ".join(map(str, lengths))
    cells = f"{each} {noun}" if lengths == [1] else f"{each} {noun}s"
    if axis.size % axis.out == 0:
        return f"{axis.size}/{axis.out} is whole: each window reads {cells}, none of them twice."
    return f"{axis.size}/{axis.out} is not whole: windows of {cells}, and neighbours share what is on their border."


def describe_leftovers(axis: Window, noun: str) -> str:
    """What the rounding does along one axis, and which cells no window reads.

    `noun` is "row", "column", or "row and column" when both axes are alike.
    """
    return " ".join(part for part in (_describe_rounding(axis), _describe_unvisited(axis, noun)) if part)


def _describe_rounding(axis: Window) -> str:
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
        over = axis.reach - axis.padded_size
        return text + f"the ceiling keeps one more window, which reaches {_count_nouns(over, 'cell')} past the edge."
    return text + (
        f"the ceiling would add a window, but it would start at {floored * axis.stride}, "
        f"beyond input + left padding ({axis.size} + {axis.before}), so it is dropped."
    )


def _describe_unvisited(axis: Window, noun: str) -> str:
    """The sentence on cells of the padded input that no window reads, the last ones first; empty when all are read."""
    runs, end = axis.unvisited_runs, axis.padded_size
    last = runs[-1][1] if runs and sum(runs[-1]) == end else 0
    between = sum(length for _, length in runs) - last
    one = " and " not in noun
    parts = []
    if last:
        lost = max(0, last - axis.after)
        what = "pixels are lost" if lost else "only padding, no pixel is lost"
        which = f"the last {noun}" if last == 1 else f"the last {_count_nouns(last, noun)}"
        verb = "is" if last == 1 and one else "are"
        parts.append(f"{which} of the padded input {verb} never visited ({what})")
    if between:
        parts.append(
            f"{_count_nouns(between, noun)} between the windows {'is' if between == 1 and one else 'are'} never visited"
        )
    return f"{capitalize_first('; '.join(parts))}." if parts else ""


def _count_nouns(count: int, noun: str) -> str:
    """1 row, 3 columns, 3 rows and 3 columns."""
    words = noun.split(" and ")
    return " and ".join(f"{count} {word}" if count == 1 else f"{count} {word}s" for word in words)


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

"""A layer's output size, parameters and MACs derived as on paper: LaTeX lines with the numbers substituted.

Every function whose name ends in `_steps` returns one derivation, each line an equality that continues the last.
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


def align_steps(steps: list[str]) -> str:
    """Join steps into one LaTeX block, aligned at their equals signs.

    >>> align_steps(["N = C", "= 3"])
    '\\\\begin{aligned}N &= C \\\\\\\\[0.4em] &= 3\\\\end{aligned}'
    """
    return r"\begin{aligned}" + r" \\[0.4em] ".join(map(_mark_alignment, steps)) + r"\end{aligned}"


def _mark_alignment(step: str) -> str:
    """Return a step with the mark at which it is aligned: at its first equals sign, or where one would stand."""
    if "&" in step:
        return step
    if step.startswith("="):
        return "&" + step
    left, equals, right = step.partition(" = ")
    return f"{left} &= {right}" if equals and r"\ge" not in left else rf"&\phantom{{=}}\; {step}"


def latex_int(value: int) -> str:
    """Write a whole number in LaTeX, thousands separated.

    >>> latex_int(2700)
    '2{,}700'
    """
    return f"{value:,}".replace(",", "{,}")


def _mixed_fraction(room: int, stride: int) -> str:
    """Write room / stride as an exact mixed fraction: 14½, 9⅔, 15."""
    if room < 0:  # only with ceil_mode, whose single window hangs over the edge
        return rf"-\tfrac{{{-room}}}{{{stride}}}"
    whole, rest = divmod(room, stride)
    fraction = rf"\tfrac{{{rest}}}{{{stride}}}" if rest else ""
    return fraction if fraction and whole == 0 else f"{whole}{fraction}"


def size_steps(axis: Window, symbol: str) -> list[str]:
    """Derive the output size along one axis; `symbol` is its letter, "H" or "W". Source: see `geometry.Window.out`.

    >>> size_steps(Window(size=32, kernel=5, stride=3), "H")[-1]
    '= 9 + 1 = 10'
    """
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
    """Derive which cells each window of an adaptive pooling reads along one axis, counted from 1.

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


def transposed_steps(axis: AxisSettings, symbol: str) -> list[str]:
    """Derive the output size of a transposed convolution along one axis; source: `geometry.transposed_output_size`.

    Raises ValueError with a sentence when the settings do not fit.
    """
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
    """Derive the number of weights and biases of a layer that learns; no steps for others."""
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
            # the kernels of a transposed convolution lead the other way: from each input channel to the filters
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
    """Return the letters of the kernel's sides: K, or K_h, K_w …"""
    return ["K"] if len(case.axes) == 1 else [f"K_{name[0]}" for name in AXIS_NAMES[len(case.axes)]]


def size_letters(case: LayerCase) -> list[str]:
    """Return the letters of the input's sides: L, or H, W, or D, H, W."""
    return [name[0].upper() for name in AXIS_NAMES[len(case.axes)]]


def _join_product(factors: list[str]) -> str:
    return r" \cdot ".join(factors)


def _append_bias(weights: str, biases: int, bias: bool) -> str:
    return f"{weights} + {biases}" if bias else weights


def mac_steps(case: LayerCase) -> list[str]:
    """Derive the multiply–accumulates for one example: every weight once per place; no steps where none are counted."""
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

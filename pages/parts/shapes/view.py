"""One layer worked out: the answers, the drawing, the steps, the code, and the questions asked backwards."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.shapes.calculator import (
    ADAPTIVE,
    AVERAGE_POOLING,
    AXES,
    BATCH_NORM,
    CONVOLUTION,
    FLATTEN,
    LINEAR,
    MOST,
    SETTINGS,
    TRANSPOSED,
    WINDOWED,
    Answer,
    Case,
    Way,
    axis_output,
    curve,
    solve,
    torch_source,
    uneven_padding,
)
from cnn_core.shapes.derivation import (
    Axis,
    Bins,
    aligned,
    axis_of_case,
    bin_steps,
    leftovers,
    mac_steps,
    number,
    parameter_steps,
    shared_out,
    size_letters,
    size_steps,
    transposed_steps,
)
from pages.components.window_map import windows
from pages.shared import charts
from pages.shared.controls import choice, note

FLAT = Axis(1, 1, 1, 0, 0, 1, False, 1)
"""The axis that a one-dimensional layer does not have."""
WHOLE = {
    FLATTEN: "Row by row, channel after channel: no number changes.",
    BATCH_NORM: "Channel by channel: less its mean, over its deviation, times γ, plus β. The shape stays as it is.",
}
"""What is said of layers that have no windows."""
MANY = 12
"""Answers written out before the rest is summed up."""


def totals(case: Case, found: Answer) -> None:
    """The answers in numbers."""
    out = " × ".join(f"{size:,}" for size in found.output_shape)
    with st.container(horizontal=True):
        st.metric("Output shape", out, border=True, help="Channels first, as PyTorch orders them.")
        st.metric("Parameters", f"{found.parameters:,}", border=True, help="Learned weights and biases.")
        st.metric("MACs", f"{found.macs:,}", border=True, help="Multiply–accumulates for one example.")
    memory = f"{found.bytes:,} bytes" if found.bytes < 10_000 else f"{found.bytes / 2**20:,.2f} MB"
    span = ""
    if case.kind in WINDOWED:
        spans = " × ".join(str(axis_of_case(case, axis).span) for axis in range(len(case.axes)))
        span = f" Effective kernel D(K − 1) + 1: **{spans}**."
    note(
        f"**{found.flops:,} FLOPs** (two for each MAC). The output holds {found.values:,} numbers: **{memory}** as "
        f"float32, for each example of the batch. Weights {found.weights:,}, biases {found.biases:,}.{span}"
    )


def picture(case: Case, found: Answer) -> None:
    """The window map of the last two axes, and what the windows leave over along each."""
    if case.kind in WHOLE:
        st.info(WHOLE[case.kind], icon=":material/straighten:")
        return
    axes = [axis_of(case, axis) for axis in range(len(case.axes))]
    rows, columns = (FLAT, axes[0]) if len(axes) == 1 else axes[-2:]
    up = case.kind == TRANSPOSED
    channels, depth = (found.output_shape[0], case.channels) if up else (case.channels, found.output_shape[0])
    alt = f"{'Output' if up else 'Input'} of {rows.size} × {columns.size} cells and the windows on it"
    windows(rows, columns, channels=channels, filters=depth, alt=alt, key="shapes_map", transposed=up)
    if len(axes) == 3:
        note("Drawn: height and width. The depth goes by the same rule.")
    st.info(left_over(case, axes), icon=":material/straighten:")


def axis_of(case: Case, axis: int) -> Axis | Bins:
    """The windows along one axis."""
    way = case.axes[axis]
    return Bins(way.size, way.bins) if case.kind == ADAPTIVE else axis_of_case(case, axis)


def left_over(case: Case, axes: Sequence[Axis | Bins]) -> str:
    """What the rounding does along each axis, and which cells are never visited."""
    if case.kind == LINEAR:
        return "Every unit reads the whole input: a convolution whose kernel covers everything."
    if case.kind == TRANSPOSED:
        return "Every input cell writes a whole window, times its value; where windows overlap, they add up."
    nouns = {"length": "cell", "depth": "slice", "height": "row", "width": "column"}
    names = AXES[len(axes)]
    if len(axes) == 2 and axes[0] == axes[1]:
        return sentence(axes[0], "row and column")
    return "\n\n".join(
        f"**{name.capitalize()}:** {sentence(axis, nouns[name])}" for name, axis in zip(names, axes, strict=True)
    )


def sentence(axis: Axis | Bins, noun: str) -> str:
    """What the rounding does along one axis."""
    return shared_out(axis, noun.replace(" and column", "")) if isinstance(axis, Bins) else leftovers(axis, noun)


def size_working(case: Case, found: Answer) -> None:
    """The output size, step by step; axes that differ side by side."""
    st.subheader("Output size", anchor=False)
    letters = size_letters(case)
    if case.kind in (LINEAR, FLATTEN):
        sides = [case.channels, *(way.size for way in case.axes)]
        product = r" \cdot ".join(map(str, sides))
        total = number(found.values if case.kind == FLATTEN else case.input_shape[0])
        symbols = r" \cdot ".join(["C", *letters])
        st.latex(rf"N = {symbols} = {product} = {total}")
        if case.kind == LINEAR:
            note("Flattened to N values, of which each of the M units makes one output.")
        return
    if case.kind not in (*WINDOWED, ADAPTIVE):
        st.latex(r"\text{out} = \text{in}")
        return
    steps = [steps_of(case, axis, letter) for axis, letter in enumerate(letters)]
    if len(set(case.axes)) == 1:
        st.latex(aligned(steps[0]))
        if len(letters) > 1:
            note("Along the other axes it gives the same.")
        return
    places = st.columns(2) if len(letters) == 2 else [st.container() for _ in letters]  # three do not fit side by side
    for place, lines in zip(places, steps, strict=True):
        place.latex(aligned(lines))


def steps_of(case: Case, axis: int, letter: str) -> list[str]:
    """The derivation along one axis."""
    way = case.axes[axis]
    if case.kind == ADAPTIVE:
        return bin_steps(way.size, way.bins, letter)
    if case.kind == TRANSPOSED:
        return transposed_steps(way, letter)
    return size_steps(axis_of_case(case, axis), letter)


def count_working(case: Case) -> None:
    """Parameters and MACs, step by step."""
    left, right = st.columns(2)
    left.subheader("Parameters", anchor=False)
    right.subheader("Multiply–accumulates", anchor=False)
    parameters, macs = parameter_steps(case), mac_steps(case)
    if parameters:
        left.latex(aligned(parameters))
    else:
        left.markdown("None: this layer compares, averages or rearranges; it learns nothing.")
    if macs:
        right.latex(aligned(macs))
    else:
        right.markdown("None are counted: by convention only convolutions and linear layers are.")


def code(case: Case, found: Answer) -> None:
    """The same in PyTorch."""
    st.subheader("In PyTorch", anchor=False)
    shapes = [(case.channels, *(way.size for way in case.axes)), found.output_shape]
    before, after = (", ".join(map(str, ("N", *sizes))) for sizes in shapes)
    lines = [torch_source(case), f"# ({before}) → ({after})"]
    if len(found.output_shape) > 1:
        last = ", ".join(map(str, ("N", *found.output_shape[1:], found.output_shape[0])))
        lines.append(f"# channels last (NumPy loops, TensorFlow): ({last})")
    st.code("\n".join(lines), language="python")


def backwards(case: Case) -> None:
    """Which settings give a size that is wished for: all the answers, and the size over each setting."""
    if case.kind not in WINDOWED:
        return
    st.subheader("Backwards: which settings give this size?", anchor=False)
    names = AXES[len(case.axes)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choice("Along", names, names[-1], "shapes_axis") if len(names) > 1 else names[0]
        way = case.axes[names.index(name)]
        now = axis_output(case.kind, way, ceil_mode=case.ceil_mode)
        wanted = int(
            st.number_input("Wished-for output size", 1, 1024, now, key="shapes_wanted", bind="query-params", width=180)
        )
    settings = tuple(name for name in SETTINGS if name != "dilation" or case.kind != AVERAGE_POOLING)
    curves = {setting: curve(case.kind, way, setting, ceil_mode=case.ceil_mode) for setting in settings}
    if case.kind == CONVOLUTION:
        answers = solve(way, wanted)
    else:
        answers = {name: [value for value, out in points if out == wanted] for name, points in curves.items()}
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(table(case, answers, way, wanted))
        note("Each line changes one setting and leaves the others as they are.")
    with right:
        shown = choice("Draw the size over", settings, "padding", "shapes_over")
        points = curves[shown]
        alt = f"Output size for every {shown}; {wanted} is wished for"
        chart = charts.setting_chart(points, shown, getattr(way, shown), wanted)
        st.altair_chart(chart, key="shapes_curve", alt=alt)


def table(case: Case, answers: dict[str, list[int]], way: Way, wanted: int) -> str:
    """The answers as a Markdown table."""
    lines = ["| setting | now | gives " + f"{wanted} |", "|---|---|---|"]
    for name, values in answers.items():
        listed = ", ".join(map(str, values[:MANY])) + (f" … {values[-1]}" if len(values) > MANY else "")
        if name == "stride" and wanted == 1 and values and case.kind == CONVOLUTION:
            listed += " or more"
        if not values:
            listed = "no value" if case.kind == CONVOLUTION else f"none up to {MOST[name]}"
        sides = uneven_padding(way, wanted) if name == "padding" and case.kind == CONVOLUTION else None
        uneven = f" alike on both sides; {sides[0]} before and {sides[1]} after would" if sides else ""
        lines.append(f"| {name} | {getattr(way, name)} | **{listed}**{uneven} |")
    return "\n".join(lines)

"""One layer worked out: the answers, the drawing, the steps, the code, and the questions asked backwards."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.geometry import AxisWindows, Bins, Window
from cnn_core.shapes.calculator import (
    ADAPTIVE_POOLING,
    AVERAGE_POOLING,
    AXIS_NAMES,
    BATCH_NORM,
    CONVOLUTION,
    FLATTEN,
    LINEAR,
    MAX_SETTINGS,
    SETTINGS,
    TRANSPOSED_CONVOLUTION,
    WINDOWED_KINDS,
    AxisSettings,
    LayerCase,
    LayerReport,
    TransposedWindow,
    axis_output,
    output_curve,
    solve_settings,
    torch_source,
    uneven_padding,
)
from cnn_core.shapes.derivation import (
    align_steps,
    bin_steps,
    latex_int,
    mac_steps,
    parameter_steps,
    size_letters,
    size_steps,
    transposed_steps,
)
from cnn_core.shapes.explain import describe_leftovers, describe_sharing
from cnn_core.words import format_memory, format_size
from pages.components.window_map import show_windows
from pages.shared import charts
from pages.shared.controls import choose_option, show_note

SINGLE_CELL_AXIS = Window(size=1, kernel=1)
"""The axis that a one-dimensional layer does not have."""
WINDOWLESS_REMARKS = {
    FLATTEN: "Row by row, channel after channel: no number changes.",
    BATCH_NORM: "Channel by channel: less its mean, over its deviation, times γ, plus β. The shape stays as it is.",
}
"""What is said of layers that have no windows."""
MAX_LISTED = 12
"""Answers written out before the rest is summed up."""


def show_totals(case: LayerCase, results: LayerReport) -> None:
    """Show the results in numbers."""
    out = format_size(results.output_shape)
    with st.container(horizontal=True):
        st.metric("Output shape", out, border=True, help="Channels first, as PyTorch orders them.")
        st.metric("Parameters", f"{results.parameters:,}", border=True, help="Learned weights and biases.")
        st.metric("MACs", f"{results.macs:,}", border=True, help="Multiply–accumulates for one example.")
    memory = f"{results.output_bytes:,} bytes" if results.output_bytes < 10_000 else format_memory(results.output_bytes)
    span = ""
    if case.kind in WINDOWED_KINDS:
        spans = format_size(window.span for window in case.windows if isinstance(window, Window))
        span = f" Effective kernel D(K − 1) + 1: **{spans}**."
    show_note(
        f"**{results.flops:,} FLOPs** (two for each MAC). The output holds {results.output_values:,} numbers: "
        f"**{memory}** as float32, for each example of the batch. Weights {results.weights:,}, biases "
        f"{results.biases:,}.{span}"
    )


def show_layer_drawing(case: LayerCase, results: LayerReport) -> None:
    """Show the window map of the last two axes, and the cells that no window covers."""
    if case.kind in WINDOWLESS_REMARKS:
        st.info(WINDOWLESS_REMARKS[case.kind], icon=":material/straighten:")
        return
    axes = case.windows
    rows, columns = (SINGLE_CELL_AXIS, axes[0]) if len(axes) == 1 else axes[-2:]
    up = case.kind == TRANSPOSED_CONVOLUTION
    channels, depth = (results.output_shape[0], case.channels) if up else (case.channels, results.output_shape[0])
    alt = f"{'Output' if up else 'Input'} of {rows.size} × {columns.size} cells and the windows on it"
    show_windows(rows, columns, channels=channels, filters=depth, alt=alt, key="shapes_map", transposed=up)
    if len(axes) == 3:
        show_note("Drawn: height and width. The depth goes by the same rule.")
    st.info(describe_rounding(case, axes), icon=":material/straighten:")


def describe_rounding(case: LayerCase, axes: Sequence[AxisWindows]) -> str:
    """Say how the size is rounded along each axis, and which cells are never visited."""
    if case.kind == LINEAR:
        return "Every unit reads the whole input: a convolution whose kernel covers everything."
    if case.kind == TRANSPOSED_CONVOLUTION:
        return "Every input cell writes a whole window, times its value; where windows overlap, they add up."
    nouns = {"length": "cell", "depth": "slice", "height": "row", "width": "column"}
    names = AXIS_NAMES[len(axes)]
    if len(axes) == 2 and axes[0] == axes[1]:
        return describe_axis_rounding(axes[0], "row and column")
    return "\n\n".join(
        f"**{name.capitalize()}:** {describe_axis_rounding(axis, nouns[name])}"
        for name, axis in zip(names, axes, strict=True)
    )


def describe_axis_rounding(axis: AxisWindows, noun: str) -> str:
    """Say how the size is rounded along one axis."""
    return (
        describe_sharing(axis, noun.replace(" and column", ""))
        if isinstance(axis, Bins)
        else describe_leftovers(axis, noun)
    )


def show_size_steps(case: LayerCase, results: LayerReport) -> None:
    """Derive the output size step by step; axes that differ stand side by side."""
    st.subheader("Output size", anchor=False)
    letters = size_letters(case)
    if case.kind in (LINEAR, FLATTEN):
        sides = [case.channels, *(way.size for way in case.axes)]
        product = r" \cdot ".join(map(str, sides))
        total = latex_int(results.output_values if case.kind == FLATTEN else case.input_shape[0])
        symbols = r" \cdot ".join(["C", *letters])
        st.latex(rf"N = {symbols} = {product} = {total}")
        if case.kind == LINEAR:
            show_note("Flattened to N values, of which each of the M units makes one output.")
        return
    if case.kind not in (*WINDOWED_KINDS, ADAPTIVE_POOLING):
        st.latex(r"\text{out} = \text{in}")
        return
    steps = [axis_steps(case, axis, letter) for axis, letter in enumerate(letters)]
    if len(set(case.axes)) == 1:
        st.latex(align_steps(steps[0]))
        if len(letters) > 1:
            show_note("Along the other axes it gives the same.")
        return
    places = st.columns(2) if len(letters) == 2 else [st.container() for _ in letters]  # three do not fit side by side
    for place, lines in zip(places, steps, strict=True):
        place.latex(align_steps(lines))


def axis_steps(case: LayerCase, axis: int, letter: str) -> list[str]:
    """Return the steps of the derivation along one axis."""
    windows = case.windows[axis]
    if isinstance(windows, Bins):
        return bin_steps(windows, letter)
    if isinstance(windows, TransposedWindow):
        return transposed_steps(case.axes[axis], letter)
    return size_steps(windows, letter)


def show_count_steps(case: LayerCase) -> None:
    """Derive parameters and MACs step by step."""
    left, right = st.columns(2)
    left.subheader("Parameters", anchor=False)
    right.subheader("Multiply–accumulates", anchor=False)
    parameters, macs = parameter_steps(case), mac_steps(case)
    if parameters:
        left.latex(align_steps(parameters))
    else:
        left.markdown("None: this layer compares, averages or rearranges; it learns nothing.")
    if macs:
        right.latex(align_steps(macs))
    else:
        right.markdown("None are counted: by convention only convolutions and linear layers are.")


def show_code(case: LayerCase, results: LayerReport) -> None:
    """Show the same layer in PyTorch."""
    st.subheader("In PyTorch", anchor=False)
    shapes = [(case.channels, *(way.size for way in case.axes)), results.output_shape]
    before, after = (", ".join(map(str, ("N", *sizes))) for sizes in shapes)
    lines = [torch_source(case), f"# ({before}) → ({after})"]
    if len(results.output_shape) > 1:
        last = ", ".join(map(str, ("N", *results.output_shape[1:], results.output_shape[0])))
        lines.append(f"# channels last (NumPy loops, TensorFlow): ({last})")
    st.code("\n".join(lines), language="python")


def show_settings_for_size(case: LayerCase) -> None:
    """Show which settings give a desired size, and the size as a function of each setting."""
    if case.kind not in WINDOWED_KINDS:
        return
    st.subheader("Backwards: which settings give this size?", anchor=False)
    names = AXIS_NAMES[len(case.axes)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choose_option("Along", names, names[-1], "shapes_axis") if len(names) > 1 else names[0]
        axis_settings = case.axes[names.index(name)]
        current_size = axis_output(case.kind, axis_settings, ceil_mode=case.ceil_mode)
        wanted = int(
            st.number_input(
                "Wished-for output size", 1, 1024, current_size, key="shapes_wanted", bind="query-params", width=180
            )
        )
    settings = tuple(name for name in SETTINGS if name != "dilation" or case.kind != AVERAGE_POOLING)
    curves = {
        setting: output_curve(case.kind, axis_settings, setting, ceil_mode=case.ceil_mode) for setting in settings
    }
    if case.kind == CONVOLUTION:
        answers = solve_settings(axis_settings, wanted)
    else:
        answers = {name: [value for value, out in points if out == wanted] for name, points in curves.items()}
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(answers_table(case, answers, axis_settings, wanted))
        show_note("Each line changes one setting and leaves the others as they are.")
    with right:
        shown = choose_option("Draw the size over", settings, "padding", "shapes_over")
        points = curves[shown]
        alt = f"Output size for every {shown}; {wanted} is wished for"
        chart = charts.setting_chart(points, shown, getattr(axis_settings, shown), wanted)
        st.altair_chart(chart, key="shapes_curve", alt=alt)


def answers_table(case: LayerCase, answers: dict[str, list[int]], axis_settings: AxisSettings, wanted: int) -> str:
    """Return the solutions as a Markdown table."""
    lines = ["| setting | now | gives " + f"{wanted} |", "|---|---|---|"]
    for name, values in answers.items():
        listed = ", ".join(map(str, values[:MAX_LISTED])) + (f" … {values[-1]}" if len(values) > MAX_LISTED else "")
        if name == "stride" and wanted == 1 and values and case.kind == CONVOLUTION:
            listed += " or more"
        if not values:
            listed = "no value" if case.kind == CONVOLUTION else f"none up to {MAX_SETTINGS[name]}"
        sides = uneven_padding(axis_settings, wanted) if name == "padding" and case.kind == CONVOLUTION else None
        uneven = f" alike on both sides; {sides[0]} before and {sides[1]} after would" if sides else ""
        lines.append(f"| {name} | {getattr(axis_settings, name)} | **{listed}**{uneven} |")
    return "\n".join(lines)

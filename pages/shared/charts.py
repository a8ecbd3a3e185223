"""Arrays → Altair charts. No Streamlit here: a notebook can show every chart, too."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.shared.palette import GREEN, GREY, RIGHT_COLOUR, VIOLET, WRONG_COLOUR

TRUE_CLASS_MARK = " ✓"
"""What the name of the true class ends with."""


def probability_rows(
    probabilities: NDArray[np.floating], class_names: Sequence[str], true_class: int | None
) -> pd.DataFrame:
    """Return the rows of `probability_chart`, one for each class that is shown."""
    shown = list(range(len(class_names)))
    if len(shown) > 12:
        top = np.argsort(-probabilities, kind="stable")[:10].tolist()
        shown = top if true_class is None or true_class in top else [*top, true_class]
    return pd.DataFrame(
        {
            "class": [class_names[k] + TRUE_CLASS_MARK if k == true_class else class_names[k] for k in shown],
            "probability": [float(probabilities[k]) for k in shown],
            "is": ["true class" if k == true_class else "another class" for k in shown],
            "label": [f"{probabilities[k]:.1%}" for k in shown],
        }
    )


def probability_chart(
    probabilities: NDArray[np.floating], class_names: Sequence[str], true_class: int | None, *, text_colour: str
) -> alt.LayerChart:
    """Draw predicted probabilities (K,) as bars, the true class marked; of many classes the ten most probable and it.

    `text_colour` is the colour of the numbers.
    """
    return _probability_bars(probability_rows(probabilities, class_names, true_class), text_colour)


def _probability_bars(rows: pd.DataFrame, text_colour: str) -> alt.LayerChart:
    percent = alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1])
    base = alt.Chart(rows).encode(
        y=alt.Y(
            "class:N",
            sort=rows["class"].tolist(),
            title=None,
            axis=alt.Axis(labelOverlap=False, labelFlush=False, ticks=False),
        ),
        x=alt.X("probability:Q", scale=alt.Scale(domain=[0, 1.1]), title="Probability", axis=percent),
        tooltip=["class:N", alt.Tooltip("probability:Q", format=".2%")],
    )
    colours = alt.Scale(domain=["true class", "another class"], range=[RIGHT_COLOUR, WRONG_COLOUR])
    legend = alt.Legend(title=None, orient="top") if "true class" in set(rows["is"]) else None
    bars = base.mark_bar(cornerRadiusEnd=3).encode(color=alt.Color("is:N", scale=colours, legend=legend))
    numbers = base.mark_text(align="left", dx=4, color=text_colour, aria=False).encode(text="label:N")
    return alt.LayerChart(layer=[bars, numbers]).properties(height=110 + 26 * len(rows))


def shift_chart(changes: Mapping[str, Sequence[float]], shift: int) -> alt.LayerChart:
    """Draw how much features change over the shift in pixels, a line for each stage; a rule marks `shift`."""
    stages = list(changes)
    rows = pd.DataFrame(
        [
            {"stage": stage, "shift": pixels, "change": value}
            for stage, values in changes.items()
            for pixels, value in enumerate(values)
        ]
    )
    lines = alt.Chart(rows).encode(
        x=alt.X("shift:Q", title="shift in pixels", axis=alt.Axis(tickMinStep=1, format="d", grid=False)),
        y=alt.Y("change:Q", title=None, axis=alt.Axis(format="%", tickCount=6)),
        color=alt.Color(
            "stage:N",
            sort=stages,
            scale=alt.Scale(domain=stages, range=[GREY, RIGHT_COLOUR, WRONG_COLOUR, VIOLET]),
            legend=alt.Legend(
                title="relative change of the features", orient="top", columns=2, columnPadding=8, titleLimit=300
            ),
        ),
        tooltip=["stage:N", alt.Tooltip("shift:Q", title="shift"), alt.Tooltip("change:Q", format=".1%")],
    )
    dashes = alt.StrokeDash(
        "stage:N", scale=alt.Scale(domain=stages, range=[[1, 0], [1, 0], [1, 0], [6, 4]]), legend=None
    )
    points = lines.mark_point(filled=True, size=80, opacity=1).encode(shape=alt.Shape("stage:N", sort=stages))
    rule = alt.Chart(pd.DataFrame({"shift": [shift]})).mark_rule(color=GREY, strokeDash=[3, 3]).encode(x="shift:Q")
    return alt.LayerChart(layer=[rule, lines.mark_line(strokeWidth=2.5).encode(strokeDash=dashes), points]).properties(
        height=400
    )


def ladder_chart(seconds: Mapping[tuple[str, str], float]) -> alt.Chart:
    """Draw how long each rung took for each job, {(job, rung): seconds}, as bars on a logarithmic scale."""
    rungs = list(dict.fromkeys(rung for _, rung in seconds))
    rows = [
        {"job": job, "rung": rung, "ms": value * 1e3, "says": f"{job}, {rung}: {value * 1e3:.3g} ms"}
        for (job, rung), value in seconds.items()
    ]
    # bars need a foot: a logarithm has no zero
    foot = float(10 ** np.floor(np.log10(min(seconds.values()) * 1e3) - 0.3))
    jobs = list(dict.fromkeys(job for job, _ in seconds))
    bars = alt.Chart(pd.DataFrame(rows)).mark_bar(cornerRadiusEnd=3, height={"band": 0.85})
    return bars.encode(
        x=alt.X(
            "ms:Q",
            title="milliseconds: each line is ten times the one before",
            scale=alt.Scale(type="log", domainMin=foot),
            axis=alt.Axis(values=[10.0**power for power in range(-6, 8)], format="~g", labelOverlap=True),
        ),
        x2=alt.datum(foot),
        y=alt.Y("job:N", title=None, sort=jobs, axis=alt.Axis(labelLimit=200)),
        yOffset=alt.YOffset("rung:N", sort=rungs),
        color=alt.Color(
            "rung:N",
            sort=rungs,
            scale=alt.Scale(domain=rungs, range=[GREY, WRONG_COLOUR, RIGHT_COLOUR, GREEN][: len(rungs)]),
            legend=alt.Legend(orient="top", title=None, symbolType="square", columns=2),
        ),
        tooltip=["job:N", "rung:N", alt.Tooltip("ms:Q", format=".3g")],
        description="says:N",
    ).properties(height=320)


def line_chart(columns: Mapping[str, Sequence[float]], x: Sequence[float], x_title: str, y_title: str) -> alt.Chart:
    """Draw lines over common x values, one for each entry of `columns`."""
    names = list(columns)
    rows = [
        {"x": at, "value": value, "line": name}
        for name, values in columns.items()
        for at, value in zip(x, values, strict=True)
    ]
    return (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(strokeWidth=2.5, interpolate="linear")
        .encode(
            x=alt.X("x:Q", title=x_title),
            y=alt.Y("value:Q", title=y_title),
            color=alt.Color(
                "line:N",
                sort=names,
                scale=alt.Scale(domain=names, range=[RIGHT_COLOUR, WRONG_COLOUR, GREY, GREEN][: len(names)]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=["line:N", alt.Tooltip("x:Q", title=x_title), alt.Tooltip("value:Q", title=y_title, format=".4g")],
        )
        .properties(height=280)
    )


def histogram_chart(values: Mapping[str, NDArray[np.generic]]) -> alt.LayerChart:
    """Draw histograms, as shares, over 64 bins that all series have in common; rules mark 0 and 255."""
    low, high = min(float(part.min()) for part in values.values()), max(float(part.max()) for part in values.values())
    edges = np.linspace(min(low, 0.0), max(high, 255.0), 65)
    rows = []
    for name, part in values.items():
        counts, _ = np.histogram(part, edges)
        rows += [
            {"from": start, "to": stop, "share": count / max(part.size, 1), "series": name}
            for start, stop, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
    bars = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(opacity=0.6, orient="vertical")
        .encode(
            x=alt.X("from:Q", title="value", axis=alt.Axis(grid=False)),
            x2="to:Q",
            y=alt.Y("share:Q", stack=None, title="share of pixels", axis=alt.Axis(format="%")),
            color=alt.Color(
                "series:N",
                sort=list(values),
                scale=alt.Scale(domain=list(values), range=[RIGHT_COLOUR, GREEN][-len(values) :]),
                legend=alt.Legend(orient="top", title=None),
            ),
            tooltip=[
                "series:N",
                alt.Tooltip("from:Q", format=".4g"),
                alt.Tooltip("to:Q", format=".4g"),
                alt.Tooltip("share:Q", format=".2%"),
            ],
        )
    )
    ends = alt.Chart(pd.DataFrame({"value": [0, 255]}))
    rules = ends.mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="value:Q")
    return alt.LayerChart(layer=[bars, rules]).properties(height=280)


def setting_chart(points: Sequence[tuple[int, int]], setting: str, current: int, wanted: int) -> alt.LayerChart:
    """Draw the output size over the values of a setting; those that give `wanted` stand out, a rule marks it."""
    rows = pd.DataFrame(
        [
            {
                "value": value,
                "size": size,
                "is": "gives it" if size == wanted else "another size",
                "now": value == current,
            }
            for value, size in points
        ]
    )
    base = alt.Chart(rows).encode(
        x=alt.X("value:Q", title=setting, axis=alt.Axis(tickMinStep=1, format="d", grid=False)),
        y=alt.Y("size:Q", title="output size", axis=alt.Axis(tickMinStep=1, format="d")),
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        color=alt.Color(
            "is:N",
            scale=alt.Scale(domain=["gives it", "another size"], range=[WRONG_COLOUR, RIGHT_COLOUR]),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=[alt.Tooltip("value:Q", title=setting), alt.Tooltip("size:Q", title="output size")],
    )
    ring = base.transform_filter("datum.now").mark_point(size=220, strokeWidth=2, color=GREY)
    rule = (
        alt.Chart(pd.DataFrame({"size": [wanted]})).mark_rule(color=WRONG_COLOUR, strokeDash=[4, 3]).encode(y="size:Q")
    )
    return alt.LayerChart(layer=[rule, base.mark_line(color=GREY, strokeWidth=1), dots, ring]).properties(height=260)


def probability_spec(classes: Sequence[str], *, text_colour: str) -> dict[str, Any]:
    """Return `probability_chart` as a constant Vega-Lite specification, for rows of these `classes`."""
    sides = ["true class" if name.endswith(TRUE_CLASS_MARK) else "another class" for name in classes]
    rows = pd.DataFrame({"class": classes, "probability": 0.0, "is": sides, "label": ""})
    return constant_spec(_probability_bars(rows, text_colour))


def constant_spec(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """Return a chart as a Vega-Lite specification without its data, to be sent again and again with other rows.

    Altair takes a twentieth of a second for a specification, under a lock of the whole process; a browser that is sent
    the same one with other rows draws only the rows anew, so that live curves do not flicker.
    Raises ValueError when the layers of the chart draw different data.
    """
    spec: dict[str, Any] = chart.to_dict()
    parts = [spec, *spec.get("layer", ())]
    sources = {part["data"]["name"] for part in parts if "data" in part}
    if len(sources) > 1:
        raise ValueError(
            f"The chart draws {len(sources)} tables: rows that are sent later can only take the place of one."
        )
    for part in parts:
        part.pop("data", None)
    # Altair's own configuration would overrule Streamlit's theme.
    return {name: value for name, value in spec.items() if name not in ("$schema", "config", "datasets")}


def class_bars(values: Sequence[float], class_names: Sequence[str], title: str) -> alt.Chart:
    """Draw one bar for each class; of many classes the twelve with the largest values, largest first."""
    shown = list(range(len(class_names)))
    if len(shown) > 12:
        shown = sorted(shown, key=lambda k: -values[k])[:12]
    rows = pd.DataFrame({"class": [class_names[k] for k in shown], "value": [float(values[k]) for k in shown]})
    return (
        alt.Chart(rows)
        .mark_bar(cornerRadiusEnd=3, color=RIGHT_COLOUR)
        .encode(
            y=alt.Y("class:N", sort=rows["class"].tolist(), title=None, axis=alt.Axis(labelOverlap=False, ticks=False)),
            x=alt.X("value:Q", title=title),
            tooltip=["class:N", alt.Tooltip("value:Q", title=title, format=".4g")],
        )
        .properties(height=60 + 24 * len(rows))
    )

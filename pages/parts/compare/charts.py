"""Several runs as charts: their curves over each other, and the spread over seeds. No Streamlit here."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import pandas as pd

from cnn_core.runs.comparison import Spread, smooth_curve
from cnn_core.training.events import EpochDone, StepDone
from pages.shared.charts import constant_spec
from pages.shared.curves import EACH_STEP, TRAINING, VALIDATION, curve_points
from pages.shared.palette import RUN_COLOURS

RUN_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
MAX_POINTS = 2000
"""Points that a chart draws at most: with more, a browser falls behind while runs are training."""
Axis = Literal["epochs", "steps", "seconds"]
AXES: tuple[Axis, ...] = ("epochs", "steps", "seconds")
UNSMOOTHED = "before smoothing"
_FIELD_OF_AXIS = {"epochs": "epoch", "steps": "step", "seconds": "seconds"}


@lru_cache(maxsize=32)
def curve_spec(metric: str, title: str, axis: Axis, names: tuple[str, ...], *, log: bool = False) -> dict[str, Any]:
    """Return the chart of `metric` ("loss" or "accuracy") over `axis` for the runs called `names`.

    A constant Vega-Lite specification: only the rows of `comparison_rows` change while runs are training.
    """
    scale = alt.Scale(type="log") if log else alt.Scale(domain=[0, 1]) if metric == "accuracy" else alt.Scale(zero=True)
    legend = alt.Legend(orient="top", columns=1, labelLimit=290, symbolStrokeWidth=3, symbolOpacity=1)
    runs = list(names)
    base = alt.Chart().encode(
        x=alt.X("x:Q", title=axis, axis=alt.Axis(grid=False, tickMinStep=1)),
        y=alt.Y(f"{metric}:Q", title=title, scale=scale, axis=alt.Axis(format="~g")),
        color=alt.Color(
            "run:N", title=None, scale=alt.Scale(domain=runs, range=list(RUN_COLOURS[: len(runs)])), legend=legend
        ),
        tooltip=[
            "run:N",
            "series:N",
            alt.Tooltip("x:Q", title=axis, format=".4~g"),
            alt.Tooltip(f"{metric}:Q", format=".4f"),
        ],
    )
    shape = alt.Shape(
        "run:N", title=None, scale=alt.Scale(domain=runs, range=list(RUN_SHAPES[: len(runs)])), legend=legend
    )
    positive = f" && datum['{metric}'] > 0" if log else ""

    def select_rows(test: str) -> alt.Chart:
        return base.transform_filter(f"{test} && isValid(datum['{metric}']){positive}")

    layers = [
        select_rows(f"datum.series == '{UNSMOOTHED}'").mark_line(strokeWidth=1, opacity=0.3).encode(detail="of:N"),
        select_rows(f"datum.series == '{TRAINING}'").mark_line(strokeWidth=1.5, strokeDash=[5, 3]),
        select_rows(f"datum.series == '{VALIDATION}'").mark_line(strokeWidth=2.5),
        select_rows("datum.last").mark_point(filled=True, size=90, opacity=1).encode(shape=shape),
    ]
    height = 340 + 20 * len(runs)  # below a line of the legend for each
    return constant_spec(alt.LayerChart(layer=layers).properties(height=height))


def comparison_rows(
    runs: Mapping[str, tuple[int, Sequence[EpochDone], Sequence[StepDone]]], axis: Axis, weight: float
) -> pd.DataFrame:
    """Return the rows for `curve_spec`: columns run, series, of, x, loss, accuracy, last.

    `runs` gives for each name its steps an epoch, its epochs, and its steps where the training curve is to show every
    step (else none: then it shows the means of the epochs). All are smoothed with `weight`: where that is not 0, the
    series UNSMOOTHED `of` TRAINING and of VALIDATION stand beside them. At most MAX_POINTS rows.
    """
    max_points = MAX_POINTS // max(1, len(runs) * (4 if weight else 2))
    rows: list[tuple[str, str, str, float, float, float, bool]] = []
    for name, (per_epoch, epochs, steps) in runs.items():
        points = curve_points(epochs, steps, per_epoch)
        for kind, series in ((TRAINING, EACH_STEP if steps else TRAINING), (VALIDATION, VALIDATION)):
            curve = [point for point in points if point.series == series]
            weights = {UNSMOOTHED: 0.0, kind: weight} if weight else {kind: weight}
            for label, smoothing in weights.items():
                losses = smooth_curve([point.loss for point in curve], smoothing)
                accuracies = smooth_curve([point.accuracy for point in curve], smoothing)
                for k in _thinned_indices(len(curve), max_points):
                    x = getattr(curve[k], _FIELD_OF_AXIS[axis])
                    rows.append(
                        (name, label, kind, x, losses[k], accuracies[k], label == VALIDATION and k == len(curve) - 1)
                    )
    return pd.DataFrame(rows, columns=["run", "series", "of", "x", "loss", "accuracy", "last"])


def _thinned_indices(count: int, limit: int) -> list[int]:
    """Return at most `limit` of the indices 0 … count − 1, evenly spaced, with the last one."""
    every = max(1, -(-count // max(1, limit)))
    return [k for k in range(count) if (count - 1 - k) % every == 0]


def spread_chart(spreads: Sequence[Spread], factor: str, figure: str, *, percent: bool) -> alt.LayerChart:
    """Return a chart with a point for each seed over the values of the factor, their mean and standard deviation."""
    order = [one.label for one in spreads]
    axis = alt.Axis(format="%" if percent else "~g")
    points = pd.DataFrame([{"value": one.label, "figure": value} for one in spreads for value in one.values])
    means = pd.DataFrame(
        [
            {
                "value": one.label,
                "mean": one.mean,
                "low": one.mean - (one.deviation or 0),
                "high": one.mean + (one.deviation or 0),
            }
            for one in spreads
        ]
    )
    x = alt.X("value:N", sort=order, title=factor, axis=alt.Axis(labelAngle=0 if len(order) < 4 else -35))
    scale = alt.Scale(zero=False, padding=12, nice=True)
    base = alt.Chart(means).encode(x=x)
    low, high = alt.Y("low:Q", title=figure, scale=scale, axis=axis), alt.Y2("high:Q")
    band = base.mark_bar(size=46, opacity=0.25, color=RUN_COLOURS[0]).encode(y=low, y2=high)
    number_format = ".2%" if percent else ".4f"
    tips = [alt.Tooltip("value:N", title=factor), alt.Tooltip("mean:Q", format=number_format)]
    mean = base.mark_tick(size=46, thickness=3, color=RUN_COLOURS[0]).encode(y="mean:Q", tooltip=tips)
    seeds = (
        alt.Chart(points)
        .mark_point(filled=True, size=80, opacity=0.9, color=RUN_COLOURS[1])
        .encode(
            x=x,
            y=alt.Y("figure:Q", scale=scale),
            tooltip=[alt.Tooltip("value:N", title=factor), alt.Tooltip("figure:Q", title=figure, format=number_format)],
        )
    )
    return alt.LayerChart(layer=[band, mean, seeds]).properties(height=320)

"""Several runs as charts: constant Vega-Lite specs and their rows, and the spread over seeds. No Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import pandas as pd

from cnn_core.runs.comparison import Spread, smooth_curve
from cnn_core.training.events import EpochDone, StepDone
from pages.shared.palette import RUN_COLOURS

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
MAX_POINTS = 2000
Axis = Literal["epochs", "steps", "seconds"]
AXES: tuple[Axis, ...] = ("epochs", "steps", "seconds")
TRAINING, VALIDATION, UNSMOOTHED = "training", "validation", "before smoothing"


def curve_spec(metric: str, title: str, axis: Axis, names: Sequence[str], *, log: bool = False) -> dict[str, Any]:
    """The chart of `metric` ("loss" or "accuracy") over `axis`: only its rows change while runs go on."""
    scale = {"type": "log"} if log else {"domain": [0, 1]} if metric == "accuracy" else {"zero": True}
    x = {"field": "x", "type": "quantitative", "title": axis, "axis": {"grid": False, "tickMinStep": 1}}
    y = {"field": metric, "type": "quantitative", "title": title, "scale": scale, "axis": {"format": "~g"}}
    legend = {"orient": "top", "columns": 1, "labelLimit": 290, "symbolStrokeWidth": 3, "symbolOpacity": 1}
    run = {"field": "run", "type": "nominal", "title": None}
    colour = {**run, "scale": {"domain": [*names], "range": [*RUN_COLOURS[: len(names)]]}, "legend": legend}
    shape = {**run, "scale": {"domain": [*names], "range": [*SHAPES[: len(names)]]}, "legend": legend}
    tooltip = [
        {"field": "run", "type": "nominal"},
        {"field": "series", "type": "nominal"},
        {"field": "x", "type": "quantitative", "title": axis, "format": ".4~g"},
        {"field": metric, "type": "quantitative", "format": ".4f"},
    ]
    positive = f" && datum['{metric}'] > 0" if log else ""

    def series_layer(test: str, mark: dict[str, Any], **more: Any) -> dict[str, Any]:
        selection = {"filter": f"{test} && isValid(datum['{metric}']){positive}"}
        encoding = {"x": x, "y": y, "color": colour, "tooltip": tooltip, **more}
        return {"transform": [selection], "mark": mark, "encoding": encoding}

    return {
        "layer": [
            series_layer(
                f"datum.series == '{UNSMOOTHED}'",
                {"type": "line", "strokeWidth": 1, "opacity": 0.3},
                detail={"field": "of"},
            ),
            series_layer(f"datum.series == '{TRAINING}'", {"type": "line", "strokeWidth": 1.5, "strokeDash": [5, 3]}),
            series_layer(f"datum.series == '{VALIDATION}'", {"type": "line", "strokeWidth": 2.5}),
            series_layer("datum.last", {"type": "point", "filled": True, "size": 90, "opacity": 1}, shape=shape),
        ],
        "height": 340 + 20 * len(names),  # below a line of the legend for each
    }


def curve_rows(
    runs: Mapping[str, tuple[int, Sequence[EpochDone], Sequence[StepDone]]], axis: Axis, weight: float
) -> pd.DataFrame:
    """Rows for `curve_spec`: columns run, series, of, x, loss, accuracy, last.

    `runs` gives for each name its steps an epoch, its epochs, and its steps where the training curve is to show every
    step (else none: then it shows the means of the epochs). All are smoothed with `weight`. At most 2,000 rows.
    """
    max_points = MAX_POINTS // max(1, len(runs) * (4 if weight else 2))
    rows: list[tuple[str, str, str, float, float | None, float | None, bool]] = []
    for name, (per_epoch, epochs, steps) in runs.items():
        series: dict[str, list[tuple[float, ...]]] = {
            TRAINING: [(e.epoch * per_epoch, e.epoch, e.seconds, e.train_loss, e.train_accuracy) for e in epochs],
            VALIDATION: [(e.epoch * per_epoch, e.epoch, e.seconds, e.val_loss, e.val_accuracy) for e in epochs],
        }
        if steps:
            series[TRAINING] = [(s.step, s.step / max(1, per_epoch), s.seconds, s.loss, s.accuracy) for s in steps]
        for kind, points in series.items():
            xs = [point[("steps", "epochs", "seconds").index(axis)] for point in points]
            smoothing_weights = {UNSMOOTHED: 0.0, kind: weight} if weight else {kind: weight}
            for label, how in smoothing_weights.items():
                losses, accuracies = (smooth_curve([point[i] for point in points], how) for i in (3, 4))
                for k in _thinned_indices(len(points), max_points):
                    last = label == VALIDATION and k == len(points) - 1
                    rows.append((name, label, kind, xs[k], losses[k], accuracies[k], last))
    return pd.DataFrame(rows, columns=["run", "series", "of", "x", "loss", "accuracy", "last"])


def _thinned_indices(count: int, limit: int) -> list[int]:
    """At most `limit` of the places 0 … count − 1, evenly spaced, the last one among them."""
    every = max(1, -(-count // max(1, limit)))
    return [k for k in range(count) if (count - 1 - k) % every == 0]


def spread_chart(spreads: Sequence[Spread], factor: str, figure: str, *, percent: bool) -> alt.LayerChart:
    """A point a seed over the values of the factor, with the mean and a standard deviation to each side."""
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

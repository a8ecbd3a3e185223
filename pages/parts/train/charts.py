"""The curves of a run: charts as constant Vega-Lite specifications, and the rows they draw. No Streamlit here."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import altair as alt
import pandas as pd

from cnn_core.runs.coach_evidence import chance_loss
from cnn_core.training.events import EpochDone, StepDone
from pages.shared.charts import constant_spec
from pages.shared.curves import EACH_STEP, TRAINING, VALIDATION, CurvePoint, curve_points
from pages.shared.palette import GREY, RIGHT_COLOUR, VIOLET, WRONG_COLOUR

GUESSING = "guessing"


def training_rows(
    steps: Sequence[StepDone],
    epochs: Sequence[EpochDone],
    *,
    steps_per_epoch: int,
    total_epochs: int,
    classes: int,
    quadratic: bool = False,
) -> pd.DataFrame:
    """Return the rows for the charts below: columns series, epoch, loss, accuracy, rate, gradient, dead.

    They are the points of the run's curves, and a series GUESSING from one end to the other: giving C classes the same
    probability has the accuracy 1/C and the loss ln C, or ½(1 − 1/C) where it is `quadratic`.
    """
    points = curve_points(epochs, steps, steps_per_epoch)
    last_epoch = max(float(total_epochs if epochs else 1), points[len(steps) - 1].epoch if steps else 0.0)
    loss = chance_loss("quadratic" if quadratic else "cross-entropy", classes)
    guessing = [CurvePoint(GUESSING, 0.0, epoch, 0.0, loss, 1 / classes) for epoch in (0.0, last_epoch)]
    columns = ["epoch", "loss", "accuracy", "rate", "gradient", "dead"]
    rows = pd.DataFrame([*guessing, *points], columns=CurvePoint._fields)
    return rows[["series", *columns]].astype(dict.fromkeys(columns, float))


@cache
def loss_spec(*, quadratic: bool = False) -> dict[str, Any]:
    """Return the chart of the loss as a constant Vega-Lite specification."""
    return _curve_spec("loss", "quadratic loss" if quadratic else "cross-entropy loss", alt.Scale(zero=True))


@cache
def accuracy_spec() -> dict[str, Any]:
    """Return the chart of the accuracy as a constant Vega-Lite specification."""
    return _curve_spec("accuracy", "accuracy", alt.Scale(domain=[0, 1]))


@cache
def rate_spec() -> dict[str, Any]:
    """Return the chart of the learning rate as a constant Vega-Lite specification."""
    return _line_spec("rate", "learning rate", RIGHT_COLOUR, alt.Scale(zero=True))


@cache
def gradient_spec() -> dict[str, Any]:
    """Return the chart of the gradient's length as a constant Vega-Lite specification."""
    return _line_spec("gradient", "length of the gradient", VIOLET, alt.Scale(zero=True))


@cache
def dead_relu_spec() -> dict[str, Any]:
    """Return the chart of the share of dead ReLU channels as a constant Vega-Lite specification."""
    return _line_spec("dead", "dead ReLU channels", GREY, alt.Scale(domain=[0, 1]))


def _curve_spec(metric: str, title: str, scale: alt.Scale) -> dict[str, Any]:
    """One figure over epochs: every series a line, those of the epochs with points."""
    series = [EACH_STEP, TRAINING, VALIDATION, GUESSING]
    base = alt.Chart().encode(
        x=_epoch_axis(),
        # "~g": a loss that explodes reads 1e+9, not a row of zeros
        y=alt.Y(f"{metric}:Q", title=title, scale=scale, axis=alt.Axis(format="~g")),
        color=alt.Color(
            "series:N",
            title=None,
            scale=alt.Scale(domain=series, range=[RIGHT_COLOUR, RIGHT_COLOUR, WRONG_COLOUR, GREY]),
            legend=alt.Legend(
                orient="top", values=series[1:], symbolType="stroke", symbolStrokeWidth=3, symbolOpacity=1
            ),
        ),
        tooltip=["series:N", alt.Tooltip("epoch:Q", format=".2f"), alt.Tooltip(f"{metric}:Q", format=".4f")],
    )

    def select_series(name: str) -> alt.Chart:
        return base.transform_filter(f"datum.series == '{name}' && isValid(datum['{metric}'])")

    points = alt.OverlayMarkDef(filled=True, size=45)
    layers = [
        select_series(EACH_STEP).mark_line(strokeWidth=1, opacity=0.4),
        select_series(GUESSING).mark_line(strokeDash=[6, 4], strokeWidth=1.5),
        select_series(TRAINING).mark_line(point=points, strokeWidth=2.5),
        select_series(VALIDATION).mark_line(point=points, strokeWidth=2.5),
    ]
    return constant_spec(alt.LayerChart(layer=layers).properties(height=300))


def _line_spec(metric: str, title: str, colour: str, scale: alt.Scale) -> dict[str, Any]:
    """One line over epochs, about half as high as the curves."""
    chart = (
        alt.Chart()
        .transform_filter(f"isValid(datum['{metric}'])")
        .mark_line(color=colour, strokeWidth=2)
        .encode(
            x=_epoch_axis(),
            y=alt.Y(f"{metric}:Q", title=None, scale=scale, axis=alt.Axis(format="~g", tickCount=4)),
            tooltip=[alt.Tooltip("epoch:Q", format=".2f"), alt.Tooltip(f"{metric}:Q", format=".3g")],
        )
        .properties(
            title=alt.TitleParams(title, anchor="start", fontWeight="normal", fontSize=13),
            height=170,
        )
    )
    return constant_spec(chart)


def _epoch_axis() -> alt.X:
    return alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1, grid=False))

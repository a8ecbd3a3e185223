"""The curves of a run: constant Vega-Lite specs, and the rows they draw. No Streamlit here."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cnn_core.runs.coach_evidence import chance_loss
from cnn_core.training.events import EpochDone, StepDone
from pages.shared.palette import GREY, RIGHT_COLOUR, VIOLET, WRONG_COLOUR

EPOCH_CHANNEL = {"field": "epoch", "type": "quantitative", "title": "epoch", "axis": {"tickMinStep": 1, "grid": False}}


def _curve_spec(metric: str, title: str, domain: list[float] | None) -> dict[str, Any]:
    """A constant Vega-Lite spec: only rows are swapped while a run goes on, so nothing flickers."""
    scale = {"domain": domain} if domain else {"zero": True}
    axis = {"format": "~g"}  # a loss that explodes is told as 1e+9, not as a row of zeros
    y = {"field": metric, "type": "quantitative", "title": title, "scale": scale, "axis": axis}
    series = ["training, each step", "training", "validation", "guessing"]
    colour = {
        "field": "series",
        "type": "nominal",
        "title": None,
        "scale": {"domain": series, "range": [RIGHT_COLOUR, RIGHT_COLOUR, WRONG_COLOUR, GREY]},
        "legend": {
            "orient": "top",
            "values": series[1:],
            "symbolType": "stroke",
            "symbolStrokeWidth": 3,
            "symbolOpacity": 1,
        },
    }
    tooltip = [
        {"field": "series", "type": "nominal"},
        {"field": "epoch", "type": "quantitative", "format": ".2f"},
        {"field": metric, "type": "quantitative", "format": ".4f"},
    ]

    def series_layer(name: str, mark: dict[str, Any]) -> dict[str, Any]:
        selection = {"filter": f"datum.series == '{name}' && isValid(datum['{metric}'])"}
        return {
            "transform": [selection],
            "mark": mark,
            "encoding": {"x": EPOCH_CHANNEL, "y": y, "color": colour, "tooltip": tooltip},
        }

    points = {"type": "line", "point": {"filled": True, "size": 45}, "strokeWidth": 2.5}
    return {
        "layer": [
            series_layer("training, each step", {"type": "line", "strokeWidth": 1, "opacity": 0.4}),
            series_layer("guessing", {"type": "line", "strokeDash": [6, 4], "strokeWidth": 1.5}),
            series_layer("training", points),
            series_layer("validation", points),
        ],
        "height": 300,
    }


def _line_spec(metric: str, title: str, colour: str, scale: dict[str, Any]) -> dict[str, Any]:
    """One line over epochs, a third as high as the curves: a constant spec as they are."""
    y = {
        "field": metric,
        "type": "quantitative",
        "title": None,
        "scale": scale,
        "axis": {"format": "~g", "tickCount": 4},
    }
    tooltip = [
        {"field": "epoch", "type": "quantitative", "format": ".2f"},
        {"field": metric, "type": "quantitative", "format": ".3g"},
    ]
    return {
        "transform": [{"filter": f"isValid(datum['{metric}'])"}],
        "mark": {"type": "line", "color": colour, "strokeWidth": 2},
        "encoding": {"x": EPOCH_CHANNEL, "y": y, "tooltip": tooltip},
        "title": {"text": title, "anchor": "start", "fontWeight": "normal", "fontSize": 13},
        "height": 170,
    }


LOSS_SPEC = _curve_spec("loss", "cross-entropy loss", None)
QUADRATIC_SPEC = _curve_spec("loss", "quadratic loss", None)
ACCURACY_SPEC = _curve_spec("accuracy", "accuracy", [0, 1])
RATE_SPEC = _line_spec("rate", "learning rate", RIGHT_COLOUR, {"zero": True})
GRADIENT_SPEC = _line_spec("gradient", "length of the gradient", VIOLET, {"zero": True})
DEAD_SPEC = _line_spec("dead", "dead ReLU channels", GREY, {"domain": [0, 1]})


def curve_rows(
    steps: Sequence[StepDone],
    epochs: Sequence[EpochDone],
    *,
    steps_per_epoch: int,
    total_epochs: int,
    classes: int,
    quadratic: bool = False,
) -> pd.DataFrame:
    """Rows for the specs above: columns series, epoch, loss, accuracy, rate, gradient, dead.

    A step stands at its fraction of an epoch. Guessing among C classes has the accuracy 1/C and the loss ln C, or
    ½(1 − 1/C) where it is `quadratic`.
    """
    per_epoch = max(1, steps_per_epoch)
    last_epoch = max(float(total_epochs if epochs else 1), steps[-1].step / per_epoch if steps else 0.0)
    guessing_loss = chance_loss("quadratic" if quadratic else "cross-entropy", classes)
    none = (None, None, None)
    rows: list[tuple[object, ...]] = [("guessing", x, guessing_loss, 1 / classes, *none) for x in (0.0, last_epoch)]
    for s in steps:
        epoch = s.step / per_epoch
        rows.append(("training, each step", epoch, s.loss, s.accuracy, s.learning_rate, s.gradient_norm, None))
    rows += [("training", float(e.epoch), e.train_loss, e.train_accuracy, *none) for e in epochs]
    rows += [("validation", float(e.epoch), e.val_loss, e.val_accuracy, None, None, e.dead_relus) for e in epochs]
    columns = ["series", "epoch", "loss", "accuracy", "rate", "gradient", "dead"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[1:], float))

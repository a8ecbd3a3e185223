"""Charts of the Evaluate page: numbers → Altair. No Streamlit here."""

from collections.abc import Sequence
from itertools import product

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cnn_core.evaluation.calibration import Calibration
from cnn_core.evaluation.metrics import ClassReport
from cnn_core.render.colour import DIVERGING_COLOURS, symmetric_limit
from cnn_core.words import format_number
from pages.shared.confusion_chart import MOST_NUMBERED_CLASSES, chart_height, matrix_base
from pages.shared.palette import CELL_BORDER, GREY, RIGHT_COLOUR, TEXT_ON_LIGHT, WHITE, WRONG_COLOUR


def difference_chart(change: NDArray[np.integer], class_names: Sequence[str], order: Sequence[int]) -> alt.LayerChart:
    """Draw the difference of two confusion matrices (K, K), in images: red fewer, white none, blue more.

    The scale is symmetric, −largest … +largest; a signed number stands in each cell while there are few classes.
    """
    names = [class_names[k] for k in order]
    inner = change[np.ix_(order, order)]
    limit = symmetric_limit(inner.astype(np.float64))
    rows = pd.DataFrame(
        {
            "true": np.repeat(names, len(names)),
            "predicted": np.tile(names, len(names)),
            "change": inner.ravel(),
            "label": [format_number(int(n), "+d") if n else "" for n in inner.flat],
            "strong": (np.abs(inner) > 0.55 * limit).ravel(),
            "words": [
                f"true {true}, predicted {predicted}: {n:+d} images"
                for (true, predicted), n in zip(product(names, repeat=2), inner.flat, strict=True)
            ],
        }
    )
    scale = alt.Scale(
        domain=np.linspace(-limit, limit, len(DIVERGING_COLOURS)).tolist(),
        range=[_to_hex(c) for c in DIVERGING_COLOURS],
    )
    base = matrix_base(rows, names).encode(tooltip=["true:N", "predicted:N", alt.Tooltip("change:Q", format="+d")])
    heat = base.mark_rect(stroke=CELL_BORDER, strokeWidth=0.5).encode(
        color=alt.Color(
            "change:Q",
            scale=scale,
            legend=alt.Legend(
                title="images", orient="bottom", format="+d", values=[-limit, 0, limit], gradientLength=260
            ),
        ),
        description="words:N",
    )
    layers = [heat]
    if len(names) <= MOST_NUMBERED_CLASSES:
        text_colour = alt.condition("datum.strong", alt.value(WHITE), alt.value(TEXT_ON_LIGHT))
        layers.append(base.mark_text(fontSize=13, aria=False).encode(text="label:N", color=text_colour))
    return alt.LayerChart(layer=layers).properties(height=chart_height(len(names)) + 50)


def _to_hex(colour: NDArray[np.float64]) -> str:
    red, green, blue = (int(part) for part in colour)
    return f"#{red:02x}{green:02x}{blue:02x}"


def score_chart(report: ClassReport, names: Sequence[str], order: Sequence[int]) -> alt.Chart:
    """Draw precision, recall and F1 of every class as dots of different colour and shape; the classes in `order`."""
    scores = ["precision", "recall", "F1"]
    rows = pd.DataFrame(
        [
            {"class": names[k], "score": score, "value": getattr(report.classes[k], score.lower())}
            for k in order
            for score in scores
        ]
    )
    start = max(0.0, np.floor(float(rows["value"].min()) * 10 - 0.5) / 10)
    many = len(names) > MOST_NUMBERED_CLASSES
    chart = alt.Chart(rows).mark_point(filled=True, size=36 if many else 80, opacity=1)
    return chart.encode(
        x=alt.X("value:Q", scale=alt.Scale(domain=[start, 1]), title=None, axis=alt.Axis(format="%", tickCount=5)),
        y=alt.Y(
            "class:N",
            sort=[names[k] for k in order],
            title="Class",
            axis=alt.Axis(labelOverlap=False, labelFlush=False, grid=True, ticks=False),
        ),
        yOffset=alt.YOffset("score:N", sort=scores),
        color=alt.Color("score:N", sort=scores, legend=alt.Legend(title=None, orient="top")),
        shape=alt.Shape("score:N", sort=scores),
        tooltip=["class:N", "score:N", alt.Tooltip("value:Q", format=".1%")],
    ).properties(height=max(180, 70 + (18 if many else 38) * len(names)))


def reliability_chart(measured: Calibration) -> alt.LayerChart:
    """Draw the share of right answers over confidence by bins, with 95 % intervals, and the diagonal of perfection."""
    rows = pd.DataFrame(
        [
            {
                "from": part.low,
                "to": part.high,
                "confidence": part.confidence,
                "right": part.accuracy,
                "low": part.interval[0],
                "high": part.interval[1],
                "images": part.images,
                "is": "too sure" if part.confidence > part.accuracy else "not sure enough",
                "words": f"said {part.confidence:.0%}, right {part.accuracy:.0%}, {part.images} images",
            }
            for part in measured.bins
            if part.images
        ]
    )
    percent = alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    whole = alt.Scale(domain=[0, 1])
    tooltip = [
        alt.Tooltip("confidence:Q", format=".1%", title="mean confidence"),
        alt.Tooltip("right:Q", format=".1%", title="are right"),
        alt.Tooltip("images:Q", format=","),
    ]
    base = alt.Chart(rows).encode(y=alt.Y("right:Q", scale=whole, title="Share that is right", axis=percent))
    bars = base.mark_bar(opacity=0.55, stroke=RIGHT_COLOUR).encode(
        x=alt.X("from:Q", scale=whole, title="Confidence: the largest probability", axis=percent),
        x2="to:Q",
        y2=alt.datum(0),
        color=alt.value(RIGHT_COLOUR),
        tooltip=tooltip,
        description="words:N",
    )
    gaps = base.mark_rule(strokeWidth=2, strokeDash=[3, 2]).encode(
        x="confidence:Q", y2="confidence:Q", color=alt.value(WRONG_COLOUR)
    )
    spread = base.mark_rule(strokeWidth=1.5, aria=False).encode(
        x="confidence:Q", y="low:Q", y2="high:Q", color=alt.value(GREY)
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        x="confidence:Q", color=alt.value(WRONG_COLOUR), tooltip=tooltip
    )
    line = alt.Chart(pd.DataFrame({"at": [0, 1]})).mark_line(color=GREY, strokeDash=[5, 4]).encode(x="at:Q", y="at:Q")
    return alt.LayerChart(layer=[bars, line, spread, gaps, dots]).properties(height=340)


def confidence_chart(measured: Calibration) -> alt.Chart:
    """Draw how many images have which confidence, right answers and wrong ones stacked."""
    rows = pd.DataFrame(
        [
            {"from": part.low, "to": part.high, "images": count, "answer": answer}
            for part in measured.bins
            for answer, count in (("right", part.correct), ("wrong", part.images - part.correct))
        ]
    )
    chart = alt.Chart(rows).mark_bar(orient="vertical", stroke=WHITE, strokeWidth=0.5)
    return chart.encode(
        x=alt.X(
            "from:Q",
            title="Confidence: the largest probability",
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[0, 1]),
        ),
        x2="to:Q",
        y=alt.Y("images:Q", stack="zero", title="Images"),
        color=alt.Color(
            "answer:N",
            scale=alt.Scale(domain=["right", "wrong"], range=[RIGHT_COLOUR, WRONG_COLOUR]),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=["answer:N", "images:Q", alt.Tooltip("from:Q", format=".0%"), alt.Tooltip("to:Q", format=".0%")],
    ).properties(height=340)


def top_k_chart(curve: Sequence[float], most: int = 20) -> alt.LayerChart:
    """Draw how often the true class is among the k most probable ones, and how often it would be by guessing."""
    classes = len(curve)
    rows = pd.DataFrame(
        [
            {"k": k, "share": share, "line": line}
            for k in range(1, min(classes, most) + 1)
            for line, share in (("this network", curve[k - 1]), ("guessing", k / classes))
        ]
    )
    base = alt.Chart(rows).encode(
        x=alt.X("k:Q", title="k", axis=alt.Axis(tickMinStep=1, format="d", grid=False)),
        y=alt.Y(
            "share:Q", title="True class among the first k", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
        ),
        color=alt.Color(
            "line:N",
            sort=["this network", "guessing"],
            scale=alt.Scale(domain=["this network", "guessing"], range=[RIGHT_COLOUR, GREY]),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=["line:N", "k:Q", alt.Tooltip("share:Q", format=".1%")],
    )
    dashes = alt.StrokeDash(
        "line:N", scale=alt.Scale(domain=["this network", "guessing"], range=[[1, 0], [5, 4]]), legend=None
    )
    points = base.mark_point(filled=True, size=60, opacity=1)
    return alt.LayerChart(layer=[base.mark_line(strokeWidth=2.5).encode(strokeDash=dashes), points]).properties(
        height=300
    )
